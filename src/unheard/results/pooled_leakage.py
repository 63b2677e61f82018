"""The leakage of one representation over the folds and seeds of a run."""

from collections.abc import Iterable, Sequence

from unheard.experiment.job_result import LeakageFigures
from unheard.leakage.probe_kinds import KINDS
from unheard.results.spread import spread
from unheard.schemas.leakage import BestProbe, Leakage, LeakageFigure

__all__ = ["leakage_summary"]


def leakage_summary(measured: Sequence[LeakageFigures]) -> Leakage | None:
    """Mean and deviation over folds and seeds of each leakage figure; `best` is that of the kind that reads most.

    The accuracy of a probe weighs as many utterances as it was asked, so that folds with few of them do not decide.
    The best kind is chosen once, by its mean: the best of each fold would be the luckiest. None where nothing was
    measured.
    """
    if not measured:
        return None
    withheld = [float(one.withheld) for one in measured]
    probes = {
        kind: spread((one.probes.get(kind) for one in measured), withheld)
        for kind in KINDS
        if any(kind in one.probes for one in measured)
    }
    known = {kind: own.mean for kind, own in probes.items() if own.mean is not None}
    best = max(known, key=lambda each: known[each], default=None)
    return Leakage(
        best=BestProbe(mean=None, std=None) if best is None else BestProbe(**dict(probes[best]), kind=best),
        probes=probes,
        chance=spread((one.chance for one in measured), withheld),
        eer=_figure(one.eer for one in measured) if any(one.eer is not None for one in measured) else None,
    )


def _figure(values: Iterable[float | None]) -> LeakageFigure:
    return LeakageFigure(**dict(spread(values)))
