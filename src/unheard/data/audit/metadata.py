"""The data audit: what a corpus gives away before anything is learned, and what its split would leak.

If who speaks (or what is said, or where) tells the emotion, a model may score well without hearing any. The
audit measures that as mutual information and as the score of a lookup table, and lists copies and leaks.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.data.folds.fold import Leak, identity, shared_between_parts
from unheard.data.folds.plan import SplitPlan
from unheard.errors import CorpusError
from unheard.identities import IDENTITIES, alike
from unheard.records import Utterance

__all__ = [
    "AUDITED",
    "Audit",
    "Leak",
    "Tie",
    "audit",
    "entropy",
    "lookup_recall",
    "mutual_information",
    "names_alike",
    "shared_between_parts",
]

AUDITED = ("speaker", "sentence", "session", "dialogue", "gender")
"""The columns that are held against the emotion."""

_SHUFFLES = 100


@dataclass(frozen=True, slots=True)
class Tie:
    """How much one column tells of the emotion.

    Args:
        column: which column of `Utterance`.
        utterances: how many have both an emotion and a value there; all figures are of these.
        values: how many different values they have.
        emotion_bits: H(emotion) of these utterances.
        bits: I(emotion; column), in [0, emotion_bits]; the plug-in estimate.
        chance_bits: mean of the same estimate over permuted emotions: what chance gives at this size.
        lookup_uar: UAR in [0, 1] of answering with the commonest emotion of the value (see `lookup_recall`).
    """

    column: str
    utterances: int
    values: int
    emotion_bits: float
    bits: float
    chance_bits: float
    lookup_uar: float


@dataclass(frozen=True, slots=True)
class Audit:
    """What the audit found.

    Args:
        utterances: how many there are.
        speakers: how many different speakers are named.
        class_counts: emotion -> utterances, sorted by emotion; unlabeled ones are not in it.
        speaker_class_counts: speaker -> emotion -> utterances, a 0 where a speaker has none. A speaker
            carries its corpus before its name.
        chance: UAR of a constant or random answer: 1 / emotions, nan without any emotion.
        emotion_bits: H(emotion), in bits.
        ties: column -> how much it tells of the emotion, for each of `AUDITED` that any utterance has.
        duplicates: names of utterances with one content, group by group, sorted.
        leaks: what the parts of the plan share; those of an inflated plan include the speakers it shares.
    """

    utterances: int
    speakers: int
    class_counts: Mapping[str, int]
    speaker_class_counts: Mapping[str, Mapping[str, int]]
    chance: float
    emotion_bits: float
    ties: Mapping[str, Tie]
    duplicates: tuple[tuple[str, ...], ...]
    leaks: tuple[Leak, ...]

    @property
    def has_leak(self) -> bool:
        """Whether two parts of a fold share what they should not."""
        return bool(self.leaks)


def audit(
    utterances: Sequence[Utterance],
    contents: Mapping[str, str],
    plan: SplitPlan | None = None,
    *,
    seed: int = 0,
) -> Audit:
    """Audit a corpus, and its split plan if there is one.

    Args:
        utterances: the whole corpus, before duplicates are dropped.
        contents: utterance name -> content hash of its recording; without one it has no duplicates.
        plan: the plan whose parts are compared.
        seed: of the permutations that the chance level of the mutual information is measured with.

    Returns:
        The audit; a leak is reported in it, never raised.
    """
    labeled = [utterance for utterance in utterances if utterance.emotion is not None]
    classes = sorted({str(utterance.emotion) for utterance in labeled})
    speakers = {identity(utterance, "speaker") for utterance in utterances} - {None}
    counts = Counter(utterance.emotion for utterance in labeled)
    by_speaker = Counter((identity(utterance, "speaker"), utterance.emotion) for utterance in labeled)
    ties = [_tie(labeled, column, seed) for column in AUDITED]
    return Audit(
        utterances=len(utterances),
        speakers=len(speakers),
        class_counts={emotion: counts[emotion] for emotion in classes},
        speaker_class_counts={
            str(speaker): {emotion: by_speaker[speaker, emotion] for emotion in classes}
            for speaker in sorted(map(str, speakers))
        },
        chance=1 / len(classes) if classes else float("nan"),
        emotion_bits=entropy([utterance.emotion for utterance in labeled]),
        ties={tie.column: tie for tie in ties if tie is not None},
        duplicates=_duplicates(utterances, contents),
        leaks=() if plan is None else _leaks(plan, utterances, contents),
    )


def mutual_information(first: Sequence[Hashable], second: Sequence[Hashable]) -> float:
    """I(first; second) in bits, of the joint counts as they are (the plug-in estimate).

    I = sum over pairs of p(a, b) log2(p(a, b) / (p(a) p(b))). The estimate is never negative and grows with
    the number of values at a given size; compare it with permuted labels (`Tie.chance_bits`).

    Args:
        first: a label an item.
        second: another label of the same items, as many.

    Returns:
        Bits, in [0, min(H(first), H(second))]; 0 without items.

    Raises:
        CorpusError: the two differ in length.

    >>> mutual_information(["a", "a", "b", "b"], [1, 1, 2, 2])
    1.0

    Reference: Shannon, "A mathematical theory of communication", 1948 (mutual information of two sources).
    """
    if len(first) != len(second):
        raise CorpusError("audit", f"{len(first)} labels and {len(second)} others", "Give two labels an item")
    return _information(_numbers(first), _numbers(second))


def names_alike(utterances: Iterable[Utterance]) -> Iterator[tuple[str, tuple[tuple[str, ...], ...], str]]:
    """Names that may mean one person (session, dialogue, sentence) and count as several; by corpus and column.

    Yields:
        The column, the groups of names that are alike (see `unheard.identities.alike`), and a sentence on them.
    """
    names: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in utterances:
        for column in IDENTITIES:
            value = getattr(item, column)
            if value is not None:
                names[item.corpus, column].add(value)
    for (_, column), own in sorted(names.items()):
        groups = tuple(alike(own))
        if groups:
            count = sum(map(len, groups))
            text = (
                f"{count} {column} names differ in case, white space or the form of a number only, and count as "
                f"different {column}s. If they are not, write them alike."
            )
            yield column, groups, text


def entropy(labels: Sequence[Hashable]) -> float:
    """H(labels) in bits, of the counts as they are.

    >>> entropy(["a", "b", "c", "d"])
    2.0
    """
    return _entropy(_numbers(labels))


def lookup_recall(labels: Sequence[str], keys: Sequence[Hashable]) -> float:
    """UAR of a table that knows nothing but the key: each item gets the commonest label of its key's others.

    Leaves the item itself out, as a random split with as many folds as items does. Equally common labels
    share the credit; an item whose key has no other is answered with the commonest label of all other items.
    On a balanced corpus the figure lies below chance, even at 0, because the item that is left out makes its
    own label the rarer one: read what is above chance only.

    Args:
        labels: the emotion of each item.
        keys: the value that is looked up, of each item.

    Returns:
        The mean over labels of the share answered rightly, in [0, 1]; nan without items.

    Raises:
        CorpusError: the two differ in length.

    >>> lookup_recall(["joy", "joy", "fear", "fear"], ["a", "a", "b", "b"])
    1.0
    """
    if len(labels) != len(keys):
        raise CorpusError("audit", f"{len(labels)} labels and {len(keys)} keys", "Give one of each an item")
    totals = Counter(labels)
    tables: dict[Hashable, Counter[str]] = defaultdict(Counter)
    for label, key in zip(labels, keys, strict=True):
        tables[key][label] += 1
    credit: dict[str, float] = dict.fromkeys(totals, 0.0)
    for table in tables.values():
        for label, count in table.items():
            known = table if table.total() > 1 else totals
            credit[label] += count * _credit(known, label)
    recalls = [credit[label] / totals[label] for label in totals]
    return float(np.mean(recalls)) if recalls else float("nan")


def _credit(table: Counter[str], label: str) -> float:
    """The chance that the commonest label is `label` after one item of that label is taken away."""
    rest = table - Counter([label])
    if not rest:
        return 0.0
    most = max(rest.values())
    best = [other for other, count in rest.items() if count == most]
    return 1 / len(best) if label in best else 0.0


def _tie(labeled: Sequence[Utterance], column: str, seed: int) -> Tie | None:
    """How much a column tells of the emotion, or None if no labeled utterance has it."""
    # A gender means the same in every corpus; everything else is local to its own.
    keys = [item.gender if column == "gender" else identity(item, column) for item in labeled]
    pairs = [(str(item.emotion), key) for item, key in zip(labeled, keys, strict=True) if key is not None]
    if not pairs:
        return None
    emotions, values = [emotion for emotion, _ in pairs], [value for _, value in pairs]
    first, second = _numbers(emotions), _numbers(values)
    generator = np.random.default_rng(seed)
    chance = [_information(generator.permutation(first), second) for _ in range(_SHUFFLES)]
    return Tie(
        column=column,
        utterances=len(pairs),
        values=len(set(values)),
        emotion_bits=_entropy(first),
        bits=_information(first, second),
        chance_bits=float(np.mean(chance)),
        lookup_uar=lookup_recall(emotions, values),
    )


def _numbers(labels: Sequence[Hashable]) -> NDArray[np.int64]:
    """A number a label, shape (items,), by first appearance."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(label, len(known)) for label in labels], dtype=np.int64)


def _entropy(numbers: NDArray[np.int64]) -> float:
    shares = np.unique(numbers, return_counts=True)[1] / max(numbers.size, 1)
    return float(abs(-(shares * np.log2(shares)).sum()))


def _information(first: NDArray[np.int64], second: NDArray[np.int64]) -> float:
    """H(first) + H(second) - H(both), not below the 0 that rounding could undercut."""
    both = first * (second.max(initial=0) + 1) + second
    return max(0.0, _entropy(first) + _entropy(second) - _entropy(both))


def _duplicates(utterances: Sequence[Utterance], contents: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    """Groups of names with one content and one stretch of it."""
    copies: dict[tuple[str, float, float | None], list[str]] = defaultdict(list)
    for utterance in utterances:
        if utterance.name in contents:
            copies[contents[utterance.name], utterance.start, utterance.end].append(utterance.name)
    return tuple(sorted(tuple(sorted(names)) for names in copies.values() if len(names) > 1))


def _leaks(plan: SplitPlan, utterances: Sequence[Utterance], contents: Mapping[str, str]) -> tuple[Leak, ...]:
    disjoint = plan.disjoint | {"speaker"}
    found = shared_between_parts(
        plan.folds, utterances, contents, disjoint=disjoint, sessions_matter=plan.sessions_matter
    )
    return tuple(found)
