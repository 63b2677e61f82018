"""One representation of the items and how it is probed: what every part of the battery works on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.leakage.closed_set import read_labels
from unheard.leakage.permutation_chance import shuffled_scores
from unheard.leakage.probe_kinds import KINDS
from unheard.leakage.probe_splits import Items, Round
from unheard.statistics.jackknife import Measure, averaged, balanced_accuracy

__all__ = ["ProbeSettings", "View"]

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

    kinds: tuple[str, ...] = KINDS
    trials: int = 100_000
    erased: int | None = None
    level: float = 0.95


@dataclass(frozen=True)
class View:
    """One representation of the items, and how to probe it.

    Args:
        embeddings: scaled by their train items, shape (items, size).
        items: what is known of them.
        settings: how to probe.
        seed: of every draw.
        changed: an intervention: from the embeddings and a round's train items to other embeddings; None for none.
            It is fitted anew for every round, so that it knows nothing of those who are asked.
    """

    embeddings: Real
    items: Items
    settings: ProbeSettings
    seed: int
    changed: Callable[[Real, Positions], Real] | None = None

    def answers(self, kind: str, target: str, rounds: list[Round]) -> NDArray[np.generic]:
        """What a fresh probe of a kind answers in each round, round after round, shape (asked,)."""
        values, speakers = self.items.column(target), self.items.column("speaker")
        found = []
        for one in rounds:
            # Where test has other speakers, settings are chosen on other speakers too.
            apart = not set(speakers[one.train]) & set(speakers[one.test])
            groups = speakers[one.train] if apart else None
            embeddings = self.embeddings if self.changed is None else self.changed(self.embeddings, one.train)
            train, test = embeddings[one.train], embeddings[one.test]
            found.append(read_labels(kind, train, values[one.train], test, seed=self.seed, groups=groups))
        return np.concatenate(found)

    def scored(self, answers: NDArray[np.generic], target: str, rounds: list[Round]) -> Measure:
        """How well answers name the target's values, over all rounds."""
        asked = np.concatenate([one.test for one in rounds])
        return balanced_accuracy(self.items.column(target)[asked], answers, self.items.column("speaker")[asked])

    def read(self, kind: str, target: str, rounds: list[Round]) -> Measure:
        """How well a kind of probe names the target's values, over all rounds."""
        return self.scored(self.answers(kind, target, rounds), target, rounds)

    def chance(self, target: str, rounds: list[Round]) -> Measure:
        """One over the number of values that the probe knows: what even guesses get, mean over rounds."""
        values = self.items.column(target)
        return averaged([Measure(1.0 / np.unique(values[one.train]).size) for one in rounds])

    def probes(self, kinds: tuple[str, ...], target: str, rounds: list[Round]) -> Tree:
        """The measure of each kind; `chance`, `shuffled` (chance of these very answers) and `test_items`."""
        answers = {kind: self.answers(kind, target, rounds) for kind in kinds}
        tree: Tree = {kind: self.scored(own, target, rounds) for kind, own in answers.items()}
        asked = np.concatenate([one.test for one in rounds])
        shuffled = shuffled_scores(
            self.items.column(target)[asked],
            answers,
            speakers=self.items.column("speaker")[asked],
            rounds=np.repeat(np.arange(len(rounds)), [one.test.size for one in rounds]),
            seed=self.seed,
        )
        return {**tree, "chance": self.chance(target, rounds), "shuffled": shuffled, "test_items": int(asked.size)}
