"""What to distrust in a result, by rules; each caution says what was seen and what follows."""

from collections.abc import Callable, Iterator

from unheard.schemas.caution import Caution
from unheard.schemas.objective import ObjectiveResult, TrainingCurve
from unheard.schemas.record import Interval
from unheard.schemas.result import Result

__all__ = ["cautions"]

_WIDE = 0.1
"""An interval wider than this share is called wide."""
_OFF = 0.1
"""Expected calibration error above which probabilities are said not to mean what they say."""
_ALONE = 0.1
"""UAR above chance from which a trait of the recording is said to tell the emotion alone."""
_FEW = 10
"""Speakers below which intervals over speakers may be too narrow."""
_APART = 0.1
"""Difference of UAR between women and men from which it is told."""
_FAR = 0.2
"""UAR that the worst speaker may lie below the whole before it is told."""


def cautions(result: Result) -> list[Caution]:
    """What the run itself knew and what these rules find, the grave ones first; empty only if nothing was found."""
    found = list(result.cautions)
    for rule in (_split, _data, _scores, _sureness, _leakage, _objectives, _probabilities):
        found += rule(result)
    return sorted(found, key=lambda caution: not caution.grave)


def _listed(result: Result, say: Callable[[ObjectiveResult], str | None]) -> str:
    """'plain 33 %, dat 34 %': what is said of each objective of which something is."""
    said = [(label, say(own)) for label, own in result.objectives.items()]
    return ", ".join(f"{label} {text}".rstrip() for label, text in said if text is not None)


def _split(result: Result) -> Iterator[Caution]:
    if result.split.selection == "oracle":
        text = "The epoch was chosen on the test speakers (oracle): these figures are a ceiling, not a result."
        yield Caution(kind="oracle", text=text)
    if not result.split.inflated and "sentence" not in result.split.disjoint:
        yield Caution(
            kind="sentences-shared",
            text="The test sentences may have been heard in training: a model can compare with a remembered "
            "sentence. Where the corpus knows its sentences, run the speaker_and_sentence_disjoint split, too.",
        )


def _data(result: Result) -> Iterator[Caution]:
    level, length, chance = result.confound.level_only_uar, result.confound.length_only_uar, result.chance
    if level is not None and level > chance + _ALONE:
        yield Caution(
            kind="level-tells-emotion",
            text=f"Loudness alone reaches a UAR of {level:.2f} (chance {chance:.2f}): the level of a recording tells "
            "its emotion, and where the features keep it, part of what is heard may be that.",
        )
    if length is not None and length > chance + _ALONE:
        yield Caution(
            kind="length-tells-emotion",
            text=f"Length alone reaches a UAR of {length:.2f} (chance {chance:.2f}). Part of it may be how an "
            "emotion is spoken; where silence was left at the ends (audio.trim = 0), it may be how the files were "
            "cut.",
        )
    speakers = result.corpus.speakers
    if speakers < _FEW:
        yield Caution(
            kind="few-speakers",
            text=f"Only {speakers} speaker{'' if speakers == 1 else 's'}: intervals over speakers may be too narrow, "
            "and who was recorded decides much.",
        )


def _scores(result: Result) -> Iterator[Caution]:
    raw = result.references.raw_features
    closed = None if raw is None or raw.uar is None else raw.uar.mean

    def not_above_closed_form(own: ObjectiveResult) -> str | None:
        reached = own.uar.mean
        return None if closed is None or reached is None or reached > closed else f"{reached:.3f}"

    def at_chance(own: ObjectiveResult) -> str | None:
        return "" if own.uar.interval is not None and own.uar.interval[0] <= result.chance else None

    def low_recall(own: ObjectiveResult) -> str | None:
        low = [
            f"{name} ({recall:.2f})"
            for name, recall in own.recall.items()
            if recall is not None and recall < result.chance / 2
        ]
        return f"hardly ever hears {' and '.join(low)}" if low else None

    if closed is not None and (found := _listed(result, not_above_closed_form)):
        yield Caution(
            kind="not-above-closed-form",
            text=f"A linear discriminant analysis of the raw features, a closed form, has a UAR of {closed:.3f}. "
            f"Not above it: {found}.",
        )
    if result.comparisons and not any(one.shown for one in result.comparisons):
        count = len(result.comparisons)
        words = "The comparison does" if count == 1 else f"All {count} comparisons do"
        text = f"{words} not show that any objective is better than another: do not rank them by these figures."
        yield Caution(kind="no-difference-shown", text=text)
    if found := _listed(result, at_chance):
        text = f"Not shown to be better than guessing, the interval reaches chance: {found}."
        yield Caution(kind="at-chance", text=text)
    if found := _listed(result, low_recall):
        yield Caution(kind="low-recall", text=f"{found}: the recall is under half of chance.")


def _sureness(result: Result) -> Iterator[Caution]:
    seeds = len(result.seeds)
    if seeds < 3:
        text = f"{seeds} seed{'' if seeds == 1 else 's'}: how far chance in training moves the figures is not known."
        yield Caution(kind="few-seeds", text=text)

    def wide(own: ObjectiveResult) -> str | None:
        ends = own.uar.interval
        return f"{100 * (ends[1] - ends[0]):.0f} points" if ends and ends[1] - ends[0] > _WIDE else None

    if found := _listed(result, wide):
        text = f"The interval over speakers is wide: {found}. Other speakers could give quite another figure."
        yield Caution(kind="wide-interval", text=text)
    absent = {name for own in result.objectives.values() for fold in own.per_fold for name in fold.absent}
    if absent:
        yield Caution(
            kind="absent-classes",
            text=f"Some folds have no {', '.join(sorted(absent))}: their own UAR leaves such a class out. "
            "The headline pools all folds and is not touched by that.",
        )


def _named(own: ObjectiveResult) -> float | None:
    """How often the best probe names the speaker."""
    return None if own.leakage is None or own.leakage.best is None else own.leakage.best.mean


def _reference(result: Result, name: str) -> float | None:
    """What the best probe reads of one of the references."""
    own = getattr(result.references, name)
    return None if own is None or own.best is None else own.best.mean


def _leakage(result: Result) -> Iterator[Caution]:
    raw, chance = _reference(result, "raw_features"), _reference(result, "chance")

    def above_raw(own: ObjectiveResult) -> str | None:
        leak = _named(own)
        return f"{100 * leak:.0f} %" if leak is not None and raw is not None and leak >= raw else None

    def above_chance(own: ObjectiveResult) -> str | None:
        leak = _named(own)
        known = leak is not None and chance is not None and leak > 2 * chance and above_raw(own) is None
        return f"{100 * (leak or 0):.0f} %" if known else None

    if found := _listed(result, above_raw):
        text = f"A probe names the speaker at least as well as from the raw features: {found}."
        yield Caution(kind="leakage-above-raw-features", text=text)
    if found := _listed(result, above_chance):
        yield Caution(
            kind="speaker-named",
            text=f"A fresh probe still names the speaker: {found} of the time "
            f"({100 * (chance or 0):.0f} % by chance).",
        )
    if found := _listed(result, lambda own: "" if _named(own) is None else None):
        text = f"Not measured, so not known to be low, is how much of the speaker is left: {found}."
        yield Caution(kind="leakage-not-measured", text=text)


def _objectives(result: Result) -> Iterator[Caution]:
    if found := _listed(result, lambda own: "" if own.name == "cgt" else None):
        yield Caution(
            kind="augments-only",
            text="CGT augments along the speaker's direction, it removes nothing: its probe may stay high "
            f"({found}).",
        )
    if found := _listed(result, lambda own: "" if _fooled(result, own) else None):
        yield Caution(
            kind="adversary-below-chance",
            text=f"The adversary ended below chance ({found}), which a reversed cross-entropy reaches by swapping "
            'identities, not by removing them. Try form = "confusion".',
        )

    def behind(own: ObjectiveResult) -> str | None:
        worst, mean = own.worst_speaker.uar, own.uar.mean
        far = worst is not None and mean is not None and mean - worst > _FAR
        return f"{worst:.2f} against {mean:.2f}" if far else None

    if found := _listed(result, behind):
        yield Caution(kind="worst-speaker", text=f"The worst speaker gets far less than the whole: {found}.")
    yield from _genders(result)


def _genders(result: Result) -> Iterator[Caution]:
    def unequal(own: ObjectiveResult) -> str | None:
        female, male = own.gender.get("f"), own.gender.get("m")
        apart = female is not None and male is not None and abs(female - male) > _APART
        return f"{female:.2f} (f) and {male:.2f} (m)" if apart else None

    def shown(own: ObjectiveResult) -> bool:
        groups = {} if own.fairness is None else own.fairness.groups
        return "gender" not in groups or _excludes_nothing(groups["gender"].gap.interval)

    if found := _listed(result, lambda own: unequal(own) if shown(own) else None):
        yield Caution(kind="gender-gap", text=f"Women and men are not heard equally well: {found}.")
    if found := _listed(result, lambda own: None if shown(own) else unequal(own)):
        yield Caution(
            kind="gender-gap",
            text=f"Women and men differ by more than a tenth here: {found}. So few speakers show neither that others "
            "would differ as well nor that they would not.",
        )


def _excludes_nothing(ends: Interval) -> bool:
    """Whether an interval leaves 0 out, or is not known."""
    return ends is None or ends[0] > 0 or ends[1] < 0


def _fooled(result: Result, own: ObjectiveResult) -> bool:
    """Whether a head that the encoder was pushed away from ended, on average, clearly below guessing.

    What has an adversary is seen from what was logged, whatever the objective is called: the accuracy of a head
    beside the emotion's, and a weight below 0.
    """
    if own.settings.get("form") == "confusion":
        return False
    heads = {key for curve in own.curves for key in curve.logged if key.endswith("_accuracy")} - {"emotion_accuracy"}
    for head in heads:
        chance = _chance_of(result, head.removesuffix("_accuracy"))
        ends = [_last(curve, head) for curve in own.curves if _reversed(own, curve)]
        known = [end for end in ends if end is not None]
        if chance is not None and known and sum(known) / len(known) < 0.8 * chance:
            return True
    return False


def _last(curve: TrainingCurve, key: str) -> float | None:
    values = curve.logged.get(key)
    return values[-1] if values else None


def _reversed(own: ObjectiveResult, curve: TrainingCurve) -> bool:
    """Whether the weight that a training ended with is below 0; the one that was set, where none was logged."""
    ended = _last(curve, "weight")
    weight = own.settings.get("weight") if ended is None else ended
    return isinstance(weight, int | float) and weight < 0


def _chance_of(result: Result, domain: str) -> float | None:
    """What guessing gives a domain's head; None where the number of its classes is not in the result."""
    if domain == "speaker":
        return _reference(result, "chance")
    genders = max((len(own.gender) for own in result.objectives.values()), default=0)
    count = {"gender": genders, "language": len(result.corpus.languages)}.get(domain, 0)
    return 1 / count if count > 1 else None


def _probabilities(result: Result) -> Iterator[Caution]:
    def off(own: ObjectiveResult) -> str | None:
        if own.calibration is None:
            return None
        scores = [one for one in (own.calibration.before, own.calibration.after) if one is not None]
        known = [one.ece.mean for one in scores if one.ece.mean is not None]
        return f"{100 * min(known):.0f} points" if known and min(known) > _OFF else None

    if found := _listed(result, off):
        text = f"Its probabilities are off by more than a tenth, with or without a temperature: {found}."
        yield Caution(kind="uncalibrated", text=text)

    def uneven(own: ObjectiveResult) -> str | None:
        tails = None if own.fairness is None else own.fairness.tails
        if tails is None or tails.p is None or tails.p >= 0.05 or tails.worst is None or tails.best is None:
            return None
        return f"{tails.worst:.2f} for the worst tenth, {tails.best:.2f} for the best"

    if found := _listed(result, uneven):
        yield Caution(kind="unequal-speakers", text=f"Speakers are not heard equally well, beyond luck: {found}.")
