"""How a weight grows with training."""

import math

__all__ = ["ramp", "settled"]


def ramp(progress: float, *, warmup: float = 0.0, steepness: float = 10.0) -> float:
    """From exactly 0 to exactly 1: the sigmoid schedule of DANN, rescaled to reach its end.

    lambda(p) = (2 / (1 + exp(-steepness p)) - 1) / (2 / (1 + exp(-steepness)) - 1)

    where p is the progress after the warm-up.

    Args:
        progress: fraction of the planned steps, in [0, 1].
        warmup: fraction during which the result stays 0, in [0, 1).
        steepness: 10 in the source.

    Reference: ganin2016domain, section 5.2.2. There the schedule ends at 0.9999; here at 1.

    >>> ramp(0.0), ramp(1.0)
    (0.0, 1.0)
    """
    since = max(0.0, (min(progress, 1.0) - warmup) / (1.0 - warmup))

    def sigmoid(value: float) -> float:
        return 2.0 / (1.0 + math.exp(-steepness * value)) - 1.0

    return sigmoid(since) / sigmoid(1.0)


def settled(*, warmup: float = 0.0, steepness: float = 10.0, share: float = 0.9) -> float:
    """The progress at which the ramp has come to `share` of its end: an earlier model has hardly met the adversary.

    >>> round(settled(), 3), ramp(settled(warmup=0.1), warmup=0.1) > 0.8999
    (0.294, True)
    """
    reached = share * (2.0 / (1.0 + math.exp(-steepness)) - 1.0)
    since = -math.log(2.0 / (1.0 + reached) - 1.0) / steepness
    return warmup + (1.0 - warmup) * since
