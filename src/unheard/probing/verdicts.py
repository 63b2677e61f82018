"""What the probes found, in plain words."""

from collections.abc import Mapping
from typing import Any

__all__ = ["beside", "erasure_verdict", "headline", "sentences"]

_NAMES = {
    "raw_features": "raw features",
    "untrained": "an untrained encoder",
    "emotion_code": "a perfect emotion code",
}


def headline(figures: Mapping[str, Any] | None, target: str = "speaker") -> tuple[str, Mapping[str, Any]] | None:
    """The protocol and the figures by which a representation is quoted: other sentences where they are known.

    Args:
        figures: of one objective or reference; None where it could not be had.
        target: the column that is read.
    """
    known = ((figures or {}).get("leakage") or {}).get(target) or {}
    for protocol in ("sentences", "utterances"):
        if known.get(protocol, {}).get("best", {}).get("mean") is not None:
            return protocol, known[protocol]
    return None


def beside(result: Mapping[str, Any], target: str, protocol: str) -> list[tuple[str, float]]:
    """(name, the best probe's figure) of chance and of every reference that has one by that protocol."""
    found: list[tuple[str, float]] = []
    for own in result["objectives"].values():
        chance = own.get("leakage", {}).get(target, {}).get(protocol, {}).get("chance")
        if chance is not None:
            found.append(("chance", chance))
            break
    rows = [(_NAMES[name], result["references"].get(name)) for name in _NAMES]
    zero = result.get("weight_zero")
    if zero in result["objectives"]:
        rows.append(("weight 0", result["objectives"][zero]))
    for name, figures in rows:
        known = ((figures or {}).get("leakage") or {}).get(target, {}).get(protocol, {}).get("best", {})
        if known.get("mean") is not None:
            found.append((name, known["mean"]))
    return found


def sentences(result: Mapping[str, Any]) -> list[str]:
    """One to four sentences an objective: who is named, who is verified, what erasing took.

    Args:
        result: as in docs/reference/probes.md.
    """
    found = []
    for label, figures in result["objectives"].items():
        found += [
            *_named(result, label, figures),
            *_verified(label, figures, unseen=result.get("unseen", True)),
            *_erased(label, figures),
        ]
    return found


def _cases(share: float) -> str:
    return f"{100 * share:.0f}"


def _interval(figure: Mapping[str, Any], unit: float = 100.0, digits: int = 0) -> str:
    low, high = figure["interval"]
    if low is None or high is None:
        return "no interval: too few speakers"
    ends = (round(unit * end, digits) + 0.0 for end in (low, high))  # no -0
    return "95 % interval {:.{digits}f} to {:.{digits}f}".format(*ends, digits=digits)


def _named(result: Mapping[str, Any], label: str, figures: Mapping[str, Any]) -> list[str]:
    quoted = headline(figures)
    if quoted is None:
        return [f"{label}: whether the speaker is named cannot be measured: no utterance is held out for each voice."]
    protocol, own = quoted
    what = "a new sentence" if protocol == "sentences" else "a new utterance (its sentence may be known)"
    best = own["best"]
    others = ", ".join(
        f"{name} {_cases(share)}" for name, share in beside(result, "speaker", protocol) if name != "weight 0"
    )
    zero = result.get("weight_zero")
    if zero != label:
        others += "".join(
            f", weight 0 {_cases(share)}" for name, share in beside(result, "speaker", protocol) if name == "weight 0"
        )
    sentence = (
        f"An embedding of {label} names the speaker of {what} in {_cases(best['mean'])} of 100 cases "
        f"({_interval(best)}, {best['kind']} probe); {others}."
    )
    return [sentence]


def _verified(label: str, figures: Mapping[str, Any], *, unseen: bool) -> list[str]:
    voice = f"that {label} has never heard" if unseen else f"that the probes of {label} have never met"
    known = figures.get("verification") or {}
    for protocol, words in (("sentences", " of different sentences"), ("utterances", "")):
        best = known.get(protocol, {}).get("best")
        if best is not None:
            sentence = (
                f"Whether two recordings{words} are of one voice {voice} is answered wrongly "
                f"in {_cases(best['mean'])} of 100 cases ({_interval(best)}, {best['kind']}); 50 is full invariance."
            )
            return [sentence]
    return []


def _erased(label: str, figures: Mapping[str, Any]) -> list[str]:
    own = figures.get("erasure") or {}
    lost = own.get("uar_lost")
    if not lost or lost["mean"] is None:
        return []
    points = round(100 * lost["mean"], 1) + 0.0
    change = f"takes {points:.1f}" if points >= 0 else f"gives {-points:.1f}"
    sentence = (
        f"Erasing what {label} holds of the speaker linearly ({own['rank']:.0f} of {_span(own):.0f} directions) "
        f"{change} points of UAR on new voices (lost: {_interval(lost, digits=1)}): {erasure_verdict(own)}."
    )
    return [sentence]


def _span(erased: Mapping[str, Any]) -> float:
    """Directions that there are: fewer than the embedding's size where some of it never varies."""
    span: float = erased.get("span", erased["of_size"])
    return span


def erasure_verdict(erased: Mapping[str, Any]) -> str:
    """Whether the speaker was used: erasing it costs more than nothing, and more than as much at random.

    Args:
        erased: `erasure` of a representation, with both its differences.
    """
    if erased["rank"] >= _span(erased):
        return "nothing is left of the embedding, which says nothing about the speaker"
    (low, high), (beyond, _) = erased["uar_lost"]["interval"], erased["uar_beyond_control"]["interval"]
    if low is None or beyond is None:
        return "too few speakers to say whether it was used"
    if low > 0:
        return "it was used" if beyond > 0 else "no more than as many directions at random take is shown"
    return "it was in the way" if high < 0 else "that it was used is not shown"
