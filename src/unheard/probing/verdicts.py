"""What the probes found, in plain words."""

from unheard.schemas.probes import (
    Erasure,
    Figure,
    ProbeAccuracies,
    ProbedRepresentation,
    ProbeProtocol,
    Probes,
    ProbeTarget,
)

__all__ = ["beside", "erasure_sentence", "erasure_verdict", "headline", "sentences"]

_NAMES = {
    "raw_features": "raw features",
    "untrained": "an untrained encoder",
    "emotion_code": "a perfect emotion code",
}
_STRICTEST: tuple[ProbeProtocol, ...] = ("sentences", "utterances")


def headline(
    figures: ProbedRepresentation, target: ProbeTarget = "speaker"
) -> tuple[ProbeProtocol, ProbeAccuracies] | None:
    """The protocol and the figures by which a representation is quoted: other sentences where they are known.

    Args:
        figures: of one objective or reference.
        target: the column that is read.

    Returns:
        None where no figure is known.
    """
    known = figures.leakage.get(target, {})
    for protocol in _STRICTEST:
        own = known.get(protocol)
        if own is not None and own.best is not None and own.best.mean is not None:
            return protocol, own
    return None


def beside(probes: Probes, target: ProbeTarget, protocol: ProbeProtocol) -> list[tuple[str, float]]:
    """(name, the best probe's figure) of chance and of every reference that has one by that protocol."""
    found: list[tuple[str, float]] = []
    each = [own.leakage.get(target, {}).get(protocol) for own in probes.objectives.values()]
    chance = next((own.chance for own in each if own is not None), None)
    if chance is not None:
        found.append(("chance", chance))
    rows = [(name, getattr(probes.references, key)) for key, name in _NAMES.items()]
    if probes.weight_zero in probes.objectives:
        rows.append(("weight 0", probes.objectives[probes.weight_zero]))
    for name, figures in rows:
        own = None if figures is None else figures.leakage.get(target, {}).get(protocol)
        if own is not None and own.best is not None and own.best.mean is not None:
            found.append((name, own.best.mean))
    return found


def sentences(probes: Probes) -> list[str]:
    """One to four sentences an objective: who is named, who is verified, what erasing took.

    Args:
        probes: whose `sentences` are not read.
    """
    found = []
    for label, figures in probes.objectives.items():
        found += [
            *_named(probes, label, figures),
            *_verified(label, figures, unseen=probes.unseen),
        ]
        if erased := erasure_sentence(probes, label):
            found.append(erased)
    return found


def _cases(share: float | None) -> str:
    return "?" if share is None else f"{100 * share:.0f}"


def _interval(figure: Figure, unit: float = 100.0, digits: int = 0) -> str:
    if figure.interval is None:
        return "no interval: too few speakers"
    ends = (round(unit * end, digits) + 0.0 for end in figure.interval)  # no -0
    return "95 % interval {:.{digits}f} to {:.{digits}f}".format(*ends, digits=digits)


def _named(probes: Probes, label: str, figures: ProbedRepresentation) -> list[str]:
    quoted = headline(figures)
    if quoted is None or quoted[1].best is None:
        return [f"{label}: whether the speaker is named cannot be measured: no utterance is held out for each voice."]
    protocol, best = quoted[0], quoted[1].best
    what = "a new sentence" if protocol == "sentences" else "a new utterance (its sentence may be known)"
    others = ", ".join(
        f"{name} {_cases(share)}"
        for name, share in beside(probes, "speaker", protocol)
        if name != "weight 0" or probes.weight_zero != label
    )
    sentence = (
        f"An embedding of {label} names the speaker of {what} in {_cases(best.mean)} of 100 cases "
        f"({_interval(best)}, {best.kind} probe); {others}."
    )
    return [sentence]


def _verified(label: str, figures: ProbedRepresentation, *, unseen: bool) -> list[str]:
    voice = f"that {label} has never heard" if unseen else f"that the probes of {label} have never met"
    for protocol in _STRICTEST:
        own = figures.verification.get(protocol)
        if own is not None and own.best is not None:
            words = " of different sentences" if protocol == "sentences" else ""
            sentence = (
                f"Whether two recordings{words} are of one voice {voice} is answered wrongly "
                f"in {_cases(own.best.mean)} of 100 cases ({_interval(own.best)}, {own.best.kind}); "
                "50 is full invariance."
            )
            return [sentence]
    return []


def erasure_sentence(probes: Probes, label: str) -> str | None:
    """What erasing the speaker from an objective's embeddings took, None where it was not measured.

    Args:
        probes: that were run.
        label: of the objective.
    """
    own = probes.objectives[label].erasure
    if own is None or own.uar_lost is None or own.uar_lost.mean is None:
        return None
    points = round(100 * own.uar_lost.mean, 1) + 0.0
    change = f"takes {points:.1f}" if points >= 0 else f"gives {-points:.1f}"
    return (
        f"Erasing what {label} holds of the speaker linearly ({own.rank:.0f} of {own.span:.0f} directions) "
        f"{change} points of UAR on new voices (lost: {_interval(own.uar_lost, digits=1)}): {erasure_verdict(own)}."
    )


def erasure_verdict(erased: Erasure) -> str | None:
    """Whether the speaker was used: erasing it costs more than nothing, and more than as much at random.

    Args:
        erased: of one representation.

    Returns:
        None where no emotion was read.
    """
    if erased.uar_lost is None or erased.uar_beyond_control is None:
        return None
    if erased.rank >= erased.span:
        return "nothing is left of the embedding, which says nothing about the speaker"
    lost, beyond = erased.uar_lost.interval, erased.uar_beyond_control.interval
    if lost is None or beyond is None:
        return "too few speakers to say whether it was used"
    if lost[0] > 0:
        return "it was used" if beyond[0] > 0 else "no more than as many directions at random take is shown"
    return "it was in the way" if lost[1] < 0 else "that it was used is not shown"
