"""A labeled source and an unlabeled target in one small batch, and the methods that act by domains."""

import torch

from unheard.models.model import Model, Sizes
from unheard.models.model_settings import ModelSettings
from unheard.objectives import cdan, coral, language_adversarial, mdd, mmd, supervised_contrastive
from unheard.records import UNLABELED
from unheard.targets import EMOTION
from unheard.testing.batches import CHANNELS, CLASSES, made_batch

SETTINGS = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 6, "recurrent": 3, "dropout": 0.0}, embedding=6, hidden=5, dropout=0.0
)
METHODS = {
    "language_adversarial": (language_adversarial, {"weight": -0.7}),
    "language_adversarial, confusion": (language_adversarial, {"weight": -0.7, "form": "confusion"}),
    "language_adversarial, inner steps": (language_adversarial, {"weight": -0.7, "inner_steps": 2}),
    "coral": (coral, {"weight": 2.0}),
    "coral by class": (coral, {"weight": 2.0, "conditional": True, "means": True}),
    "mmd": (mmd, {"weight": 0.7}),
    "cdan": (cdan, {"weight": -0.7}),
    "cdan with entropy": (cdan, {"weight": -0.7, "entropy": True}),
    "mdd": (mdd, {"weight": -0.7}),
    "supervised_contrastive": (supervised_contrastive, {"weight": 0.7, "domain": "language"}),
}
"""Name -> module, settings."""


def objective_of(name, **changes):
    module, options = METHODS[name]
    return module.Objective(module.Settings(**{**options, **changes}), {})


def batch_of(items=12, target=4, seed=0):
    """Two languages, of which the second (the last items) has no emotions; double precision."""
    batch = made_batch(["language"], (EMOTION,), items=items, seed=seed)
    language = (torch.arange(items) >= items - target).long()
    emotion = (torch.arange(items) % CLASSES).masked_fill(language == 1, UNLABELED)
    return batch.with_column("language", language).with_column("emotion", emotion)


def model_of(objective, settings=SETTINGS, seed=0, domains=2):
    sizes = Sizes(CHANNELS, {"emotion": CLASSES, "language": domains}, settings)
    return Model(sizes, objective.modules(sizes), seed).double().train()
