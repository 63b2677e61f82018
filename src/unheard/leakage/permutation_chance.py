"""The chance level of predictions: the same predictions, scored against permuted truths.

One over the number of labels is what a probe gets by guessing evenly. A probe does not guess evenly, test does not
hold every label that train does (within one emotion, say), and the best of several kinds is the luckiest of them. So
the truths of the test items are permuted, many times over, without fitting anything again, and the same predictions
are scored against them: the mean is the chance level of just these predictions, and the mean of the luckiest kind is
the chance level of the best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.errors import SplitError

__all__ = ["PERMUTATIONS", "PermutationScores", "average_permutations", "permutation_scores"]

PERMUTATIONS = 100
"""How often the truths are permuted."""


@dataclass(frozen=True, slots=True)
class PermutationScores:
    """What each kind of probe scores against permuted truths.

    Args:
        scores: kind -> balanced accuracy of each permutation; they are the same for all kinds.
    """

    scores: Mapping[str, tuple[float, ...]]

    def chance_levels(self) -> dict[str, float]:
        """The mean over permutations for each kind, and for `best`, the kind that is luckiest in each of them."""
        means = {kind: float(np.mean(own)) for kind, own in self.scores.items()}
        return {**means, "best": float(np.mean(np.max(list(self.scores.values()), axis=0)))}


def average_permutations(scores: Sequence[PermutationScores]) -> PermutationScores:
    """Permutation by permutation the mean over folds and seeds: the best is chosen after averaging, as in earnest."""
    kinds = dict.fromkeys(kind for one in scores for kind in one.scores)
    return PermutationScores(
        {
            kind: tuple(np.mean([one.scores[kind] for one in scores if kind in one.scores], axis=0).tolist())
            for kind in kinds
        }
    )


def _units(
    truth: NDArray[np.int64], speakers: NDArray[np.int64], splits: NDArray[np.int64], of_speakers: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(unit of each item, stratum of each unit): units of a stratum may exchange their truths.

    Utterances exchange their speakers within a split. What belongs to a speaker (gender) is permuted among speakers,
    for their utterances are not independent; what varies within a speaker (sentence), among their own utterances.
    """
    items = np.arange(truth.size)
    if of_speakers:
        return items, splits
    _, unit_of_speaker = np.unique(np.stack([splits, speakers]), axis=1, return_inverse=True)
    unit_of_speaker = unit_of_speaker.reshape(-1).astype(np.int64)
    first = np.unique(unit_of_speaker, return_index=True)[1]
    if (truth == truth[first][unit_of_speaker]).all():
        return unit_of_speaker, splits[first]
    return items, unit_of_speaker


def permutation_scores(  # noqa: PLR0913 (three columns of one table)
    truth: NDArray[np.generic],
    predictions: Mapping[str, NDArray[np.generic]],
    *,
    speakers: NDArray[np.generic],
    splits: NDArray[np.int64],
    seed: int,
    permutations: int = PERMUTATIONS,
) -> PermutationScores:
    """Balanced accuracy of given predictions where the truths of the test items are permuted.

    Args:
        truth: shape (items,), names.
        predictions: kind of probe -> what it predicted, shape (items,).
        speakers: who speaks, shape (items,); the truth itself where the speaker is the target.
        splits: number of the split that each item is a test item of, shape (items,): truths stay in their split.
        seed: of the permutations.
        permutations: how many.

    Raises:
        SplitError: the columns differ in length, or are empty.
    """
    if not truth.size or any(own.shape != truth.shape for own in (*predictions.values(), speakers, splits)):
        shapes = f"truth {truth.shape}, speakers {speakers.shape}, splits {splits.shape}"
        raise SplitError(f"permutation scores: {shapes}. Pass one of each an item, and one item at least.")
    names, number = np.unique(truth, return_inverse=True)
    number, speaker_number = number.astype(np.int64), np.unique(speakers, return_inverse=True)[1].astype(np.int64)
    # A prediction that is nobody's truth is wrong whatever is permuted.
    predicted = {
        kind: np.where(np.isin(own, names), np.searchsorted(names, own), names.size)
        for kind, own in predictions.items()
    }
    unit, stratum = _units(number, speaker_number, splits, bool((truth == speakers).all()))
    truths = np.zeros(stratum.size, np.int64)
    truths[unit] = number
    places = np.argsort(stratum, kind="stable")
    generator = np.random.default_rng([seed, 2])
    found: dict[str, list[float]] = {kind: [] for kind in predictions}
    for _ in range(permutations):
        permuted = np.empty_like(truths)
        permuted[places] = truths[np.argsort(stratum + generator.random(stratum.size))]
        permuted_truth = permuted[unit]
        items = np.bincount(permuted_truth, minlength=names.size)
        for kind, own in predicted.items():
            hits = np.bincount(permuted_truth[own == permuted_truth], minlength=names.size)
            found[kind].append(float(np.mean(hits / items)))
    return PermutationScores({kind: tuple(own) for kind, own in found.items()})
