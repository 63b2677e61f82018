"""Was the speaker used? What is left of the emotion, and of the speaker, after the speaker is erased (LEACE)."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.leakage.leace import Eraser, fit_eraser
from unheard.leakage.probe_splits import ProbeSplit, draw_probe_splits
from unheard.leakage.representation import Representation
from unheard.statistics.jackknife import Measure, average, combine

__all__ = ["CONTROLS", "measure_erasure"]

CONTROLS = 5
"""How many erasures of what says nothing stand beside the one of the speaker."""
_DEAD = 1e-9

Positions = NDArray[np.int64]
Real = NDArray[np.float64]


@dataclass(frozen=True)
class _Erasure:
    """The erasure of labels, fitted to the train items of each split.

    Args:
        labels: what is erased, shape (items,).
        rank: from a split's train items to the most directions; None for all that covary.
    """

    labels: NDArray[np.str_]
    rank: Callable[[Positions], int | None]
    _made: dict[bytes, Eraser] = field(default_factory=dict, repr=False)

    def fitted(self, embeddings: Real, train: Positions) -> Eraser:
        """The eraser of a split; fitted once, for several probes ask for it."""
        key = train.tobytes()
        if key not in self._made:
            self._made[key] = fit_eraser(embeddings[train], self.labels[train], rank=self.rank(train))
        return self._made[key]

    def __call__(self, embeddings: Real, train: Positions) -> Real:
        erased = self.fitted(embeddings, train)(embeddings)
        # Of a dimension that is gone nothing but rounding errors is left, which a probe would scale up and read.
        gone = erased[train].std(axis=0) <= _DEAD * embeddings[train].std(axis=0)
        erased[:, gone] = 0.0
        return erased


def measure_erasure(representation: Representation) -> dict[str, Any]:
    """The emotion read by a fresh linear probe on unseen speakers, before and after the speaker is erased.

    Args:
        representation: one that nothing was done to.

    Returns:
        `rank`, `whole_rank` and `span` of the erasure that all train items ask for, `of_size`; with emotions
        `uar_before, uar_after, uar_control, uar_lost, uar_beyond_control, uar_chance`; with utterances held out
        `speaker_after`, as `Representation.score_probes` gives it. Empty with fewer than two speakers in train.
    """
    items, settings = representation.items, representation.settings
    speakers, train = items.column("speaker"), items.of("train")
    if np.unique(speakers[train]).size < 2:
        return {}
    erasure = _Erasure(speakers, lambda _: settings.erased)
    whole = erasure.fitted(representation.embeddings, train)
    after = replace(representation, intervention=erasure)
    tree: dict[str, Any] = {"rank": whole.rank, "whole_rank": whole.whole, "span": whole.span}
    tree["of_size"] = representation.embeddings.shape[1]
    emotion = draw_probe_splits(items, "emotion", "utterances", seed=representation.seed)
    if emotion:
        tree |= _used(representation, after, erasure, emotion)
    splits = draw_probe_splits(items, "speaker", "utterances", seed=representation.seed)
    if splits:
        tree["speaker_after"] = after.score_probes(settings.kinds, "speaker", splits)
    return tree


def _used(
    representation: Representation, after: Representation, erasure: _Erasure, emotion: list[ProbeSplit]
) -> dict[str, Measure]:
    before, left = (one.score_probe("linear", "emotion", emotion) for one in (representation, after))
    controls = [_control(representation, erasure, emotion, draw) for draw in range(CONTROLS)]
    control = average(controls)
    # Which directions were drawn is a matter of luck for each control, and for the erasure that stands against them
    # where it has found nothing but noise. No speaker accounts for that.
    luck = float(np.var([one.value for one in controls], ddof=1)) * (1.0 + 1.0 / CONTROLS)
    beyond = combine(lambda one, other: one - other, control, left)
    return {
        "uar_before": before,
        "uar_after": left,
        "uar_control": control,
        "uar_lost": combine(lambda one, other: one - other, before, left),
        "uar_beyond_control": replace(beyond, variance=luck),
        "uar_chance": representation.chance_level("emotion", emotion),
    }


def _control(representation: Representation, erasure: _Erasure, emotion: list[ProbeSplit], draw: int) -> Measure:
    """The emotion read after as many directions are erased, which covary with permuted speakers."""
    permuted, train = representation.items.column("speaker").copy(), representation.items.of("train")
    permuted[train] = np.random.default_rng([representation.seed, draw]).permutation(permuted[train])
    control = _Erasure(permuted, lambda own: erasure.fitted(representation.embeddings, own).rank)
    return replace(representation, intervention=control).score_probe("linear", "emotion", emotion)
