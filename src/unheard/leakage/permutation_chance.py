"""What answers that know nothing score: the same answers, held against truths that are dealt anew.

One over the number of labels is what a probe gets by guessing evenly. A probe does not guess evenly, test does not
hold every label that train does (within one emotion, say), and the best of several kinds is the luckiest of them. So
the truths are dealt anew among those who were asked, many times over, without fitting anything again, and the same
answers are scored against them: the mean is the chance of just these answers, and the mean of the luckiest kind is
the chance of the best.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.errors import SplitError

__all__ = ["DRAWS", "Shuffled", "averaged_shuffles", "shuffled_scores"]

DRAWS = 100
"""How often the truths are dealt anew."""


@dataclass(frozen=True, slots=True)
class Shuffled:
    """What each kind of probe scores where the truths are dealt anew.

    Args:
        scores: kind -> balanced accuracy of each draw; the draws are the same ones for all kinds.
    """

    scores: Mapping[str, tuple[float, ...]]

    def chances(self) -> dict[str, float]:
        """The mean over draws for each kind, and for `best`, the kind that is luckiest in each draw."""
        means = {kind: float(np.mean(own)) for kind, own in self.scores.items()}
        return {**means, "best": float(np.mean(np.max(list(self.scores.values()), axis=0)))}


def averaged_shuffles(shuffles: Sequence[Shuffled]) -> Shuffled:
    """Draw by draw the mean over folds and seeds, so that the best is chosen after averaging, as it is in earnest."""
    kinds = dict.fromkeys(kind for one in shuffles for kind in one.scores)
    return Shuffled(
        {
            kind: tuple(np.mean([one.scores[kind] for one in shuffles if kind in one.scores], axis=0).tolist())
            for kind in kinds
        }
    )


def _units(
    truth: NDArray[np.int64], speakers: NDArray[np.int64], rounds: NDArray[np.int64], of_speakers: bool
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(unit of each item, stratum of each unit): units of a stratum may exchange their truths.

    Utterances exchange their speakers within a round. What belongs to a speaker (gender) is dealt among speakers, for
    their utterances are not independent; what varies within a speaker (sentence), among their own utterances.
    """
    items = np.arange(truth.size)
    if of_speakers:
        return items, rounds
    _, voice = np.unique(np.stack([rounds, speakers]), axis=1, return_inverse=True)
    voice = voice.reshape(-1).astype(np.int64)
    first = np.unique(voice, return_index=True)[1]
    if (truth == truth[first][voice]).all():
        return voice, rounds[first]
    return items, voice


def shuffled_scores(  # noqa: PLR0913 (three columns of one table)
    truth: NDArray[np.generic],
    answers: Mapping[str, NDArray[np.generic]],
    *,
    speakers: NDArray[np.generic],
    rounds: NDArray[np.int64],
    seed: int,
    draws: int = DRAWS,
) -> Shuffled:
    """Balanced accuracy of given answers where the truths are dealt anew among those who were asked.

    Args:
        truth: shape (items,), names.
        answers: kind of probe -> what it answered, shape (items,).
        speakers: who speaks, shape (items,); the truth itself where the speaker is asked for.
        rounds: number of the round that each item was asked in, shape (items,): truths stay in their round.
        seed: of the draws.
        draws: how many.

    Raises:
        SplitError: the columns differ in length, or are empty.
    """
    if not truth.size or any(own.shape != truth.shape for own in (*answers.values(), speakers, rounds)):
        shapes = f"truth {truth.shape}, speakers {speakers.shape}, rounds {rounds.shape}"
        raise SplitError(f"shuffled scores: {shapes}. Pass one of each an item, and one item at least.")
    names, number = np.unique(truth, return_inverse=True)
    number, voices = number.astype(np.int64), np.unique(speakers, return_inverse=True)[1].astype(np.int64)
    # An answer that is nobody's truth is wrong whatever is dealt.
    answered = {
        kind: np.where(np.isin(own, names), np.searchsorted(names, own), names.size) for kind, own in answers.items()
    }
    unit, stratum = _units(number, voices, rounds, bool((truth == speakers).all()))
    truths = np.zeros(stratum.size, np.int64)
    truths[unit] = number
    places = np.argsort(stratum, kind="stable")
    generator = np.random.default_rng([seed, 2])
    found: dict[str, list[float]] = {kind: [] for kind in answers}
    for _ in range(draws):
        dealt = np.empty_like(truths)
        dealt[places] = truths[np.argsort(stratum + generator.random(stratum.size))]
        wanted = dealt[unit]
        items = np.bincount(wanted, minlength=names.size)
        for kind, own in answered.items():
            hits = np.bincount(wanted[own == wanted], minlength=names.size)
            found[kind].append(float(np.mean(hits / items)))
    return Shuffled({kind: tuple(own) for kind, own in found.items()})
