"""Whether evidence that was gathered of a run belongs to the result that stands there now.

A run may be resumed, extended by seeds and objectives, or made anew in the same folder. What was measured on its
trainings stays true as long as these very trainings stand; `created` and the order of things say nothing about that.
"""

import hashlib
import json
from collections.abc import Sequence

from unheard.schemas.result import Result

__all__ = ["training_digest"]

_DIGITS = 9  # beyond these, another version of numpy may sum otherwise


def training_digest(result: Result, label: str, seeds: Sequence[int]) -> str | None:
    """SHA-256 over the data, the folds, the settings and the fold-by-fold figures of one objective's trainings.

    Further seeds or objectives leave it as it is; another training, even of the same settings, changes it.

    Args:
        result: of the run.
        label: of the objective.
        seeds: those that count.

    Returns:
        Hexadecimal; None where the result lacks the objective, or one of the seeds.
    """
    own = result.objectives.get(label)
    if own is None:
        return None
    each = [fold for fold in own.per_fold if fold.seed in seeds]
    if {fold.seed for fold in each} != set(seeds):
        return None
    trainings = sorted(
        [fold.fold, fold.seed, _rounded(fold.uar), _rounded(fold.wa), fold.best_epoch, fold.epochs] for fold in each
    )
    parts = [
        result.corpus.digest,
        {str(seed): result.split.digest.get(str(seed)) for seed in seeds},
        [own.name, own.settings],
        trainings,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DIGITS)
