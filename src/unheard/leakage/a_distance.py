"""Proxy A-distance: how far apart two domains lie, as a classifier that must tell them apart sees it.

    d = 2 (1 - 2 error),   error: of a fresh probe on items of other speakers, both domains weighing the same

2: the domains never touch. 0: nobody can tell them apart, so that what was learnt on one may hold on the other.
"""

from unheard.statistics.jackknife import Measure, combine

__all__ = ["a_distance", "proxy_a_distance"]


def a_distance(accuracy: float) -> float:
    """2 (1 - 2 error) with error = 1 - accuracy: in [-2, 2]; below 0 (worse than chance) is noise, not nearness.

    >>> a_distance(1.0), a_distance(0.5)
    (2.0, 0.0)

    Args:
        accuracy: balanced accuracy of telling two domains apart, in [0, 1].

    Reference:
        bendavid2007analysis: the proxy, from the error of a linear classifier; balanced here, so that it does not
        hang on how many items each domain has.
    """
    return 2.0 * (1.0 - 2.0 * (1.0 - accuracy))


def proxy_a_distance(accuracy: Measure) -> Measure:
    """`a_distance` of a measured balanced accuracy, with and without each speaker."""
    return combine(a_distance, accuracy)
