"""What a step of an adaptation leaves behind: a few arrays, by name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fitted"]


@dataclass(frozen=True)
class Fitted:
    """A fitted step.

    Args:
        method: its registered name.
        settings: that it was fitted with, for whoever reads a report; applying it reads the arrays alone.
        arrays: all that applying it needs. Where the first axis is that of the speakers, row 0 is the corpus (for
            speakers that the step has not met) and row n the n-th of `speakers`.
        speakers: names that it knows, sorted.
        judged: what it found of each row, for whoever reads a report: shape (rows,) each.
    """

    method: str
    settings: Mapping[str, Any]
    arrays: Mapping[str, NDArray[np.float64]]
    speakers: tuple[str, ...] = ()
    judged: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
