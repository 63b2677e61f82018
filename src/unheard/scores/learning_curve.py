"""Learning curves of a sweep over `training.labeled`: UAR at each share of labels, and the area under it.

The area is taken over the logarithm of the share and divided by its width, so that it reads as a UAR: the mean over
shares, each doubling of the labels counting alike. Between the shares the curve is a straight line on that scale.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from unheard.errors import RunError
from unheard.schemas.sweep import LearningCurve
from unheard.statistics.intervals import logit_interval, mean_uar, without_each

__all__ = ["SHARE", "area_under", "learning_curve", "weights_of"]

SHARE = "training.labeled"
"""The setting whose sweep is a learning curve."""


def weights_of(shares: Sequence[float]) -> NDArray[np.float64]:
    """What each share's UAR counts in the area: trapezia over log(share); shape (shares,), sum 1.

    >>> weights_of([0.25, 0.5, 1.0])
    array([0.25, 0.5 , 0.25])

    Raises:
        RunError: there are fewer than two shares, or they do not rise.
    """
    if len(shares) < 2 or any(high <= low for low, high in itertools.pairwise(shares)):
        raise RunError(f"a learning curve needs two or more rising shares, not {list(shares)}.")
    widths = np.diff(np.log(np.asarray(shares, dtype=np.float64)))
    weights = np.zeros(len(shares))
    weights[:-1] += widths / 2
    weights[1:] += widths / 2
    found: NDArray[np.float64] = weights / widths.sum()
    return found


def area_under(
    shares: Sequence[float], confusions: Sequence[NDArray[np.int64]], *, level: float = 0.95
) -> tuple[float, tuple[float, float]]:
    """Normalized area under a learning curve, in [0, 1], and its jackknife-t interval over speakers.

    Args:
        shares: of labels, rising, in (0, 1].
        confusions: for each share, shape (seeds, speakers, classes, classes), the same speakers in the same order.
        level: coverage, in (0, 1).

    Returns:
        The area and its ends; nan for the ends with fewer than two speakers, or where nothing or all is right.

    Raises:
        RunError: the shares are no curve, or the speakers differ.
    """
    weights = weights_of(shares)
    if len({one.shape for one in confusions}) != 1:
        raise RunError("the points of a learning curve did not test the same speakers and seeds. Run them again.")
    area = float(weights @ [float(mean_uar(one.sum(axis=1))) for one in confusions])
    if confusions[0].shape[1] < 2 or not 0.0 < area < 1.0:
        return area, (float("nan"), float("nan"))
    without = weights @ np.array([without_each(one) for one in confusions])
    return area, logit_interval(area, without, level=level)


def learning_curve(points: Mapping[float, tuple[float | None, NDArray[np.int64]]]) -> LearningCurve:
    """One objective's curve.

    Args:
        points: share -> (UAR, confusions of shape (seeds, speakers, classes, classes)).
    """
    shares = sorted(points)
    area, ends = area_under(shares, [points[share][1] for share in shares])
    return LearningCurve(shares=shares, uar=[points[share][0] for share in shares], auc=area, interval=ends)
