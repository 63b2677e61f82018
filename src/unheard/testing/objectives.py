"""The laws that every objective keeps, for one's own, too: each is a check that raises where its law is broken.

from unheard.testing.objectives import LAWS, ObjectiveCase

@pytest.mark.parametrize("law", LAWS)
def test_mine(law):
    LAWS[law](ObjectiveCase(my_objective, {"weight": -0.5}))
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from unheard.models.model import Model
from unheard.objectives import plain
from unheard.objectives.objective import Objective
from unheard.records import Batch
from unheard.testing.batches import CHANNELS, shouting_batch, without_labels
from unheard.testing.objective_case import EXTRA, ObjectiveCase, near_end, optimization_of, progress_of

__all__ = ["LAWS", "ObjectiveCase", "check_objective"]

_NAMED = 0.9
"""Share of domains that an adversary that lives names rightly, where the embedding shouts them."""


def check_what_is_logged(case: ObjectiveCase) -> None:
    """Every phase gives finite scalars, detached save for 'loss', and a loss for each target and domain."""
    objective = case.objective()
    model = case.fresh_model(objective)
    found = near_end(case, objective, model, case.batch())
    for name, value in found.items():
        if value.ndim != 0 or not bool(torch.isfinite(value)):
            raise case.broken(f"'{name}' is no finite number: {value}")
        if value.requires_grad != name.endswith(".loss"):
            raise case.broken(
                f"'{name}' must {'depend on' if name.endswith('.loss') else 'be detached from'} weights"
            )
    wanted = [f"{name}_loss" for name in (*(one.name for one in case.model.targets), *case.settings.domains)]
    if missing := [name for name in wanted if name not in found]:
        raise case.broken(f"'{missing[0]}' is not logged")


def check_all_that_should_move_moves(case: ObjectiveCase) -> None:
    """Every parameter of a phase moves, what is frozen stays, and computing losses moves nothing."""
    objective = case.objective()
    model, batch = case.fresh_model(objective), case.batch()
    steps = optimization_of(model, objective, batch)
    before = {name: value.detach().clone() for name, value in model.named_parameters()}
    near_end(case, objective, model, batch)
    if moved := [name for name, value in model.named_parameters() if not torch.equal(value, before[name])]:
        raise case.broken(f"computing the losses changes {moved[0]}")
    for number in range(5):
        steps.step(batch, number, progress_of(objective))
    should = {name for phase in objective.phases for name in phase.moving(model)}
    for name, value in model.named_parameters():
        if torch.equal(value, before[name]) == (name in should):
            raise case.broken(f"{name} {'does not move' if name in should else 'moves, and is in no phase'}")


def _after_shouts(case: ObjectiveCase) -> tuple[Objective, Model, Batch, dict[str, Tensor]]:
    """Heads trained on embeddings that shout every domain, by an encoder that stands still; and what was logged."""
    objective = case.objective()
    batch = shouting_batch(case.settings.domains, case.model.targets)
    channels = batch.features.shape[2]
    still = {"encoder": {"name": "pooled"}, "pooling": "mean", "normalization": "none", "constants": 0, "noise": 0.0}
    model = case.fresh_model(objective, channels=channels, embedding=32, hidden=32, **still)
    kept = {name: value.clone() for name, value in model.network.state_dict().items()}
    steps = optimization_of(model, objective, batch)
    logged: dict[str, Tensor] = {}
    for number in range(60):
        logged = steps.step(batch, number, progress_of(objective))
        model.network.load_state_dict(kept)
    return objective, model, batch, logged


def check_the_adversary_lives(case: ObjectiveCase) -> None:
    """On embeddings that shout their domain, every domain's head learns to name more than nine in ten."""
    if not case.settings.domains:
        return
    _, model, batch, logged = _after_shouts(case)
    with torch.no_grad():
        embedding = model.eval().embed(batch)
    for domain in case.settings.domains:
        # A head that reads an embedding of its own (CGT with two encoders) is taken at its word.
        named = logged.get(f"{domain}_accuracy")
        if named is None:
            named = (model.heads[domain](embedding).argmax(1) == batch.columns[domain]).double().mean()
        if named <= _NAMED:
            raise case.broken(f"the head of '{domain}' names {named:.2f} of the domains that the embedding shouts")


def check_the_encoder_feels_the_stated_weight(case: ObjectiveCase) -> None:
    """What the encoder feels of a domain's head is the stated weight times the gradient that the head descends."""
    heard = {domain: weight for domain, weight in case.settings.weights.items() if weight != 0}
    if not heard or case.exact is None:
        return
    objective, model, batch, _ = _after_shouts(case)
    weight_of = model.eval().network.projection.weight

    def felt(seen: Batch) -> Tensor:
        own = [phase.name for phase in objective.phases if "network.projection.weight" in phase.moving(model)]
        found = near_end(case, objective, model, seen)
        return _gradient(sum((found[f"{name}.loss"] for name in own), start=torch.zeros(())), weight_of)

    for domain, weight in heard.items():
        more = felt(batch) - felt(without_labels(batch, [domain], slice(None)))
        loss = nn.functional.cross_entropy(model.heads[domain](model.embed(batch)), batch.columns[domain])
        down = _gradient(loss, weight_of)
        share = float((more * down).sum() / down.square().sum())
        if share * weight <= 0:
            raise case.broken(f"the weight of '{domain}' is {weight:g}, and the encoder feels {share:g}")
        if case.exact and abs(share / weight - 1) > 0.02:
            raise case.broken(f"the weight of '{domain}' is {weight:g}, and the encoder feels {share:g}")


def _gradient(loss: Tensor, parameter: Tensor) -> Tensor:
    (found,) = torch.autograd.grad(loss, parameter, allow_unused=True)
    return torch.zeros_like(parameter) if found is None else found


def check_weight_zero_is_plain(case: ObjectiveCase) -> None:
    """With `Settings.neutral` and auxiliary heads that only watch, it is plain training, bit for bit."""
    neutral = type(case.settings).neutral
    if neutral is None:
        return
    watching = dict.fromkeys(case.settings.auxiliary, 0.0)
    trained = []
    for objective in (
        case.objective(**{**neutral, "auxiliary": watching}),
        plain.Objective(plain.Settings(auxiliary=watching, smoothing=case.settings.smoothing), {}),
    ):
        model = case.fresh_model(objective, dropout=0.3)
        steps = optimization_of(model, objective, case.batch(seed=9))
        for number in range(6):
            torch.manual_seed(number)
            steps.step(case.batch(seed=number), number, number / 5)
        trained.append(model)
    ours, theirs = (model.state_dict() for model in trained)
    kept = ("network.", *(f"heads.{target.name}." for target in case.model.targets))
    for name, value in theirs.items():
        if name.startswith(kept) and not torch.equal(ours[name], value):
            raise case.broken(f"with {dict(neutral)} it is not plain training: {name} differs")


def check_unlabeled_is_never_read(case: ObjectiveCase) -> None:
    """Neither a label that is missing nor what stands in such an item reaches a head or the loss logged of it."""
    objective = case.objective()
    model, batch = case.heard_model(objective), case.batch()
    rows = torch.tensor([0, 3, 4, 11])
    kept = torch.tensor([row for row in range(len(batch)) if row not in rows.tolist()])
    for name in (*(one.name for one in case.model.targets), *case.settings.domains):
        partly = without_labels(batch, [name], rows)
        shouted = partly.features.clone()
        shouted[rows] *= 5.0
        found = [
            _of_head(case, objective, model, seen, name)
            for seen in (partly.with_features(shouted), batch.select(kept))
        ]
        for mine, other in zip(*found, strict=True):
            if not torch.allclose(mine, other, atol=1e-10, rtol=1e-7):
                raise case.broken(f"an item without '{name}' changes what the head of '{name}' learns")
    for name in (*(one.name for one in case.model.targets), *case.settings.domains):
        nothing = near_end(case, objective, model, without_labels(batch, [name], slice(None)))
        if not all(bool(torch.isfinite(value)) for key, value in nothing.items() if key.endswith("loss")):
            raise case.broken(f"a batch without any '{name}' gives no finite loss")


def _of_head(case: ObjectiveCase, objective: Objective, model: Model, batch: Batch, name: str) -> list[Tensor]:
    """The loss logged of a head, and the gradient of each of its parameters in the phases in which it moves."""
    found = near_end(case, objective, model, batch)
    own = list(model.heads[name].parameters())
    moving = [
        one.name for one in objective.phases if any(key.startswith(f"heads.{name}.") for key in one.moving(model))
    ]
    total = sum((found[f"{phase}.loss"] for phase in moving), start=torch.zeros(()))
    return [found[f"{name}_loss"], *torch.autograd.grad(total, own)]


def check_no_identity_leaks(case: ObjectiveCase) -> None:
    """What the targets' heads say does not hang on a domain's column, and no column is read that is not named."""
    objective = case.objective()
    model, batch = case.heard_model(objective), case.batch()
    clean = near_end(case, objective, model, batch)
    for domain in case.settings.domains:
        others = near_end(case, objective, model, batch.with_column(domain, batch.columns[domain].roll(1)))
        for target in case.model.targets:
            if not torch.equal(others[f"{target.name}_loss"], clean[f"{target.name}_loss"]):
                raise case.broken(f"'{target.name}_loss' hangs on the column '{domain}'")
    try:
        poisoned = near_end(case, objective, model, batch.with_column(EXTRA, torch.full((len(batch),), 10**6)))
    except (IndexError, RuntimeError) as problem:
        raise case.broken(f"a column that its settings do not name is read ({problem})") from problem
    if changed := [name for name, value in poisoned.items() if not torch.equal(value, clean[name])]:
        raise case.broken(f"'{changed[0]}' hangs on a column that its settings do not name")


def check_padding_changes_nothing(case: ObjectiveCase) -> None:
    """Frames behind an item's end, and their number, change no loss."""
    batch = case.batch()
    longer = torch.cat([batch.features, torch.zeros(len(batch), 9, CHANNELS, dtype=torch.float64)], 1)
    _check_same(case, batch, batch.with_features(longer), "padding changes")


def check_order_changes_nothing(case: ObjectiveCase) -> None:
    """In evaluation mode, the order of the items in a batch changes no loss."""
    batch = case.batch()
    order = torch.randperm(len(batch), generator=torch.Generator().manual_seed(1))
    _check_same(case, batch, batch.select(order), "the order of the batch changes")


def _check_same(case: ObjectiveCase, batch: Batch, other: Batch, what: str) -> None:
    objective = case.objective()
    model = case.heard_model(objective)
    expected, found = (near_end(case, objective, model, seen) for seen in (batch, other))
    for name, value in expected.items():
        if not torch.allclose(found[name], value, atol=1e-10, rtol=1e-7):
            raise case.broken(f"{what} '{name}' from {value.item():.6g} to {found[name].item():.6g}")


LAWS: Mapping[str, Callable[[ObjectiveCase], None]] = {
    "what is logged": check_what_is_logged,
    "all that should move moves": check_all_that_should_move_moves,
    "the adversary lives": check_the_adversary_lives,
    "the encoder feels the stated weight": check_the_encoder_feels_the_stated_weight,
    "weight zero is plain": check_weight_zero_is_plain,
    "unlabeled is never read": check_unlabeled_is_never_read,
    "no identity leaks": check_no_identity_leaks,
    "padding changes nothing": check_padding_changes_nothing,
    "order changes nothing": check_order_changes_nothing,
}
"""Name of a law -> what raises an ObjectiveError where an objective breaks it."""


def check_objective(module: ModuleType | Any, options: Mapping[str, Any] | None = None, **case: Any) -> None:
    """Hold an objective against every law (see `ObjectiveCase` for the arguments).

    Raises:
        ObjectiveError: it breaks one; says which, and what was found.
    """
    for law in LAWS.values():
        law(ObjectiveCase(module, options or {}, **case))
