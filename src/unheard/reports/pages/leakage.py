"""The section "What leaks, in every way we know": what `unheard probe` found, as figures, tables and verdicts."""

from collections.abc import Iterator, Mapping
from typing import Any

from unheard.leakage.probe_kinds import KINDS, TITLES
from unheard.reports.documents.reading import entries, labels, number, part, table, texts
from unheard.reports.figures.drawing import Drawing
from unheard.reports.figures.forest_plot import Group, Row, forest
from unheard.reports.figures.scores import interval_of
from unheard.reports.findings.leakage import CODE, TRIALS, Held, luck, quoted, used, verdict

__all__ = ["held", "leakage_section", "quoted_protocol", "with_probes"]

Probes = Mapping[str, Any]

_REFERENCES = {"raw_features": "raw features", "untrained": "untrained encoder", "emotion_code": CODE}
_TITLES = {**TITLES, "cosine": "cosine", "backend": "trained back-end"}
_GRAY = 8


def held(probes: Probes, result: Mapping[str, Any]) -> list[Held]:
    """What was probed: objectives in their order of the result, with the hues they have there, then references."""
    order = labels(result)
    zero = part(probes, "weight_zero")
    own = [
        Held(label, order.index(label) if label in order else _GRAY, False, label == zero, figures or {})
        for label, figures in table(probes, "objectives").items()
    ]
    own.sort(key=lambda one: one.place)
    known = [(name, part(probes, "references", key)) for key, name in _REFERENCES.items()]
    return own + [Held(name, _GRAY, True, False, figures) for name, figures in known if figures]


def quoted_protocol(probes: Probes) -> str | None:
    """The protocol that all probed objectives are quoted by, None where they are not quoted alike."""
    found = [quoted(figures) for figures in table(probes, "objectives").values()]
    protocols = {one[0] for one in found if one is not None}
    return protocols.pop() if len(protocols) == 1 and None not in found else None


def with_probes(result: Mapping[str, Any], probes: Probes) -> Mapping[str, Any]:
    """The result with the probes' figures in the place of the run's own, so that a page quotes one figure throughout.

    Only where all objectives were probed by one protocol: figures of two kinds must not stand side by side.
    """
    protocol = quoted_protocol(probes)
    if protocol is None or set(table(probes, "objectives")) != set(labels(result)):
        return result

    def leak(figures: Any) -> dict[str, Any]:
        own = table(figures, "leakage", "speaker", protocol)
        return {**own, "eer": part(figures, "verification", protocol, "best")}

    objectives = {
        label: {**(own or {}), "leakage": leak(part(probes, "objectives", label))}
        for label, own in table(result, "objectives").items()
    }
    first = part(probes, "objectives", labels(result)[0])
    chance = {"mean": part(first, "leakage", "speaker", protocol, "chance")}
    references = {key: leak(own) for key in _REFERENCES if (own := part(probes, "references", key))}
    stated = {"chance": {"best": chance, "eer": {"mean": 0.5}}, **references}
    return {**result, "objectives": objectives, "references": stated}


def leakage_section(probes: Probes, result: Mapping[str, Any]) -> dict[str, Any]:
    """All that the template of this section shows; empty without probes.

    Args:
        probes: as in docs/reference/probes.md; empty for none.
        result: for the order and the hues of the objectives.
    """
    known = held(probes, result)
    if not any(not one.reference for one in known):
        return {}
    asked = list(_asked(known))
    return {
        "named": _named(asked, known) or "",
        "verified": _verified(known) or "",
        "verdicts": [verdict(one, known) for one in known if not one.reference],
        "leaks": [row for target, protocol in asked for row in _leak_rows(known, target, protocol)],
        "voices": list(_voices(known)),
        "codes": [one for one in known if part(one.figures, "within_emotion") or part(one.figures, "code_length")],
        "distances": [
            {"one": one, "pair": pair, "distance": part(own, "distance")}
            for one in known
            for pair, own in table(one.figures, "domain_distance").items()
        ],
        "erased": [_erased(one) for one in known if part(one.figures, "erasure")],
        "sentences": texts(probes, "sentences"),
        "notes": texts(probes, "notes"),
        "seeds": ", ".join(f"{seed:.0f}" for one in entries(probes, "seeds") if (seed := number(one)) is not None),
        "folds": len(entries(probes, "folds")),
        "missing": [label for label in labels(result) if label not in table(probes, "objectives")],
        "chance": _first(known, "within_emotion", "chance"),
        "uniform": _first(known, "code_length", "uniform"),
    }


def _first(known: list[Held], *path: str) -> float | None:
    return next((found for one in known if (found := number(one.figures, *path)) is not None), None)


def _asked(known: list[Held]) -> Iterator[tuple[str, str]]:
    """(target, protocol) of everything that was asked of anything, the speaker first."""
    targets = dict.fromkeys(target for one in known for target in table(one.figures, "leakage"))
    for target in sorted(targets, key=lambda name: name != "speaker"):
        for protocol in TRIALS:
            if any(part(one.figures, "leakage", target, protocol) for one in known):
                yield target, protocol


def _new(target: str, protocol: str) -> str:
    """What the probe had not met of what it was asked."""
    new = "utterances" if target == "speaker" else "speakers"
    return f"{new} and sentences" if protocol == "sentences" else new


def _named(asked: list[tuple[str, str]], known: list[Held]) -> Drawing | None:
    return forest("What fresh probes read", "share named rightly (left is better)", [*_groups(asked, known)])


def _groups(asked: list[tuple[str, str]], known: list[Held]) -> Iterator[Group]:
    """A group of the figure for each target, by its strictest protocol, and the speaker within one emotion."""
    seen: set[str] = set()
    for target, protocol in asked:
        if target in seen:
            continue
        seen.add(target)
        own = [(one, part(one.figures, "leakage", target, protocol)) for one in known]
        title = f"{target}, of new {_new(target, protocol)}"
        yield Group(title, _chance_of(own), tuple(_rows(own, KINDS)))
        if target == "speaker":
            own = [(one, part(one.figures, "within_emotion")) for one in known]
            yield Group("speaker within one emotion, of new utterances", _chance_of(own), tuple(_rows(own, KINDS)))


def _chance_of(own: list[tuple[Held, Any]]) -> float | None:
    return next((found for _, figures in own if (found := luck(figures)) is not None), None)


def _rows(own: list[tuple[Held, Any]], kinds: tuple[str, ...]) -> Iterator[Row]:
    for one, figures in own:
        best = number(figures, "best", "mean")
        if best is None:
            continue
        others = [(_TITLES[kind], number(figures, kind, "mean")) for kind in kinds]
        small = tuple((name, value) for name, value in others if value is not None)
        yield Row(one.label, one.place, best, interval_of(part(figures, "best")), small)


def _verified(known: list[Held]) -> Drawing | None:
    groups = []
    for protocol in TRIALS:
        own = [(one, part(one.figures, "verification", protocol)) for one in known]
        title = f"two recordings, {'different' if protocol == 'sentences' else 'any'} sentences"
        rows = tuple(_rows(own, ("cosine", "backend")))
        if rows:
            groups.append(Group(title, 0.5, rows))
    axis = "equal error rate of telling unseen voices apart (right is better)"
    return forest("Verification of unseen voices", axis, groups[:1], reach=0.6)


def _leak_rows(known: list[Held], target: str, protocol: str) -> Iterator[dict[str, Any]]:
    for one in known:
        own = part(one.figures, "leakage", target, protocol)
        if own:
            kind = part(own, "best", "kind")
            yield {
                "one": one,
                "target": target,
                "new": _new(target, protocol),
                "own": own,
                "kind": _TITLES.get(str(kind), kind),
            }


def _voices(known: list[Held]) -> Iterator[dict[str, Any]]:
    for protocol in TRIALS:
        for one in known:
            own = part(one.figures, "verification", protocol)
            if own:
                yield {"one": one, "trials": "different" if protocol == "sentences" else "any", "own": own}


def _erased(one: Held) -> dict[str, Any]:
    own = part(one.figures, "erasure")
    return {"one": one, "own": own, "verdict": used(own)}
