"""The whole audit of a corpus and of somebody's folds over it, as one value.

utterances -> measurements -> near duplicates, ties, confounds, sharing -> Examination -> findings -> text, JSON, page
"""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from unheard.data.audit.confounds import Confound, Part, confound, deal, lookup_on_parts, parts_of
from unheard.data.audit.fingerprints import Twins, near_duplicates
from unheard.data.audit.metadata import Audit, audit
from unheard.data.audit.recordings import RecordingMeasurements
from unheard.data.audit.sharing import Sharing, sharing
from unheard.data.audit.traits import TRAITS
from unheard.data.folds.fold import identity
from unheard.data.folds.fold_set import FoldSet
from unheard.records import Utterance

__all__ = ["Examination", "examine"]

_PARTS = 5
_NESTED = 0.5  # share of H(emotion) that the speaker tells, from which emotions are permuted across speakers
_SAME_FILTER = 1.1  # ratio of neighboring bandwidths up to which they are taken for one


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that an audit found.

    Args:
        utterances: what was audited: those that could be read.
        measured: content, fingerprint and traits of each.
        audit: counts, and what each column tells of the emotion.
        folds: whose parts were compared; None if none were given.
        twins: pairs that are one sound and not one content.
        sharing: what the parts share, a kind of thing each; empty without folds.
        lookups: column -> UAR of the column's commonest emotion, learned in train and tested in test of the
            folds; empty without folds.
        confounds: what one trait alone answers for the emotion, and for the corpus where there are several.
        answered: in which way the confounds were learned and tested, for people.
        sessions_matter: whether a shared session was counted as a leak.
    """

    utterances: tuple[Utterance, ...]
    measured: RecordingMeasurements
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
    measured: RecordingMeasurements,
    folds: FoldSet | None = None,
    *,
    sessions_matter: bool = False,
    seed: int = 0,
) -> Examination:
    """Audit a corpus that was listened to.

    Args:
        utterances: with unique names; what could not be measured is left out.
        measured: see `measure_recordings`.
        folds: somebody's folds, or None.
        sessions_matter: whether a session or dialogue that two parts share is a leak.
        seed: of permuted labels, and of the parts that are dealt where there are no folds.
    """
    items = [item for item in utterances if item.name in measured.contents]
    found = audit(items, measured.contents, seed=seed)
    twins = [
        pair
        for pair in near_duplicates({item.name: measured.fingerprints[item.name] for item in items})
        if measured.contents[pair.first] != measured.contents[pair.second]
    ]
    labeled = [item for item in items if item.emotion is not None]
    parts, answered = _parts(labeled, folds, seed)
    shared, lookups = [], {}
    if folds is not None:
        shared = sharing(folds.folds, items, measured.contents, twins, sessions_matter=sessions_matter)
        lookups = _lookups(labeled, found, parts)
    return Examination(
        utterances=tuple(items),
        measured=measured,
        audit=found,
        folds=folds,
        twins=tuple(twins),
        sharing=tuple(shared),
        lookups=lookups,
        confounds=(*_confounds(labeled, found, measured, parts, seed), *_by_corpus(items, measured, seed)),
        answered=answered,
        sessions_matter=sessions_matter,
    )


def _parts(items: Sequence[Utterance], folds: FoldSet | None, seed: int) -> tuple[list[Part], str]:
    """What confounds are learned from and tested on, and how that is said."""
    if folds is not None:
        names = [item.name for item in items]
        return parts_of(folds.folds, names), "learned in train and dev, tested in test of these folds"
    speakers = [identity(item, "speaker") for item in items]
    parts = deal(speakers, parts=_PARTS, seed=seed)
    if len(set(speakers)) > 1:
        return parts, f"tested on unseen speakers, in {len(parts)} groups"
    parts = deal([None] * len(items), parts=_PARTS, seed=seed)
    return parts, f"tested in {len(parts)} random parts: speakers are not known"


def _lookups(items: Sequence[Utterance], found: Audit, parts: Sequence[Part]) -> dict[str, float]:
    emotions = [str(item.emotion) for item in items]
    return {column: lookup_on_parts(emotions, [_key(item, column) for item in items], parts) for column in found.ties}


def _key(item: Utterance, column: str) -> Hashable:
    return item.gender if column == "gender" else identity(item, column)


def _confounds(
    items: Sequence[Utterance], found: Audit, measured: RecordingMeasurements, parts: Sequence[Part], seed: int
) -> list[Confound]:
    """Each trait held against the emotion.

    Emotions are permuted among a speaker's own utterances, so that a level that each speaker has does not count;
    where the speaker gives the emotion away, nothing would be left to permute, and they are permuted among all.
    """
    speaker = found.ties.get("speaker")
    crossed = speaker is not None and speaker.bits < _NESTED * found.emotion_bits
    blocks = [identity(item, "speaker") for item in items] if crossed else None
    emotions = [str(item.emotion) for item in items]
    return _answers(measured, items, emotions, parts, blocks=blocks, seed=seed)


def _answers(
    measured: RecordingMeasurements,
    items: Sequence[Utterance],
    labels: Sequence[str],
    parts: Sequence[Part],
    **how: Any,
) -> list[Confound]:
    """Each trait held against labels, where there is something to answer."""
    answers = [confound(trait.name, _values(measured, items, trait.name), labels, parts, **how) for trait in TRAITS]
    return [answer for answer in answers if answer is not None]


def _values(measured: RecordingMeasurements, items: Sequence[Utterance], name: str) -> list[float]:
    """A trait of each item. Bandwidths that lie close together are one filter, and become one number."""
    values = np.array([float(getattr(measured.traits[item.name], name)) for item in items])
    if name == "bandwidth" and len(values):
        distinct = np.unique(values)
        starts = np.r_[True, distinct[1:] > _SAME_FILTER * distinct[:-1]]
        lowest = distinct[starts][np.cumsum(starts) - 1]
        values = lowest[np.searchsorted(distinct, values)]
    found: list[float] = values.tolist()
    return found


def _by_corpus(items: Sequence[Utterance], measured: RecordingMeasurements, seed: int) -> list[Confound]:
    """Each trait held against the corpus, on unseen speakers."""
    corpora = [item.corpus for item in items]
    parts = deal([identity(item, "speaker") for item in items], parts=_PARTS, seed=seed)
    return _answers(measured, items, corpora, parts, of="corpus", seed=seed)
