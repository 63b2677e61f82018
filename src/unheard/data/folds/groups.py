"""Groups of speakers and of sentences: what the splits deal from.

Nothing here draws random numbers. Where an order must be arbitrary it is the order of SHA-256 digests of
(seed, purpose, key), which is the same on every machine and under every version of every library.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

from unheard.data.folds.fold import identities, identity
from unheard.data.folds.tied_speakers import advice, tied_speakers, ties_between
from unheard.errors import SplitError
from unheard.records import Utterance

__all__ = [
    "balanced_groups",
    "by_identity",
    "names_where",
    "sentence_groups",
    "shuffled",
    "speakers_of",
    "title",
]


def shuffled(keys: Iterable[str], seed: int, purpose: str) -> list[str]:
    """The keys in an order that looks random and depends on the keys, the seed and the purpose alone.

    >>> shuffled(["a", "b", "c"], 0, "x") == shuffled(["c", "b", "a"], 0, "x")
    True
    """
    return sorted(keys, key=lambda key: hashlib.sha256(f"{seed}\n{purpose}\n{key}".encode()).digest())


def title(key: str, keys: Collection[str]) -> str:
    """The name of an identity for people: without its corpus where all identities are of one corpus.

    >>> title("emodb/03", ["emodb/03", "emodb/08"])
    '03'
    """
    corpora = {other.partition("/")[0] for other in keys}
    return key.partition("/")[2] if len(corpora) == 1 else key


def speakers_of(utterances: Sequence[Utterance]) -> dict[str, str]:
    """Name of each utterance -> who speaks, by the name that people know: two corpora's '01' are two speakers.

    >>> from pathlib import Path
    >>> speakers_of([Utterance(Path(f"{corpus}.wav"), corpus, corpus, speaker="01") for corpus in ("emodb", "urdu")])
    {'emodb': 'emodb/01', 'urdu': 'urdu/01'}

    Raises:
        SplitError: an utterance has no speaker.
    """
    keys = identities(utterances, "speaker")
    several = len({item.corpus for item in utterances}) > 1
    return {item.name: key if several else str(item.speaker) for item, key in zip(utterances, keys, strict=True)}


def by_identity(utterances: Sequence[Utterance], column: str) -> dict[str, list[Utterance]]:
    """Identity -> its utterances, sorted by identity.

    Raises:
        SplitError: an utterance has no value in that column.
    """
    found: dict[str, list[Utterance]] = {}
    for key, utterance in sorted(
        zip(identities(utterances, column), utterances, strict=True), key=lambda pair: pair[0]
    ):
        found.setdefault(key, []).append(utterance)
    return found


def names_where(utterances: Iterable[Utterance], held: Mapping[str, Collection[str]]) -> frozenset[str]:
    """The names of the utterances that hold, in every column of `held`, one of the identities given there."""
    return frozenset(
        utterance.name
        for utterance in utterances
        if all(identity(utterance, column) in values for column, values in held.items())
    )


def balanced_groups(
    utterances: Sequence[Utterance], groups: int, *, seed: int, sessions_matter: bool
) -> list[frozenset[str]]:
    """Speakers dealt into groups that are alike in utterances of each emotion and in speakers of each gender.

    Greedy: the largest set of tied speakers first (ties in seeded order), each into the group to which its
    profile is least alike. The profile of a set is its share of every emotion's utterances and of every
    gender's speakers; adding profile x to a group of profile v raises the sum of squared deviations from the
    even share by |x|^2 + 2 x.(v - 1/groups), of which only x.v differs between groups.

    Returns:
        `groups` sets of speaker identities.

    Raises:
        SplitError: fewer sets of tied speakers than groups, or speakers are not known.
    """
    units = {min(unit): unit for unit in tied_speakers(utterances, sessions_matter=sessions_matter)}
    if len(units) < groups:
        kinds = ties_between(utterances, sessions_matter=sessions_matter)
        what = f"sets of speakers who share no {' or '.join(kinds)}" if kinds else "speakers"
        fewer = " Ask for fewer." if len(units) > 1 else ""
        more = advice(utterances, sessions_matter=sessions_matter)
        raise SplitError(f"{groups} speaker groups asked for, but there are {len(units)} {what}.{fewer}{more}")
    profiles = _profiles(utterances, units)
    sizes = Counter(identities(utterances, "speaker"))
    order = shuffled(units, seed, "speaker groups")
    order.sort(key=lambda key: -sum(sizes[speaker] for speaker in units[key]))
    filled: list[dict[tuple[str, str | None], float]] = [defaultdict(float) for _ in range(groups)]
    members: list[set[str]] = [set() for _ in range(groups)]
    for position, key in enumerate(order):
        empty = [index for index in range(groups) if not members[index]]
        choice = empty if len(empty) == len(order) - position else range(groups)
        profile = profiles[key]
        costs = {index: sum(share * filled[index][axis] for axis, share in profile.items()) for index in choice}
        best = min(choice, key=lambda index: (round(costs[index], 12), len(members[index]), index))
        members[best] |= units[key]
        for axis, share in profile.items():
            filled[best][axis] += share
    return [frozenset(group) for group in members]


def _profiles(
    utterances: Sequence[Utterance], units: dict[str, frozenset[str]]
) -> dict[str, dict[tuple[str, str | None], float]]:
    """Unit -> its share of each emotion's utterances and of each gender's speakers, in [0, 1]."""
    spoken = by_identity(utterances, "speaker")
    counts: dict[str, Counter[tuple[str, str | None]]] = {}
    for key, speakers in units.items():
        counts[key] = Counter(("gender", spoken[speaker][0].gender) for speaker in speakers)
        counts[key].update(("emotion", item.emotion) for speaker in speakers for item in spoken[speaker])
    totals: Counter[tuple[str, str | None]] = sum(counts.values(), Counter())
    return {
        key: {axis: count / totals[axis] for axis, count in sorted(found.items(), key=repr)}
        for key, found in counts.items()
    }


def sentence_groups(utterances: Sequence[Utterance], groups: int | None) -> list[frozenset[str]]:
    """Sentences dealt into groups so that each group holds as many emotions as can be.

    Sentences that occur with the same set of emotions form a stratum; inside it they are dealt by name, each
    to the first group that holds the fewest sentences with one of its emotions. Where sentences are numbered
    within an emotion (ASED: '1-01' to '5-07'), group i so holds number i of every emotion.

    Args:
        utterances: whose sentences to deal.
        groups: how many; None for as many as the emotion with most sentences has sentences.

    Returns:
        Sets of sentence identities.

    Raises:
        SplitError: sentences are not known, or an emotion with most sentences has fewer than groups (or than
            2).
    """
    emotions = {
        key: {str(item.emotion) for item in items} for key, items in by_identity(utterances, "sentence").items()
    }
    most = max(Counter(emotion for held in emotions.values() for emotion in held).values(), default=0)
    wanted = most if groups is None else groups
    if not 2 <= wanted <= most:
        raise SplitError(
            f"{wanted} sentence groups asked for, but no emotion is spoken in more than {most} sentences. "
            f"Ask for 2 to {most}, or use a split that shares sentences."
        )
    dealt: list[Counter[str]] = [Counter() for _ in range(wanted)]
    members: list[set[str]] = [set() for _ in range(wanted)]
    for key in sorted(emotions, key=lambda key: (sorted(emotions[key]), key)):
        held = emotions[key]
        best = min(range(wanted), key=lambda index: (sum(dealt[index][emotion] for emotion in held), index))
        members[best].add(key)
        dealt[best].update(held)
    return [frozenset(group) for group in members]
