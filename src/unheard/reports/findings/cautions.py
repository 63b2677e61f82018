"""What to distrust in a result, by rules; each caution says what was seen and what follows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from unheard.reports.documents.reading import entries, number, part, table
from unheard.reports.figures.scores import chance_of, interval_of

__all__ = ["HEARD_SENTENCES", "Caution", "cautions"]

Result = Mapping[str, Any]

HEARD_SENTENCES = (
    "The test sentences may have been heard in training: a model can compare with a remembered sentence. "
    "Where the corpus knows its sentences, run the speaker_and_sentence_disjoint split, too."
)
"""Said of a split that parts speakers alone, unless its result under the other one stands beside it."""

_WIDE = 0.1
"""An interval wider than this share is called wide."""
_DEPENDENT = 0.2
"""Share of the emotion's bits that the speaker may tell, beyond chance, before it is said."""

_OFF = 0.1
"""Expected calibration error above which probabilities are said not to mean what they say."""


@dataclass(frozen=True, slots=True)
class Caution:
    """One reason not to believe a figure as it stands.

    Args:
        text: what was seen, and what follows.
        grave: whether the headline itself does not mean what it seems to.
    """

    text: str
    grave: bool = False


def cautions(result: Result) -> list[Caution]:
    """All cautions, the grave ones first; empty only if nothing was found."""
    warned = [str(warning) for warning in entries(result, "warnings")]
    found = [Caution(text, grave="INFLATED" in text) for text in warned]
    for rule in (_split, _data, _scores, _sureness, _leakage, _objectives, _trust):
        found += [caution for caution in rule(result) if caution.text not in warned]
    return sorted(found, key=lambda caution: not caution.grave)


def _objectives_of(result: Result) -> Iterator[tuple[str, Any]]:
    yield from table(result, "objectives").items()


def _listed(result: Result, say: Callable[[Any], str | None]) -> str:
    """'plain 33 %, dat 34 %': what is said of each objective of which something is."""
    said = [(label, say(own)) for label, own in _objectives_of(result)]
    return ", ".join(f"{label} {text}".rstrip() for label, text in said if text is not None)


def _warned(result: Result, word: str) -> bool:
    return any(word in str(warning) for warning in entries(result, "warnings"))


def _split(result: Result) -> Iterator[Caution]:
    split = part(result, "split")
    if not split:
        return
    if part(split, "selection") == "oracle":
        text = "The epoch was chosen on the test speakers (oracle): these figures are a ceiling, not a result."
        yield Caution(text, grave=True)
    if part(split, "inflated"):
        if not _warned(result, "INFLATED"):
            text = "INFLATED: speakers stand in train and test at once. This is a diagnostic, not a result."
            yield Caution(text, grave=True)
    elif "sentence" not in entries(split, "disjoint"):
        yield Caution(HEARD_SENTENCES)


def _data(result: Result) -> Iterator[Caution]:
    confound, chance = part(result, "confound"), chance_of(result)
    bits, total = number(confound, "emotion_speaker_bits"), number(confound, "emotion_bits")
    lookup, level = number(confound, "speaker_lookup_uar"), number(confound, "level_only_uar")
    excess = (bits or 0.0) - (number(confound, "shuffled_bits") or 0.0)
    if bits is not None and total and excess > _DEPENDENT * total and not _warned(result, "depend"):
        known = "" if lookup is None else f" Knowing who speaks would alone give a UAR of {lookup:.2f}."
        yield Caution(
            f"Emotion and speaker depend on each other ({bits:.2f} of {total:.2f} bits): what removes the speaker "
            f"removes part of the label.{known}"
        )
    if level is not None and level > chance + 0.1:
        yield Caution(
            f"Loudness alone reaches a UAR of {level:.2f} (chance {chance:.2f}): the level of a recording tells its "
            "emotion, and where the features keep it, part of what is heard may be that."
        )
    length = number(confound, "length_only_uar")
    if length is not None and length > chance + 0.1:
        yield Caution(
            f"Length alone reaches a UAR of {length:.2f} (chance {chance:.2f}). Part of it may be how an emotion is "
            "spoken; where silence was left at the ends (audio.trim = 0), it may be how the files were cut."
        )
    speakers = number(result, "corpus", "speakers")
    if speakers is not None and speakers < 10:
        yield Caution(
            f"Only {speakers:.0f} speaker{'' if speakers == 1 else 's'}: intervals over speakers may be too narrow, "
            "and who was recorded decides much."
        )


def _scores(result: Result) -> Iterator[Caution]:
    chance = chance_of(result)

    def not_above(own: Any) -> str | None:
        ends = interval_of(part(own, "uar"))
        return "" if ends and ends[0] <= chance else None

    def deaf(own: Any) -> str | None:
        recalls = {name: number(value) for name, value in table(own, "recall").items()}
        low = [f"{name} ({value:.2f})" for name, value in recalls.items() if value is not None and value < chance / 2]
        return f"hardly ever hears {' and '.join(low)}" if low else None

    closed = number(result, "references", "raw_features", "uar", "mean")

    def not_above_closed_form(own: Any) -> str | None:
        reached = number(own, "uar", "mean")
        return None if closed is None or reached is None or reached > closed else f"{reached:.3f}"

    if found := _listed(result, not_above_closed_form):
        yield Caution(
            f"A linear discriminant analysis of the raw features, a closed form, has a UAR of {closed:.3f}. "
            f"Not above it: {found}."
        )
    known = [part(row, "shown") for row in entries(result, "comparisons")]
    if known and not any(known) and None not in known:
        count = "The comparison does" if len(known) == 1 else f"All {len(known)} comparisons do"
        yield Caution(
            f"{count} not show that any objective is better than another: do not rank them by these figures."
        )
    if found := _listed(result, not_above):
        yield Caution(f"Not shown to be better than guessing, the interval reaches chance: {found}.", grave=True)
    if found := _listed(result, deaf):
        yield Caution(f"{found}: the recall is under half of chance.")


def _sureness(result: Result) -> Iterator[Caution]:
    seeds = len(entries(result, "seeds"))
    if seeds < 3:
        count = f"{seeds} seed{'' if seeds == 1 else 's'}" if seeds else "No seeds are listed"
        yield Caution(f"{count}: how far chance in training moves the figures is not known.")

    def wide(own: Any) -> str | None:
        ends = interval_of(part(own, "uar"))
        return f"{100 * (ends[1] - ends[0]):.0f} points" if ends and ends[1] - ends[0] > _WIDE else None

    if found := _listed(result, wide):
        yield Caution(f"The interval over speakers is wide: {found}. Other speakers could give quite another figure.")
    absent = {
        str(name)
        for _, own in _objectives_of(result)
        for fold in entries(own, "per_fold")
        for name in entries(fold, "absent")
    }
    if absent:
        yield Caution(
            f"Some folds have no {', '.join(sorted(absent))}: their own UAR leaves such a class out. "
            "The headline pools all folds and is not touched by that."
        )


def _leakage(result: Result) -> Iterator[Caution]:
    raw = number(result, "references", "raw_features", "best", "mean")
    chance = number(result, "references", "chance", "best", "mean")

    def share(own: Any, *, above_raw: bool) -> str | None:
        leak = number(own, "leakage", "best", "mean")
        if leak is None or above_raw != (raw is not None and leak >= raw):
            return None
        return f"{100 * leak:.0f} %" if above_raw or (chance is not None and leak > 2 * chance) else None

    if found := _listed(result, lambda own: share(own, above_raw=True)):
        yield Caution(f"A probe names the speaker at least as well as from the raw features: {found}.")
    if found := _listed(result, lambda own: share(own, above_raw=False)):
        yield Caution(
            f"A fresh probe still names the speaker: {found} of the time ({100 * (chance or 0):.0f} % by chance)."
        )
    if found := _listed(result, lambda own: "" if number(own, "leakage", "best", "mean") is None else None):
        yield Caution(f"Not measured, so not known to be low, is how much of the speaker is left: {found}.")


def _objectives(result: Result) -> Iterator[Caution]:
    if found := _listed(result, lambda own: "" if part(own, "name") == "cgt" else None):
        yield Caution(
            f"CGT augments along the speaker's direction, it removes nothing: its probe may stay high ({found})."
        )
    if found := _listed(result, lambda own: "" if _fooled(result, own) else None):
        yield Caution(
            f"The adversary ended below chance ({found}), which a reversed cross-entropy reaches by swapping "
            'identities, not by removing them. Try form = "confusion".'
        )

    def gap(own: Any) -> str | None:
        worst, mean = number(own, "worst_speaker", "uar"), number(own, "uar", "mean")
        return (
            f"{worst:.2f} against {mean:.2f}"
            if worst is not None and mean is not None and mean - worst > 0.2
            else None
        )

    if found := _listed(result, gap):
        yield Caution(f"The worst speaker gets far less than the whole: {found}.")

    def genders(own: Any) -> str | None:
        female, male = number(own, "gender", "f"), number(own, "gender", "m")
        unequal = female is not None and male is not None and abs(female - male) > 0.1
        return f"{female:.2f} (f) and {male:.2f} (m)" if unequal else None

    def shown(own: Any) -> bool:
        ends = interval_of(part(own, "fairness", "groups", "gender", "gap"))
        return ends is None or ends[0] > 0 or ends[1] < 0

    if found := _listed(result, lambda own: genders(own) if shown(own) else None):
        yield Caution(f"Women and men are not heard equally well: {found}.")
    if found := _listed(result, lambda own: None if shown(own) else genders(own)):
        yield Caution(
            f"Women and men differ by more than a tenth here: {found}. So few speakers show neither that others "
            "would differ as well nor that they would not."
        )


def _fooled(result: Result, own: Any) -> bool:
    """Whether a head that the encoder was pushed away from ended, on average, clearly below guessing.

    What has an adversary is seen from what was logged, whatever the objective is called: the accuracy of a head
    beside the emotion's, and a weight below 0.
    """
    if part(own, "settings", "form") == "confusion":
        return False
    curves = [curve for curve in entries(own, "curves") if isinstance(curve, Mapping)]
    heads = {key for curve in curves for key in curve if str(key).endswith("_accuracy")} - {"emotion_accuracy"}
    for head in heads:
        chance = _chance_of(result, head.removesuffix("_accuracy"))
        ends = [_last(curve, head) for curve in curves if _reversed(own, curve)]
        known = [end for end in ends if end is not None]
        if chance is not None and known and sum(known) / len(known) < 0.8 * chance:
            return True
    return False


def _last(curve: Result, key: str) -> float | None:
    values = entries(curve, key)
    return number(values[-1]) if values else None


def _reversed(own: Any, curve: Result) -> bool:
    """Whether the weight that a training ended with is below 0; the one that was set, where none was logged."""
    ended = _last(curve, "weight")
    weight = number(own, "settings", "weight") if ended is None else ended
    return weight is not None and weight < 0


def _chance_of(result: Result, domain: str) -> float | None:
    """What guessing gives a domain's head; None where the number of its classes is not in the result."""
    if domain == "speaker":
        return number(result, "references", "chance", "best", "mean")
    known = [len(part(own, "gender") or ()) for _, own in _objectives_of(result)] if domain == "gender" else []
    count = len(entries(result, "corpus", "languages")) if domain == "language" else max(known, default=0)
    return 1 / count if count > 1 else None


def _trust(result: Result) -> Iterator[Caution]:
    def unsure(own: Any) -> str | None:
        raw, scaled = (number(own, "calibration", which, "ece", "mean") for which in ("before", "after"))
        best = raw if scaled is None else min(scaled, raw if raw is not None else scaled)
        return f"{100 * best:.0f} points" if best is not None and best > _OFF else None

    if found := _listed(result, unsure):
        yield Caution(f"Its probabilities are off by more than a tenth, with or without a temperature: {found}.")

    def uneven(own: Any) -> str | None:
        tail = part(own, "fairness", "speakers")
        p, worst, best = (number(tail, key) for key in ("p", "worst", "best"))
        if p is None or worst is None or best is None or p >= 0.05:
            return None
        return f"{worst:.2f} for the worst tenth, {best:.2f} for the best"

    if found := _listed(result, uneven):
        yield Caution(f"Speakers are not heard equally well, beyond luck: {found}.")
