"""One vote of the models of all seeds: what a recognizer made of all of a run's models scores, beside single ones.

It is a system of its own with as many times the parameters above the features, and no choice among seeds.
"""

import numpy as np
from numpy.typing import NDArray

from unheard.metrics.uar import score as uar
from unheard.schemas.scores import SeedEnsemble
from unheard.statistics.significance import confusions_by_speaker, interval

__all__ = ["score_seed_ensemble"]


def score_seed_ensemble(
    truth: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    *,
    names: NDArray[np.str_],
    speakers: NDArray[np.str_],
    seeds: NDArray[np.int64],
) -> SeedEnsemble | None:
    """UAR of the mean of the raw probabilities that the models of all seeds give an utterance.

    Only models vote that were tested on it: none has met its speaker, or whatever else the split keeps apart.

    Args:
        truth: class numbers, shape (predictions,).
        probabilities: shape (predictions, classes).
        names: of the utterances, shape (predictions,).
        speakers: shape (predictions,).
        seeds: shape (predictions,).

    Returns:
        None where there is one seed, or where seeds tested different utterances.
    """
    each = np.unique(seeds)
    items, first, place = np.unique(names, return_index=True, return_inverse=True)
    models_tested = np.array([np.bincount(place[seeds == seed], minlength=len(items)) for seed in each])
    if len(each) < 2 or (models_tested == 0).any():
        return None
    votes = np.zeros((len(items), probabilities.shape[1]))
    # Where a seed tests an utterance more than once, it still has one vote.
    np.add.at(votes, place, probabilities / models_tested[np.searchsorted(each, seeds), place, None])
    answer, right, whose = votes.argmax(axis=1), truth[first], speakers[first]
    count = probabilities.shape[1]
    confusions = confusions_by_speaker(
        right, answer, whose, classes=count, seeds=np.zeros(len(items), dtype=np.int64)
    )
    return SeedEnsemble(models=len(each), uar=uar(right, answer, classes=count), interval=interval(confusions))
