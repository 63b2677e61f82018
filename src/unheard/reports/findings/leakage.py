"""What follows from the probes of an objective, in a sentence or two; by intervals, never by means alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unheard.probing.verdicts import erasure_verdict
from unheard.reports.documents.reading import entries, number, part
from unheard.reports.figures.scores import interval_of

__all__ = ["BELOW", "CODE", "TRIALS", "Held", "below_chance", "luck", "quoted", "used", "verdict"]

CODE = "perfect emotion code"
"""What the floor is called."""
BELOW = (
    "A linear probe far below chance is to be read as chance, not as more than invariance. It reads means: where "
    "features have a mean of 0 over all recordings of a speaker (normalized per speaker, adaptive), or where each "
    "speaker says everything once, what is withheld of a speaker lies opposite to what the probe learnt from, and it "
    "names everybody else. The other kinds say what is left beside the mean."
)
"""What stands beside a table in which a linear probe of the speaker lies far below chance."""
TRIALS = ("sentences", "utterances")
"""Protocols, the stricter one first: other sentences than the probe learnt from, or merely other utterances."""


@dataclass(frozen=True)
class Held:
    """One representation that was probed.

    Args:
        label: of the objective, or what the reference is called.
        place: number of its hue; gray for a reference.
        reference: whether it is what figures stand beside, not what is judged.
        zero: whether it is the objective without an adversary.
        figures: what was measured of it.
    """

    label: str
    place: int
    reference: bool
    zero: bool
    figures: Mapping[str, Any]


def quoted(figures: Any, target: str = "speaker") -> tuple[str, Mapping[str, Any]] | None:
    """The protocol and figures by which a representation is quoted: the stricter one, where it was measured."""
    for protocol in TRIALS:
        if number(figures, "leakage", target, protocol, "best", "mean") is not None:
            return protocol, part(figures, "leakage", target, protocol)
    return None


def used(own: Any) -> str | None:
    """What erasing the speaker showed, None where the figures for it are not there."""
    whole = number(own, "rank") is not None and number(own, "of_size") is not None
    ends = [entries(own, key, "interval") for key in ("uar_lost", "uar_beyond_control")]
    known = all(len(pair) == 2 and (pair == [None, None] or None not in map(number, pair)) for pair in ends)
    if not whole or not known:
        return None
    return erasure_verdict(own)


def verdict(one: Held, known: Sequence[Held]) -> dict[str, str]:
    """What follows for one objective, by intervals and not by means: the conclusion, and what it stands on."""
    found = quoted(one.figures)
    if found is None:
        return {
            "says": f"{one.label}: nothing follows.",
            "why": "Whether it names the speaker could not be measured.",
        }
    protocol, own = found
    best, ends = number(own, "best", "mean") or 0.0, interval_of(part(own, "best"))
    floor, name = _floor(own, known, protocol)
    why = f"A fresh probe names who speaks in {100 * best:.0f} of 100 cases{_span(ends)}, {name} {100 * floor:.0f}"
    if ends is None:
        says = f"{one.label}: too few speakers to conclude."
    elif ends[0] <= floor:
        says = f"{one.label}: no speaker was found in it, which is no proof."
    else:
        says = f"{one.label} holds the speaker: do not call it invariant."
    return {"says": says, "why": f"{why}{_beside(one, known, protocol, ends)}{_caught(one)}."}


def below_chance(own: Any, chance: float | None) -> bool:
    """Whether the linear probe reads less than half of what guessing would."""
    linear = number(own, "linear", "mean")
    return linear is not None and chance is not None and linear < chance / 2


def luck(own: Any) -> float | None:
    """What the best probe reads where there is nothing: of shuffled answers, or 1 / classes in files that lack them.

    The best of several is above chance by being picked, and within an emotion speakers are not evenly dealt.
    """
    shuffled = number(own, "shuffled", "best")
    return number(own, "chance") if shuffled is None else shuffled


def _span(ends: tuple[float, float] | None) -> str:
    return "" if ends is None else f" (95 % interval {100 * ends[0]:.0f} to {100 * ends[1]:.0f})"


def _floor(own: Any, known: Sequence[Held], protocol: str) -> tuple[float, str]:
    """What nobody can be asked to go below: chance, or what a perfect emotion code gives away where that is more."""
    chance = luck(own) or 0.0
    for one in known:
        code = number(one.figures, "leakage", "speaker", protocol, "best", "mean")
        if one.label == CODE and code is not None and code > chance:
            return code, "a perfect emotion code"
    return chance, "chance"


def _beside(one: Held, known: Sequence[Held], protocol: str, ends: tuple[float, float] | None) -> str:
    """How it stands to the objective without an adversary, where that is another one."""
    zero = next((other for other in known if other.zero and other is not one), None)
    own = part(zero.figures, "leakage", "speaker", protocol, "best") if zero is not None else None
    mean, span = number(own, "mean"), interval_of(own)
    if zero is None or mean is None or span is None or ends is None:
        return ""
    verdict = "not shown to differ from"
    if ends[1] < span[0]:
        verdict = "less than"
    elif ends[0] > span[1]:
        verdict = "more than"
    return f"; {verdict} {zero.label}, which has no adversary ({100 * mean:.0f})"


def _caught(one: Held) -> str:
    """What verification and erasure add to it."""
    added = ""
    for protocol in TRIALS:
        own = part(one.figures, "verification", protocol, "best")
        best, ends = number(own, "mean"), interval_of(own)
        if best is not None:
            apart = "are told apart" if ends and ends[1] < 0.5 else "are not shown to be told apart"
            added = f"; voices never heard {apart} ({100 * best:.0f} of 100 pairs wrong, 50 is invariance)"
            break
    found = used(part(one.figures, "erasure"))
    return added + (f". Whether the emotion rests on the speaker, by erasing the speaker: {found}" if found else "")
