"""Which epoch is kept: how the averaged weights do on development speakers, target by target."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from unheard.metrics.ccc import score as ccc
from unheard.metrics.uar import score as uar
from unheard.models.model import Model
from unheard.records import UNLABELED
from unheard.targets import Target
from unheard.training.dataset import Dataset
from unheard.training.whole import answer_all

__all__ = ["Chosen", "dev_scores", "score_name"]


def score_name(target: Target) -> str:
    """What the score of a target is called in a training's history.

    'dev_uar' is that of the emotion; others carry their target's name.

    >>> score_name(Target(name="arousal", kind="numbers"))
    'dev_arousal_ccc'
    """
    measure = "uar" if target.kind == "classes" else "ccc"
    return f"dev_{_own(target)}{measure}"


def _own(target: Target) -> str:
    return "" if target.name == "emotion" else f"{target.name}_"


def dev_scores(model: Model, part: Dataset, device: torch.device) -> dict[str, float]:
    """How well a model does on a part, empty where the part is.

    Returns:
        For each target its score (see `score_name`), UAR or CCC, and its loss ('dev_loss', 'dev_arousal_loss'):
        cross-entropy without class weights, 1 - CCC or the mean squared error.
    """
    if not len(part):
        return {}
    answers = answer_all(model, part, device)
    scores: dict[str, float] = {}
    for target in model.targets:
        if target.kind == "classes":
            value, loss = _of_classes(part.columns[target.name], answers[target.name])
        else:
            value, loss = _of_numbers(part.numbers[target.name], answers[target.name], target)
        scores |= {score_name(target): value, f"dev_{_own(target)}loss": loss}
    return scores


def _of_classes(truth: np.ndarray, probabilities: np.ndarray) -> tuple[float, float]:
    known = truth != UNLABELED
    if not known.any():
        return math.nan, math.nan
    likelihood = probabilities[np.flatnonzero(known), truth[known]]
    loss = float(-np.log(np.clip(likelihood, 1e-12, None)).mean())
    return uar(truth, probabilities.argmax(1), classes=probabilities.shape[1]), loss


def _of_numbers(truth: np.ndarray, prediction: np.ndarray, target: Target) -> tuple[float, float]:
    known = ~np.isnan(truth)
    if not known.any():
        return math.nan, math.nan
    value = ccc(truth, prediction)
    return value, 1.0 - value if target.loss == "ccc" else float(np.square(truth - prediction)[known].mean())


@dataclass(frozen=True)
class Chosen:
    """The epoch whose weights are kept so far.

    Args:
        score: the mean of its targets' scores on the development speakers; -1 where nobody scored it.
        loss: the weighted sum of its targets' losses there.
        epoch: its number, from 1; 0 before any.
    """

    score: float = -1.0
    loss: float = math.inf
    epoch: int = 0

    @classmethod
    def of(cls, targets: Sequence[Target], scores: Mapping[str, float], epoch: int) -> "Chosen":
        """An epoch by its scores; one that is nan (no item labeled, or answers all alike) counts as the lowest."""
        if not scores:
            return cls(epoch=epoch)
        values = [scores[score_name(target)] for target in targets]
        losses = [target.weight * scores[f"dev_{_own(target)}loss"] for target in targets]
        values = [-1.0 if math.isnan(value) else value for value in values]
        losses = [math.inf if math.isnan(loss) else loss for loss in losses]
        return cls(sum(values) / len(values), sum(losses), epoch)

    def beats(self, other: "Chosen") -> bool:
        """Whether its score is higher, or its loss lower at the same score."""
        return (self.score, -self.loss) > (other.score, -other.loss)

    def plain(self) -> dict[str, float]:
        """As plain numbers, for a checkpoint."""
        return {"score": self.score, "loss": self.loss, "epoch": float(self.epoch)}

    @classmethod
    def from_plain(cls, numbers: Mapping[str, float]) -> "Chosen":
        """The inverse of `plain`."""
        return cls(numbers["score"], numbers["loss"], int(numbers["epoch"]))
