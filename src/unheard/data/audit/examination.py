"""The whole audit of a corpus and of somebody's folds over it, as one value.

utterances -> listen -> near_duplicates, ties, confounds, sharing -> Examination -> findings -> text, JSON, page
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unheard.data.audit.confounds import Confound, Part, confound, deal, lookup_on_parts, parts_of
from unheard.data.audit.fingerprints import Twins, near_duplicates
from unheard.data.audit.metadata import Audit, audit
from unheard.data.audit.recordings import Heard
from unheard.data.audit.sharing import Sharing, sharing
from unheard.data.audit.traits import TRAITS
from unheard.data.folds.fold import identity
from unheard.data.folds.fold_set import FoldSet
from unheard.records import Utterance

__all__ = ["Examination", "examine"]

_PARTS = 5
_NESTED = 0.5  # share of H(emotion) that the speaker tells, from which emotions are shuffled across speakers
_SAME_FILTER = 1.1  # ratio of neighboring bandwidths up to which they are taken for one


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that an audit found.

    Args:
        utterances: what was audited: those that could be read.
        heard: content, fingerprint and traits of each.
        audit: counts, and what each column tells of the emotion.
        folds: whose parts were compared; None if none were given.
        twins: pairs that are one sound and not one content.
        sharing: what the parts share, a kind of thing each; empty without folds.
        lookups: column -> UAR of the column's commonest emotion, learned in train and asked in test of the
            folds; empty without folds.
        confounds: what one trait alone answers for the emotion, and for the corpus where there are several.
        answered: in which way the confounds were learned and asked, for people.
        sessions_matter: whether a shared session was counted as a leak.
    """

    utterances: tuple[Utterance, ...]
    heard: Heard
    audit: Audit
    folds: FoldSet | None
    twins: tuple[Twins, ...]
    sharing: tuple[Sharing, ...]
    lookups: Mapping[str, float]
    confounds: tuple[Confound, ...]
    answered: str
    sessions_matter: bool

    @property
    def has_leak(self) -> bool:
        """Whether parts of a fold share what they must not."""
        return any(own.grave and own.leaks for own in self.sharing)


def examine(
    utterances: Sequence[Utterance],
    heard: Heard,
    folds: FoldSet | None = None,
    *,
    sessions_matter: bool = False,
    seed: int = 0,
) -> Examination:
    """Audit a corpus that was listened to.

    Args:
        utterances: with unique names; what was not heard is left out.
        heard: see `listen`.
        folds: somebody's folds, or None.
        sessions_matter: whether a session or dialogue that two parts share is a leak.
        seed: of shuffled labels, and of the parts that are dealt where there are no folds.
    """
    items = [item for item in utterances if item.name in heard.contents]
    found = audit(items, heard.contents, seed=seed)
    twins = [
        pair
        for pair in near_duplicates({item.name: heard.prints[item.name] for item in items})
        if heard.contents[pair.first] != heard.contents[pair.second]
    ]
    labeled = [item for item in items if item.emotion is not None]
    parts, answered = _parts(labeled, folds, seed)
    shared, lookups = [], {}
    if folds is not None:
        shared = sharing(folds.folds, items, heard.contents, twins, sessions_matter=sessions_matter)
        lookups = _lookups(labeled, found, parts)
    return Examination(
        utterances=tuple(items),
        heard=heard,
        audit=found,
        folds=folds,
        twins=tuple(twins),
        sharing=tuple(shared),
        lookups=lookups,
        confounds=(*_confounds(labeled, found, heard, parts, seed), *_by_corpus(items, heard, seed)),
        answered=answered,
        sessions_matter=sessions_matter,
    )


def _parts(items: Sequence[Utterance], folds: FoldSet | None, seed: int) -> tuple[list[Part], str]:
    """What confounds are learned from and asked of, and how that is said."""
    if folds is not None:
        names = [item.name for item in items]
        return parts_of(folds.folds, names), "learned in train and dev, asked in test of these folds"
    speakers = [identity(item, "speaker") for item in items]
    parts = deal(speakers, parts=_PARTS, seed=seed)
    if len(set(speakers)) > 1:
        return parts, f"asked of unseen speakers, in {len(parts)} groups"
    parts = deal([None] * len(items), parts=_PARTS, seed=seed)
    return parts, f"asked in {len(parts)} random parts: speakers are not known"


def _lookups(items: Sequence[Utterance], found: Audit, parts: Sequence[Part]) -> dict[str, float]:
    emotions = [str(item.emotion) for item in items]
    return {column: lookup_on_parts(emotions, [_key(item, column) for item in items], parts) for column in found.ties}


def _key(item: Utterance, column: str) -> Hashable:
    return item.gender if column == "gender" else identity(item, column)


def _confounds(
    items: Sequence[Utterance], found: Audit, heard: Heard, parts: Sequence[Part], seed: int
) -> list[Confound]:
    """Each trait held against the emotion.

    Emotions are shuffled among a speaker's own utterances, so that a level that each speaker has does not count;
    where the speaker gives the emotion away, nothing would be left to shuffle, and they are shuffled among all.
    """
    speaker = found.ties.get("speaker")
    crossed = speaker is not None and speaker.bits < _NESTED * found.emotion_bits
    blocks = [identity(item, "speaker") for item in items] if crossed else None
    emotions = [str(item.emotion) for item in items]
    return _answers(heard, items, emotions, parts, blocks=blocks, seed=seed)


def _answers(
    heard: Heard, items: Sequence[Utterance], labels: Sequence[str], parts: Sequence[Part], **how: Any
) -> list[Confound]:
    """Each trait held against labels, where there is something to answer."""
    answers = [confound(trait.name, _values(heard, items, trait.name), labels, parts, **how) for trait in TRAITS]
    return [answer for answer in answers if answer is not None]


def _values(heard: Heard, items: Sequence[Utterance], name: str) -> list[float]:
    """A trait of each item. Bandwidths that lie close together are one filter, and become one number."""
    values = np.array([float(getattr(heard.traits[item.name], name)) for item in items])
    if name == "bandwidth" and len(values):
        distinct = np.unique(values)
        starts = np.r_[True, distinct[1:] > _SAME_FILTER * distinct[:-1]]
        lowest = distinct[starts][np.cumsum(starts) - 1]
        values = lowest[np.searchsorted(distinct, values)]
    found: list[float] = values.tolist()
    return found


def _by_corpus(items: Sequence[Utterance], heard: Heard, seed: int) -> list[Confound]:
    """Each trait held against the corpus, on unseen speakers."""
    corpora = [item.corpus for item in items]
    parts = deal([identity(item, "speaker") for item in items], parts=_PARTS, seed=seed)
    return _answers(heard, items, corpora, parts, of="corpus", seed=seed)
