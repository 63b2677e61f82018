"""What can be told without listening: by who speaks, what is said, how long, how loud, at which rate.

Every figure is a UAR on parts that the table was not made from, so that it stands beside a model's:

    lookups   a table from a label (speaker, sentence, ...) to the commonest emotion, on somebody's folds
    confounds a table from a trait of the recording, in bins, to the likeliest emotion; with a permutation test
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.data.folds.fold import Fold

__all__ = ["MARGIN", "Confound", "Part", "confound", "deal", "lookup_on_parts", "parts_of"]

MARGIN = 0.1
"""Share of the way from chance to a perfect answer from which a trait gives the label away."""
SIGNIFICANT = 0.01

_BINS = 16
_EACH = 5  # items a bin and class, on average, at least

Part = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Numbers of the items to learn from, and of those to answer."""


def parts_of(folds: Iterable[Fold], names: Sequence[str]) -> list[Part]:
    """Each fold's train and dev to learn from, and its test, as places in `names`.

    A fold with nothing to learn from, or nothing to answer, among these names has no part.
    """
    number = {name: place for place, name in enumerate(names)}
    parts = []
    for fold in folds:
        train = [number[name] for name in (*fold.train, *fold.dev) if name in number]
        test = [number[name] for name in fold.test if name in number]
        if train and test:
            parts.append((np.array(train), np.array(test)))
    return parts


@dataclass(frozen=True, slots=True)
class Confound:
    """How well one trait of the recording alone answers for a label.

    Args:
        trait: a field of `Traits`.
        of: the label that is answered: 'emotion', or 'corpus' where there are several.
        items: how many were answered.
        uar: of the answers, in [0, 1].
        chance: mean of the same over permuted labels.
        p: share of the permutations that reach `uar`, in (0, 1].
        medians: label -> median of the trait.
    """

    trait: str
    of: str
    items: int
    uar: float
    chance: float
    p: float
    medians: Mapping[str, float]

    @property
    def gives_away(self) -> bool:
        """Whether the trait answers better than chance by a margin, and not by luck."""
        return self.p <= SIGNIFICANT and self.uar - self.chance >= MARGIN * (1 - self.chance)


def deal(groups: Sequence[Hashable | None], *, parts: int = 5, seed: int) -> list[Part]:
    """Parts for cross-validation that share no group: the groups are dealt at random, the largest first.

    Args:
        groups: the group of each item, e.g. its speaker; None is a group of its own.
        parts: how many at most.
        seed: of the order.

    Returns:
        As many parts as there are groups, at most `parts`; none with fewer than two groups.
    """
    keys: list[Hashable] = [("alone", number) if group is None else group for number, group in enumerate(groups)]
    sizes = Counter(keys)
    generator = np.random.default_rng(seed)
    luck = {key: generator.random() for key in sorted(sizes, key=str)}
    loads = [0] * min(parts, len(sizes))
    if len(loads) < 2:
        return []
    home = {}
    for key in sorted(sizes, key=lambda key: (-sizes[key], luck[key])):
        home[key] = int(np.argmin(loads))
        loads[home[key]] += sizes[key]
    number = np.array([home[key] for key in keys])
    return [(np.flatnonzero(number != part), np.flatnonzero(number == part)) for part in range(len(loads))]


def lookup_on_parts(labels: Sequence[str], keys: Sequence[Hashable], parts: Sequence[Part]) -> float:
    """UAR of answering with the commonest label that the key has in what was learned from.

    A key that was not learned gets the commonest label of all that was; equally common labels share the credit.
    No answered item is among those its table was made from, if the parts keep that promise.

    Args:
        labels: the label of each item.
        keys: what is looked up, of each item.
        parts: what is learned from, and what is answered, once a part.

    Returns:
        The mean over labels of the recall over all parts, in [0, 1]; nan where nothing is answered.
    """
    credit: dict[str, list[float]] = defaultdict(list)
    for train, test in parts:
        tables: dict[Hashable, Counter[str]] = defaultdict(Counter)
        whole = Counter(labels[item] for item in train)
        for item in train:
            tables[keys[item]][labels[item]] += 1
        for item in test:
            table = tables.get(keys[item]) or whole
            most = max(table.values(), default=0)
            best = [label for label, count in table.items() if count == most]
            credit[labels[item]].append(1 / len(best) if labels[item] in best else 0.0)
    return float(np.mean([np.mean(own) for own in credit.values()])) if credit else float("nan")


def confound(  # noqa: PLR0913 - a trait, a label, and how to test the one on the other
    trait: str,
    values: Sequence[float],
    labels: Sequence[str],
    parts: Sequence[Part],
    *,
    of: str = "emotion",
    blocks: Sequence[Hashable] | None = None,
    permutations: int = 200,
    seed: int = 0,
) -> Confound | None:
    """Answer for a label by one trait in bins, and by the same trait for permuted labels.

    The trait is cut into bins of about equal size, at most 16 and so few that a bin holds five items a class; a
    bin answers with the label that is likeliest there if all labels were equally common.

    Args:
        trait: its name.
        values: of each item; infinite ones go to the outermost bin.
        labels: of each item.
        parts: what is learned from, and what is answered.
        of: what the labels are.
        blocks: labels are permuted inside a block only (a speaker's own utterances), so that what speakers have
            in common is no evidence; None permutes all.
        permutations: how many; the smallest p is 1 / (permutations + 1).
        seed: of the permutations.

    Returns:
        The figures; None where there is one label only, or nothing to answer.
    """
    kinds = sorted(set(labels))
    tested = np.concatenate([test for _, test in parts]) if parts else np.array([], dtype=np.int64)
    if len(kinds) < 2 or len(tested) == 0:
        return None
    numbers = np.searchsorted(np.array(kinds), np.array(labels)).astype(np.int64)
    bins = _binned(np.asarray(values, dtype=np.float64), len(kinds))
    generator = np.random.default_rng(seed)
    permuted = [_permuted(numbers, blocks, generator) for _ in range(permutations)]
    scores = _scores(bins, np.stack([numbers, *permuted]), parts, len(kinds))
    medians = {
        kind: float(np.median([value for value, own in zip(values, labels, strict=True) if own == kind]))
        for kind in kinds
    }
    return Confound(
        trait=trait,
        of=of,
        items=len(tested),
        uar=float(scores[0]),
        chance=float(scores[1:].mean()),
        p=float((1 + (scores[1:] >= scores[0] - 1e-12).sum()) / (1 + permutations)),
        medians=medians,
    )


def _binned(values: NDArray[np.float64], kinds: int) -> NDArray[np.int64]:
    """The bin of each value; equal values share one."""
    count = int(np.clip(len(values) // (_EACH * kinds), 2, _BINS))
    finite = np.clip(values, -1e9, 1e9)
    if len(distinct := np.unique(finite)) <= count:
        return np.searchsorted(distinct, finite).astype(np.int64)
    edges = np.unique(np.quantile(finite, np.arange(1, count) / count, method="lower"))
    return np.searchsorted(edges, finite, side="left").astype(np.int64)


def _permuted(
    numbers: NDArray[np.int64], blocks: Sequence[Hashable] | None, generator: np.random.Generator
) -> NDArray[np.int64]:
    if blocks is None:
        return generator.permutation(numbers)
    known: dict[Hashable, int] = {}
    block = np.array([known.setdefault(key, len(known)) for key in blocks])
    mixed = np.empty_like(numbers)
    # Both orders run through the blocks alike; inside a block the second one is random.
    mixed[np.argsort(block, kind="stable")] = numbers[np.lexsort((generator.random(len(block)), block))]
    return mixed


def _scores(
    bins: NDArray[np.int64], labels: NDArray[np.int64], parts: Sequence[Part], kinds: int
) -> NDArray[np.float64]:
    """UAR of the table for each row of labels, shape (rows,)."""
    rows, width = len(labels), int(bins.max()) + 1
    right, total = np.zeros((rows, kinds)), np.zeros((rows, kinds))
    row = np.arange(rows)[:, None]
    for train, test in parts:
        counts = _count((row * width + bins[train]) * kinds + labels[:, train], (rows, width, kinds))
        of_kind = counts.sum(axis=1, keepdims=True)
        # One more in each bin, so that an empty one answers nothing with certainty; unlearned labels never win.
        share = np.where(of_kind > 0, (counts + 1) / (of_kind + width), 0)
        truth = labels[:, test]
        hit = share.argmax(axis=2)[row, bins[test]] == truth
        total += _count(row * kinds + truth, (rows, kinds))
        right += _count((row * kinds + truth)[hit], (rows, kinds))
    recalls = np.divide(right, total, out=np.full_like(right, np.nan), where=total > 0)
    return np.asarray(np.nanmean(recalls, axis=1))


def _count(places: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.int64]:
    return np.bincount(places.ravel(), minlength=int(np.prod(shape))).reshape(shape)
