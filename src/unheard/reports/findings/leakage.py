"""What follows from the probes of an objective, in a sentence or two; by intervals, never by means alone."""

from collections.abc import Sequence
from dataclasses import dataclass

from unheard.probing.verdicts import erasure_verdict, headline
from unheard.schemas.probes import ProbeAccuracies, ProbedRepresentation, ProbeProtocol
from unheard.schemas.record import Interval

__all__ = ["BELOW", "CODE", "TRIALS", "Representation", "Verdict", "below_chance", "verdict"]

CODE = "perfect emotion code"
"""What the floor is called."""
BELOW = (
    "A linear probe far below chance is to be read as chance, not as more than invariance. It reads means: where "
    "features have a mean of 0 over all recordings of a speaker (normalized per speaker, adaptive), or where each "
    "speaker says everything once, what is withheld of a speaker lies opposite to what the probe learnt from, and it "
    "names everybody else. The other kinds say what is left beside the mean."
)
"""What stands beside a table in which a linear probe of the speaker lies far below chance."""
TRIALS: tuple[ProbeProtocol, ...] = ("sentences", "utterances")
"""Protocols, the stricter one first: other sentences than the probe learnt from, or merely other utterances."""


@dataclass(frozen=True)
class Representation:
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
    figures: ProbedRepresentation

    def named(self, protocol: ProbeProtocol) -> ProbeAccuracies | None:
        """What probes read of the speaker by a protocol; None where it was not measured."""
        return self.figures.leakage.get("speaker", {}).get(protocol)


@dataclass(frozen=True)
class Verdict:
    """What follows for one objective.

    Args:
        says: the conclusion.
        why: what it stands on.
    """

    says: str
    why: str


def verdict(one: Representation, known: Sequence[Representation]) -> Verdict:
    """What follows for one objective, by intervals and not by means.

    Args:
        one: the objective.
        known: all representations that were probed, that one included.
    """
    found = headline(one.figures)
    if found is None or found[1].best is None:
        return Verdict(f"{one.label}: nothing follows.", "Whether it names the speaker could not be measured.")
    protocol, own = found
    best, ends = found[1].best.mean or 0.0, found[1].best.interval
    floor, name = _floor(own, known, protocol)
    why = f"A fresh probe names who speaks in {100 * best:.0f} of 100 cases{_span(ends)}, {name} {100 * floor:.0f}"
    if ends is None:
        says = f"{one.label}: too few speakers to conclude."
    elif ends[0] <= floor:
        says = f"{one.label}: no speaker was found in it, which is no proof."
    else:
        says = f"{one.label} holds the speaker: do not call it invariant."
    return Verdict(says, f"{why}{_beside(one, known, protocol, ends)}{_verified(one)}.")


def below_chance(linear: float | None, chance: float | None) -> bool:
    """Whether a linear probe reads less than half of what guessing would."""
    return linear is not None and chance is not None and linear < chance / 2


def _span(ends: Interval) -> str:
    return "" if ends is None else f" (95 % interval {100 * ends[0]:.0f} to {100 * ends[1]:.0f})"


def _floor(own: ProbeAccuracies, known: Sequence[Representation], protocol: ProbeProtocol) -> tuple[float, str]:
    """What nobody can be asked to go below: chance, or what a perfect emotion code gives away where that is more."""
    chance = own.permutation_chance.best or 0.0
    for one in known:
        code = one.named(protocol) if one.label == CODE else None
        if code is not None and code.best is not None and code.best.mean is not None and code.best.mean > chance:
            return code.best.mean, "a perfect emotion code"
    return chance, "chance"


def _beside(one: Representation, known: Sequence[Representation], protocol: ProbeProtocol, ends: Interval) -> str:
    """How it stands to the objective without an adversary, where that is another one."""
    zero = next((other for other in known if other.zero and other is not one), None)
    own = None if zero is None else zero.named(protocol)
    best = None if own is None else own.best
    if zero is None or best is None or best.mean is None or best.interval is None or ends is None:
        return ""
    relation = "not shown to differ from"
    if ends[1] < best.interval[0]:
        relation = "less than"
    elif ends[0] > best.interval[1]:
        relation = "more than"
    return f"; {relation} {zero.label}, which has no adversary ({100 * best.mean:.0f})"


def _verified(one: Representation) -> str:
    """What verification and erasure add to it."""
    added = ""
    for protocol in TRIALS:
        own = one.figures.verification.get(protocol)
        best = None if own is None else own.best
        if best is not None and best.mean is not None:
            told = best.interval is not None and best.interval[1] < 0.5
            apart = "are told apart" if told else "are not shown to be told apart"
            added = f"; voices never heard {apart} ({100 * best.mean:.0f} of 100 pairs wrong, 50 is invariance)"
            break
    used = None if one.figures.erasure is None else erasure_verdict(one.figures.erasure)
    return added + (f". Whether the emotion rests on the speaker, by erasing the speaker: {used}" if used else "")
