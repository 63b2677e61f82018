"""Every registered objective keeps the interface that the loop builds on."""

import pytest
import torch

from unheard.models.model import ModelSettings, build_model
from unheard.records import UNLABELLED, Batch
from unheard.registry import load, names

MODEL = ModelSettings(encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4}, embedding=6, hidden=5)


@pytest.mark.parametrize("name", names("objectives"))
def test_an_objective_keeps_its_contract(name):
    module = load("objectives", name)
    settings = module.Settings()
    domains = dict.fromkeys(settings.domains, 3)
    model = build_model(4, {"emotion": 3, **domains}, MODEL, companion=getattr(settings, "companion", False)).train()
    columns = {column: torch.tensor([0, 1, 2, UNLABELLED, 0, 1]) for column in ("emotion", *domains)}
    batch = Batch(torch.randn(6, 9, 4), torch.full((6,), 9), columns)
    objective = module.Objective(settings, {"emotion": torch.ones(3)})
    assert objective.phases
    moved = set()
    for phase in objective.phases:
        losses = objective.losses(phase, model, batch, 0.5)
        assert torch.isfinite(losses["loss"])
        assert all(not value.requires_grad for key, value in losses.items() if key != "loss")
        model.zero_grad()
        losses["loss"].backward()
        moved |= {id(p) for p in objective.parameters_of(phase, model) if p.grad is not None}
    heads = [model.network, model.heads["emotion"], *(model.heads[domain] for domain in domains)]
    for part in heads:
        assert any(id(p) in moved for p in part.parameters())


@pytest.mark.parametrize("name", names("objectives"))
def test_an_objective_names_its_source(name):
    module = load("objectives", name)
    assert {"Objective", "Settings"} <= set(module.__all__)
    assert module.__doc__
    if name != "plain":
        assert "Reference:" in module.__doc__
