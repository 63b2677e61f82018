"""Whether evidence that was gathered of a run belongs to the result that stands there now.

A run may be resumed, extended by seeds and objectives, or made anew in the same folder. What was measured on its
trainings stays true as long as these very trainings stand; `created` and the order of things say nothing about that.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["training_digest"]

_FIGURES = ("uar", "wa")
_COUNTS = ("best_epoch", "epochs")
_DIGITS = 9  # beyond these, another version of numpy may sum otherwise


def training_digest(result: Mapping[str, Any], label: str, seeds: Sequence[int]) -> str | None:
    """SHA-256 over the data, the folds, the settings and the fold-by-fold figures of one objective's trainings.

    Further seeds or objectives leave it as it is; another training, even of the same settings, changes it.

    Args:
        result: as in docs/reference/result.md.
        label: of the objective.
        seeds: those that count.

    Returns:
        Hexadecimal; None where the result lacks the objective, or one of the seeds.
    """
    own = (result.get("objectives") or {}).get(label)
    plans = (result.get("split") or {}).get("digest") or {}
    rows = [row for row in (own or {}).get("per_fold") or () if row.get("seed") in seeds]
    if own is None or {row["seed"] for row in rows} != set(seeds):
        return None
    trainings = sorted(
        [
            str(row.get("fold")),
            row["seed"],
            *(None if row.get(key) is None else round(row[key], _DIGITS) for key in _FIGURES),
            *(row.get(key) for key in _COUNTS),
        ]
        for row in rows
    )
    parts = [
        (result.get("corpus") or {}).get("digest"),
        {str(seed): plans.get(str(seed)) for seed in seeds},
        [own.get("name"), own.get("settings")],
        trainings,
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
