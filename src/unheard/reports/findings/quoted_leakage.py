"""Which figures of leakage a page quotes: those of `unheard probe` where it asked all objectives alike."""

from unheard.probing.verdicts import headline
from unheard.schemas.leakage import BestProbe, Leakage, LeakageFigure, RawFeatures, References
from unheard.schemas.probes import ProbedRepresentation, ProbeProtocol, Probes
from unheard.schemas.result import Result
from unheard.schemas.scores import Spread

__all__ = ["quoted_protocol", "with_probes"]


def quoted_protocol(probes: Probes) -> ProbeProtocol | None:
    """The protocol that all probed objectives are quoted by, None where they are not quoted alike."""
    found = [headline(figures) for figures in probes.objectives.values()]
    protocols = {one[0] for one in found if one is not None}
    return protocols.pop() if len(protocols) == 1 and None not in found else None


def with_probes(result: Result, probes: Probes | None) -> Result:
    """The result with the probes' figures in the place of the run's own, so that a page quotes one figure throughout.

    Only where all objectives were probed by one protocol: figures of two kinds must not stand side by side.
    """
    protocol = None if probes is None else quoted_protocol(probes)
    if probes is None or protocol is None or set(probes.objectives) != set(result.objectives):
        return result
    objectives = {
        label: own.model_copy(update={"leakage": _as_leakage(probes.objectives[label], protocol)})
        for label, own in result.objectives.items()
    }
    first = probes.objectives[next(iter(result.objectives))].leakage["speaker"][protocol]
    references = probes.references
    return result.model_copy(
        update={
            "objectives": objectives,
            "references": References(
                chance=Leakage(
                    best=BestProbe(mean=first.chance, std=None),
                    probes={},
                    eer=LeakageFigure(mean=0.5, std=None),
                ),
                raw_features=_raw_features(result, references.raw_features, protocol),
                untrained=_as_leakage(references.untrained, protocol),
                emotion_code=_as_leakage(references.emotion_code, protocol),
            ),
        }
    )


def _as_leakage(figures: ProbedRepresentation | None, protocol: ProbeProtocol) -> Leakage | None:
    """What was probed of a representation, as a run's own leakage."""
    own = None if figures is None else figures.leakage.get("speaker", {}).get(protocol)
    if figures is None or own is None or own.best is None:
        return None
    trials = figures.verification.get(protocol)
    best = own.best
    return Leakage(
        best=BestProbe(mean=best.mean, std=best.std, interval=best.interval, kind=best.kind),
        probes={kind: Spread(mean=one.mean, std=one.std) for kind, one in own.probes.items()},
        eer=None
        if trials is None or trials.best is None
        else LeakageFigure(mean=trials.best.mean, std=trials.best.std, interval=trials.best.interval),
    )


def _raw_features(
    result: Result, figures: ProbedRepresentation | None, protocol: ProbeProtocol
) -> RawFeatures | None:
    """The raw features by the probes; what a closed form answers from them is the run's."""
    leakage, own = _as_leakage(figures, protocol), result.references.raw_features
    if leakage is None:
        return None
    return RawFeatures(**dict(leakage), uar=None if own is None else own.uar)
