"""The section "What leaks, in every way we know": what `unheard probe` found, as figures, tables and verdicts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from unheard.leakage.probe_kinds import KINDS, TITLES
from unheard.probing.verdicts import erasure_verdict
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.forest_plot import Group, Row, forest
from unheard.reports.findings.leakage import CODE, TRIALS, Representation, Verdict, verdict
from unheard.schemas.probes import (
    Erasure,
    Figure,
    ProbeAccuracies,
    ProbeProtocol,
    Probes,
    ProbeTarget,
    Verification,
)
from unheard.schemas.result import Result

__all__ = [
    "DistanceRow",
    "ErasureRow",
    "LeakRow",
    "LeakageSection",
    "VerificationRow",
    "leakage_section",
    "representations",
]

_REFERENCES = {"raw_features": "raw features", "untrained": "untrained encoder", "emotion_code": CODE}
_GRAY = 8


@dataclass(frozen=True)
class LeakRow:
    """What probes read of one target in one representation.

    Args:
        one: the representation.
        target: what is read.
        new: what the probe had not met of what it was asked.
        own: what was read.
    """

    one: Representation
    target: ProbeTarget
    new: str
    own: ProbeAccuracies


@dataclass(frozen=True)
class VerificationRow:
    """Whether two recordings of unseen speakers are told apart by one representation.

    Args:
        one: the representation.
        trials: of which sentences a pair is: 'any' or 'different'.
        own: the figures.
    """

    one: Representation
    trials: str
    own: Verification


@dataclass(frozen=True)
class DistanceRow:
    """How far two groups lie apart in one representation.

    Args:
        one: the representation.
        groups: which two.
        distance: the proxy A-distance.
    """

    one: Representation
    groups: str
    distance: Figure


@dataclass(frozen=True)
class ErasureRow:
    """The speaker erased from one representation.

    Args:
        one: the representation.
        own: the figures.
        verdict: whether the speaker was used; None where no emotion was read.
    """

    one: Representation
    own: Erasure
    verdict: str | None


@dataclass(frozen=True)
class LeakageSection:
    """All that the template of this section shows.

    Args:
        named: the figure of what probes read; None without any.
        verified: the figure of verification; None without any.
        verdicts: what follows, an objective each.
        leaks: rows of what probes read.
        verifications: rows of verification.
        codes: representations with a code length, or probed within emotions.
        distances: rows of domain distances.
        erased: rows of erasures.
        sentences: all of it in plain words.
        notes: what could not be had.
        seeds: that were probed, in words.
        folds: how many were probed.
        missing: labels of objectives that were not probed.
    """

    named: Drawing | None
    verified: Drawing | None
    verdicts: Sequence[Verdict]
    leaks: Sequence[LeakRow]
    verifications: Sequence[VerificationRow]
    codes: Sequence[Representation]
    distances: Sequence[DistanceRow]
    erased: Sequence[ErasureRow]
    sentences: Sequence[str]
    notes: Sequence[str]
    seeds: str
    folds: int
    missing: Sequence[str]


def representations(probes: Probes, result: Result) -> list[Representation]:
    """What was probed: objectives in their order of the result, with the hues they have there, then references."""
    order = list(result.objectives)
    own = [
        Representation(
            label, order.index(label) if label in order else _GRAY, False, label == probes.weight_zero, figures
        )
        for label, figures in probes.objectives.items()
    ]
    own.sort(key=lambda one: one.place)
    known = [(name, getattr(probes.references, key)) for key, name in _REFERENCES.items()]
    return own + [Representation(name, _GRAY, True, False, figures) for name, figures in known if figures is not None]


def leakage_section(probes: Probes | None, result: Result) -> LeakageSection | None:
    """All that the template of this section shows; None without probes.

    Args:
        probes: of the result; None for none.
        result: for the order and the hues of the objectives.
    """
    if probes is None or not probes.objectives:
        return None
    known = representations(probes, result)
    asked = list(_asked(known))
    return LeakageSection(
        named=_named(asked, known),
        verified=_verified(known),
        verdicts=[verdict(one, known) for one in known if not one.reference],
        leaks=[row for target, protocol in asked for row in _leak_rows(known, target, protocol)],
        verifications=list(_verification_rows(known)),
        codes=[one for one in known if one.figures.within_emotion or one.figures.code_length],
        distances=[
            DistanceRow(one, groups, distance)
            for one in known
            for groups, distance in one.figures.domain_distance.items()
        ],
        erased=[
            ErasureRow(one, one.figures.erasure, erasure_verdict(one.figures.erasure))
            for one in known
            if one.figures.erasure is not None
        ],
        sentences=probes.sentences,
        notes=probes.notes,
        seeds=", ".join(map(str, probes.seeds)),
        folds=len(probes.folds),
        missing=[label for label in result.objectives if label not in probes.objectives],
    )


def _asked(known: Sequence[Representation]) -> Iterator[tuple[ProbeTarget, ProbeProtocol]]:
    """(target, protocol) of everything that was asked of anything, the speaker first."""
    targets = dict.fromkeys(target for one in known for target in one.figures.leakage)
    for target in sorted(targets, key=lambda name: name != "speaker"):
        for protocol in TRIALS:
            if any(protocol in one.figures.leakage.get(target, {}) for one in known):
                yield target, protocol


def _new(target: ProbeTarget, protocol: ProbeProtocol) -> str:
    """What the probe had not met of what it was asked."""
    new = "utterances" if target == "speaker" else "speakers"
    return f"{new} and sentences" if protocol == "sentences" else new


def _named(asked: Sequence[tuple[ProbeTarget, ProbeProtocol]], known: Sequence[Representation]) -> Drawing | None:
    return forest("What fresh probes read", "share named rightly (left is better)", [*_groups(asked, known)])


def _groups(asked: Sequence[tuple[ProbeTarget, ProbeProtocol]], known: Sequence[Representation]) -> Iterator[Group]:
    """A group of the figure for each target, by its strictest protocol, and the speaker within one emotion."""
    seen: set[ProbeTarget] = set()
    for target, protocol in asked:
        if target in seen:
            continue
        seen.add(target)
        each = [(one, one.figures.leakage.get(target, {}).get(protocol)) for one in known]
        yield _group(f"{target}, of new {_new(target, protocol)}", [(one, own) for one, own in each if own])
        if target == "speaker":
            within = [(one, own) for one in known if (own := one.figures.within_emotion)]
            yield _group("speaker within one emotion, of new utterances", within)


def _group(title: str, each: Sequence[tuple[Representation, ProbeAccuracies]]) -> Group:
    chance = next((luck for _, own in each if (luck := own.permutation_chance.best) is not None), None)
    rows = []
    for one, own in each:
        others = {TITLES[kind]: own.probes[kind] for kind in KINDS if kind in own.probes}
        rows += list(_row(one, own.best, others))
    return Group(title, chance, tuple(rows))


def _row(one: Representation, best: Figure | None, others: dict[str, Figure]) -> Iterator[Row]:
    if best is not None and best.mean is not None:
        small = tuple((name, own.mean) for name, own in others.items() if own.mean is not None)
        yield Row(one.label, one.place, best.mean, best.interval, small)


def _verified(known: Sequence[Representation]) -> Drawing | None:
    """The figure of verification, by the stricter trials that were made."""
    for protocol in TRIALS:
        title = f"two recordings, {'different' if protocol == 'sentences' else 'any'} sentences"
        rows = [
            row
            for one in known
            if (own := one.figures.verification.get(protocol)) is not None
            for row in _row(one, own.best, {"cosine": own.cosine, "trained back-end": own.backend})
        ]
        if rows:
            axis = "equal error rate of telling unseen voices apart (right is better)"
            return forest("Verification of unseen voices", axis, [Group(title, 0.5, tuple(rows))], reach=0.6)
    return None


def _leak_rows(known: Sequence[Representation], target: ProbeTarget, protocol: ProbeProtocol) -> Iterator[LeakRow]:
    for one in known:
        own = one.figures.leakage.get(target, {}).get(protocol)
        if own is not None:
            yield LeakRow(one, target, _new(target, protocol), own)


def _verification_rows(known: Sequence[Representation]) -> Iterator[VerificationRow]:
    for protocol in TRIALS:
        for one in known:
            own = one.figures.verification.get(protocol)
            if own is not None:
                yield VerificationRow(one, "different" if protocol == "sentences" else "any", own)
