"""One representation of the items and how it is probed: what every part of the suite works on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.leakage.closed_set import predict_labels
from unheard.leakage.permutation_chance import permutation_scores
from unheard.leakage.probe_kinds import KINDS
from unheard.leakage.probe_splits import Items, ProbeSplit
from unheard.schemas.leakage import ProbeKind
from unheard.statistics.jackknife import Measure, average, balanced_accuracy

__all__ = ["ProbeSettings", "Representation"]

Positions = NDArray[np.int64]
Real = NDArray[np.float64]
Tree = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """How a representation is probed.

    Args:
        kinds: probes for every target; the best counts.
        trials: most pairs of utterances that an EER is computed from.
        erased: most directions that the erasure takes; None for the whole of the speaker's subspace.
        level: coverage of the intervals.
    """

    kinds: tuple[ProbeKind, ...] = KINDS
    trials: int = 100_000
    erased: int | None = None
    level: float = 0.95


@dataclass(frozen=True)
class Representation:
    """One representation of the items, and how to probe it.

    Args:
        embeddings: scaled by their train items, shape (items, size).
        items: what is known of them.
        settings: how to probe.
        seed: of every draw.
        intervention: from the embeddings and a split's train items to other embeddings; None for none. It is fitted
            anew for every split, so that it knows nothing of the test items.
    """

    embeddings: Real
    items: Items
    settings: ProbeSettings
    seed: int
    intervention: Callable[[Real, Positions], Real] | None = None

    def predict(self, kind: str, target: str, splits: list[ProbeSplit]) -> NDArray[np.generic]:
        """What a fresh probe of a kind predicts in each split, split after split, shape (test items,)."""
        values, speakers = self.items.column(target), self.items.column("speaker")
        found = []
        for one in splits:
            # Where test has other speakers, settings are chosen on other speakers too.
            apart = not set(speakers[one.train]) & set(speakers[one.test])
            groups = speakers[one.train] if apart else None
            embeddings = (
                self.embeddings if self.intervention is None else self.intervention(self.embeddings, one.train)
            )
            train, test = embeddings[one.train], embeddings[one.test]
            found.append(predict_labels(kind, train, values[one.train], test, seed=self.seed, groups=groups))
        return np.concatenate(found)

    def score(self, predictions: NDArray[np.generic], target: str, splits: list[ProbeSplit]) -> Measure:
        """How well predictions name the target's values, over all splits."""
        tested = np.concatenate([one.test for one in splits])
        return balanced_accuracy(self.items.column(target)[tested], predictions, self.items.column("speaker")[tested])

    def score_probe(self, kind: str, target: str, splits: list[ProbeSplit]) -> Measure:
        """How well a kind of probe names the target's values, over all splits."""
        return self.score(self.predict(kind, target, splits), target, splits)

    def chance_level(self, target: str, splits: list[ProbeSplit]) -> Measure:
        """One over the number of values that the probe knows: what even guesses get, mean over splits."""
        values = self.items.column(target)
        return average([Measure(1.0 / np.unique(values[one.train]).size) for one in splits])

    def score_probes(self, kinds: tuple[str, ...], target: str, splits: list[ProbeSplit]) -> Tree:
        """The measure of each kind; `chance`, `shuffled` (the chance of these very predictions) and `test_items`."""
        predictions = {kind: self.predict(kind, target, splits) for kind in kinds}
        tree: Tree = {kind: self.score(own, target, splits) for kind, own in predictions.items()}
        tested = np.concatenate([one.test for one in splits])
        shuffled = permutation_scores(
            self.items.column(target)[tested],
            predictions,
            speakers=self.items.column("speaker")[tested],
            splits=np.repeat(np.arange(len(splits)), [one.test.size for one in splits]),
            seed=self.seed,
        )
        return {
            **tree,
            "chance": self.chance_level(target, splits),
            "shuffled": shuffled,
            "test_items": int(tested.size),
        }
