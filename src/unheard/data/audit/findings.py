"""What an examination comes to, in sentences: leaks, cautions and notes."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from unheard.data.audit.confounds import MARGIN
from unheard.data.audit.examination import Examination
from unheard.data.audit.metadata import names_alike
from unheard.data.audit.sharing import Sharing
from unheard.data.audit.traits import TRAITS, Trait
from unheard.data.folds.fold import identity, where
from unheard.data.labels import UnknownLabel
from unheard.identities import IDENTITIES

__all__ = ["Finding", "findings", "shown"]

_THINGS = {"near-duplicate": "sound", "recording": "recording"}
_CLIPPED = 0.001  # share of samples from which an utterance counts as clipped
_MANY = 0.05
_SHOWN = 5

Severity = Literal["leak", "caution", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found.

    Args:
        severity: 'leak': two parts share what they must not; 'caution': a score may not mean what it seems to;
            'note': something to know.
        kind: a word for machines: 'speaker', 'near-duplicate', 'rate', 'unchecked', ...
        text: a sentence or two for people.
        examples: some of what it is about.
    """

    severity: Severity
    kind: str
    text: str
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The sentence, and the examples behind it."""
        return self.text + (f" ({'; '.join(self.examples)})" if self.examples else "")


def findings(examination: Examination) -> list[Finding]:
    """All that an examination comes to, leaks first, then cautions, then notes."""
    rules: tuple[Callable[[Examination], Iterator[Finding]], ...] = (
        _shared,
        _copies,
        _told,
        _given_away,
        _unchecked,
        _technical,
        _balance,
        _identities,
        _labels,
        _coverage,
    )
    found = [finding for rule in rules for finding in rule(examination)]
    return sorted(found, key=lambda finding: ("leak", "caution", "note").index(finding.severity))


def shown(value: float, trait: Trait) -> str:
    """A trait's value with its unit, as people read it.

    >>> shown(16000.0, next(trait for trait in TRAITS if trait.name == "rate"))
    '16.00 kHz'
    """
    return f"{round(value * trait.factor, trait.digits) + 0.0:.{trait.digits}f} {trait.unit}".rstrip()


def _count(number: int, what: str) -> str:
    return f"{number} {what}" + ("" if number == 1 else "s")


def _some(values: Sequence[str]) -> tuple[str, ...]:
    more = (f"and {len(values) - _SHOWN} more",) if len(values) > _SHOWN else ()
    return (*values[:_SHOWN], *more)


def _shared(seen: Examination) -> Iterator[Finding]:
    """Everything that two parts of a fold share."""
    for own in seen.sharing:
        if not own.leaks or seen.folds is None:
            continue
        thing, number = _THINGS.get(own.column, own.column), len(own.values)
        of = "" if own.column in _THINGS else f" of {own.known}"
        plural, verb = "s" if of or number > 1 else "", "stand" if number > 1 else "stands"
        where = f"{len(own.folds)} of {_count(len(seen.folds.folds), 'fold')}"
        text = f"{number}{of} {thing}{plural} {verb} in more than one part of {where}"
        if own.column == "near-duplicate":
            text += ", as files of other coding, level or cut"
        if own.column == "sentence":
            text += ". A model that has heard the sentence in every emotion may compare it with memory"
        yield Finding("leak" if own.grave else "caution", own.column, text + ".", _examples(own))


def _examples(own: Sharing) -> tuple[str, ...]:
    if own.column in ("recording", "near-duplicate"):
        pairs = [" = ".join(leak.utterances[:3]) for leak in own.leaks]
        return _some(list(dict.fromkeys(pairs)))
    return _some(own.values)


def _copies(seen: Examination) -> Iterator[Finding]:
    """Recordings that stand twice, whether or not a fold parts them."""
    label = {item.name: (identity(item, "speaker"), item.emotion) for item in seen.utterances}
    groups = seen.audit.duplicates
    if groups:
        apart = [group for group in groups if len({label[name] for name in group}) > 1]
        text = f"{_count(len(groups), 'recording')} stand{'s' if len(groups) == 1 else ''} there more than once"
        if apart:
            text += f", {len(apart)} of them with another speaker or emotion"
        yield Finding("caution", "duplicate", text + ".", _some([" = ".join(group) for group in groups]))
    if seen.twins:
        apart_ = sum(label[pair.first] != label[pair.second] for pair in seen.twins)
        text = f"{_count(len(seen.twins), 'pair')} of files {'is' if len(seen.twins) == 1 else 'are'} the same sound"
        text += ": another coding, level or cut of it, or one that overlaps it"
        if apart_:
            text += f"; {apart_} of them with another speaker or emotion"
        yield Finding("caution", "near-duplicate", text + ".", _some([str(pair) for pair in seen.twins]))


def _told(seen: Examination) -> Iterator[Finding]:
    """Labels that tell the emotion before anything is listened to."""
    chance = seen.audit.chance
    for tie in seen.audit.ties.values():
        telling = tie.bits - tie.chance_bits >= MARGIN * tie.emotion_bits
        if not (telling and tie.lookup_uar - chance >= MARGIN * (1 - chance)):
            continue
        text = (
            f"The {tie.column} tells {tie.bits:.2f} of {tie.emotion_bits:.2f} bits of the emotion (permuted "
            f"{tie.chance_bits:.2f}); answering with its commonest emotion scores a UAR of {tie.lookup_uar:.3f} "
            f"where any other utterance of it is known"
        )
        on_folds = seen.lookups.get(tie.column, float("nan"))
        if on_folds > chance:
            text += f", {on_folds:.3f} on these folds"
        elif on_folds <= chance:
            text += ", no more than chance on these folds"
        yield Finding("caution", f"{tie.column}-tells", f"{text}. Chance is {chance:.3f}.")


def _given_away(seen: Examination) -> Iterator[Finding]:
    """Traits of the recording that tell the emotion, or the corpus."""
    for own in seen.confounds:
        if not own.gives_away:
            continue
        trait = next(trait for trait in TRAITS if trait.name == own.trait)
        low, high = min(own.medians.values()), max(own.medians.values())
        text = (
            f"The {trait.title} alone answers for the {own.of} with a UAR of {own.uar:.3f} ({seen.answered}), where "
            f"permuted labels give {own.chance:.3f} (p = {own.p:.3f}); medians lie from {shown(low, trait)} to "
            f"{shown(high, trait)}"
        )
        if own.of == "corpus":
            yield Finding("note", f"corpus-{own.trait}", f"{text}.")
        elif trait.spoken:
            mend = "Part of it may be how the emotion is spoken; put this figure beside every score"
            yield Finding("caution", own.trait, f"{text}. {mend}.")
        else:
            mend = "No speaker does that: bring all recordings into one form first"
            yield Finding("caution", own.trait, f"{text}. {mend}.")


def _unchecked(seen: Examination) -> Iterator[Finding]:
    """What could not be compared, because the corpus does not say it."""
    lacking = [own.column for own in seen.sharing if own.known is None]
    if "speaker" in lacking:
        text = "No speaker is known, so that nobody can say whether the parts share one."
        yield Finding("caution", "unchecked", text)
    others = [column for column in lacking if column != "speaker"]
    if others:
        yield Finding("note", "unchecked", f"Not compared, because the corpus does not say it: {', '.join(others)}.")


def _technical(seen: Examination) -> Iterator[Finding]:
    traits = seen.measured.traits
    clipped = [item.name for item in seen.utterances if traits[item.name].clipped >= _CLIPPED]
    if len(clipped) > _MANY * len(seen.utterances):
        text = f"{len(clipped)} of {_count(len(seen.utterances), 'utterance')} are clipped."
        yield Finding("note", "clipped", text, _some(clipped))
    for name, what in (("rate", "sampling rates"), ("channels", "numbers of channels")):
        found = sorted({getattr(traits[item.name], name) for item in seen.utterances})
        if len(found) > 1:
            text = f"There are {len(found)} {what}: {', '.join(map(str, found))}."
            yield Finding("note", f"{name}s", text)


def _balance(seen: Examination) -> Iterator[Finding]:
    counts = seen.audit.speaker_class_counts
    voiced = {who: own for who, own in counts.items() if sum(own.values())}
    single = [who for who, own in voiced.items() if sum(map(bool, own.values())) == 1]
    if single and len(seen.audit.class_counts) > 1:
        text = f"{len(single)} of {_count(len(voiced), 'speaker')} have one emotion only."
        yield Finding("note", "balance", text, _some(single))
    everyone = len(voiced)
    lacking = {emotion: sum(not own[emotion] for own in voiced.values()) for emotion in seen.audit.class_counts}
    some = {emotion: count for emotion, count in lacking.items() if count}
    if some:
        who = sum(not all(own.values()) for own in voiced.values())
        text = (
            f"{who} of {_count(everyone, 'speaker')} {'lacks' if who == 1 else 'lack'} an emotion that others have. "
            "The UAR of such a speaker, and of a fold that tests none but them, is over the other emotions only: "
            "pool the predictions of all folds before the recalls are averaged"
        )
        yield Finding("note", "lacking", text + ".", tuple(f"{emotion}: {count}" for emotion, count in some.items()))
    yield from _lacking_in_folds(seen)


def _lacking_in_folds(seen: Examination) -> Iterator[Finding]:
    """Test parts without an emotion that the corpus has: their UAR is not over all emotions."""
    emotion_of = {item.name: str(item.emotion) for item in seen.utterances if item.emotion is not None}
    absent = {}
    for fold in () if seen.folds is None else seen.folds.folds:
        tested = {emotion_of[name] for name in fold.test if name in emotion_of}
        if gone := [emotion for emotion in seen.audit.class_counts if emotion not in tested]:
            absent[fold.name] = f"{fold.name}: {', '.join(gone)}"
    if absent and seen.folds is not None:
        of = _count(len(seen.folds.folds), "fold")
        text = (
            f"The test part of {len(absent)} of {of} lacks an emotion. A mean of the folds' UARs mixes figures over "
            "different emotions: pool the predictions of all folds, and count no absent emotion as a recall of 0"
        )
        yield Finding("caution", "absent", text + ".", _some(list(absent.values())))


def _labels(seen: Examination) -> Iterator[Finding]:
    """Labels that nobody knows, whose utterances are in no figure."""
    unknown = Counter(what.label for _, what in seen.measured.set_aside if isinstance(what, UnknownLabel))
    if unknown:
        text = (
            f"{_count(len(unknown), 'label')} of {_count(unknown.total(), 'utterance')} "
            f"{'is' if len(unknown) == 1 else 'are'} not known, so that no figure counts them. Say what they mean "
            "with --label OWN=NAME, in a recipe as corpus.labels"
        )
        yield Finding("caution", "labels", text + ".", _some([f"'{own}': {count}" for own, count in unknown.items()]))


def _identities(seen: Examination) -> Iterator[Finding]:
    """Names that may be one person's (session's, sentence's), and utterances that lack what others have."""
    for column, groups, text in names_alike(seen.utterances):
        yield Finding("caution", f"{column}-names", text, _some([" / ".join(names) for names in groups]))
    if not seen.sharing and all(item.speaker is None for item in seen.utterances):
        yield Finding("note", "speaker-unknown", "No speaker is known. A run needs to know them.")
    for column in IDENTITIES:
        lacking = [item for item in seen.utterances if getattr(item, column) is None]
        if 0 < len(lacking) < len(seen.utterances):
            severity: Severity = "caution" if column == "speaker" else "note"
            of = _count(len(seen.utterances), "utterance")
            text = f"{len(lacking)} of {of} have no {column}, so that it is not compared."
            yield Finding(severity, f"{column}-unknown", text, (where(lacking),))


def _coverage(seen: Examination) -> Iterator[Finding]:
    """What the folds and the corpus do not have in common, and what could not be read."""
    if seen.folds is not None and seen.folds.strangers:
        text = f"The folds name {_count(len(seen.folds.strangers), 'file')} that the corpus has not."
        yield Finding("note", "strangers", text, _some(seen.folds.strangers))
    if seen.folds is not None and seen.folds.left_out:
        text = f"{_count(len(seen.folds.left_out), 'utterance')} of the corpus are in no part of any fold."
        yield Finding("note", "left-out", text, _some(seen.folds.left_out))
    unread = [(name, what) for name, what in seen.measured.set_aside if not isinstance(what, UnknownLabel)]
    if unread:
        text = f"{_count(len(unread), 'recording')} left out: what the table or the name says of them cannot be used."
        yield Finding("note", "set-aside", text, _some([f"{name}: {what}" for name, what in unread]))
    if seen.measured.unusable:
        text = f"{_count(len(seen.measured.unusable), 'recording')} could not be read."
        yield Finding("note", "unusable", text, _some([f"{name}: {what}" for name, what in seen.measured.unusable]))
