"""What a probe learns from and what it is asked: rounds of train and test items that do not share what would help.

    speaker                             test utterances of speakers that train has, of other sentences where known
    gender, language, corpus, sentence  test utterances of speakers that train has not: a probe that knows the
                                        speaker would measure the speaker

Items have a part, as seen from the encoder: it learnt from `train`; `withheld` are other utterances of the same
speakers; `unseen` are speakers that never gave a gradient. Probes learn from train and are asked withheld (or
unseen) items only, for an adversary fools its head on what it was trained on. Where nothing is withheld, as in
a table of embeddings without parts, each third of the items is asked in turn of probes that learnt from the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.errors import SplitError
from unheard.leakage._groups import dealt

__all__ = ["OF_SPEAKERS", "PARTS", "PROTOCOLS", "TARGETS", "Items", "Round", "rounds_for"]

TARGETS = ("speaker", "gender", "language", "corpus", "sentence")
"""Columns that leakage is measured of, where they are known."""
OF_SPEAKERS = ("speaker",)
"""Targets whose test speakers must be those of train; all others are asked of other speakers."""
PROTOCOLS = ("utterances", "sentences")
"""Held-out utterances; held-out utterances of sentences that the probe's train items do not have."""
PARTS = ("train", "withheld", "unseen")
_GROUPS = 3

Positions = NDArray[np.int64]


@dataclass(frozen=True)
class Items:
    """What is known of embedded utterances.

    Args:
        columns: name -> values, shape (items,), str, '' where unknown; `speaker` at least.
        part: one of PARTS for each item, shape (items,).
    """

    columns: Mapping[str, NDArray[np.str_]]
    part: NDArray[np.str_]

    def __post_init__(self) -> None:
        strange = sorted(set(self.part.tolist()) - set(PARTS))
        if strange:
            raise SplitError(f"items of part '{strange[0]}', expected one of {', '.join(PARTS)}. Name the parts so.")
        if "speaker" not in self.columns:
            raise SplitError("items without a column `speaker`. Add one: leakage is measured of voices.")
        for name, column in self.columns.items():
            if column.shape != self.part.shape:
                message = f"column {name} has shape {column.shape}, the parts {self.part.shape}"
                raise SplitError(f"{message}. Give each item one value.")

    def __len__(self) -> int:
        return int(self.part.size)

    def column(self, name: str) -> NDArray[np.str_]:
        """The values of a column, '' for each item where there is no such column."""
        return self.columns.get(name, np.full(len(self), ""))

    def of(self, part: str) -> Positions:
        """Positions of the items of a part whose speaker is known."""
        return np.flatnonzero((self.part == part) & (self.column("speaker") != ""))


@dataclass(frozen=True, slots=True)
class Round:
    """Positions of the items that a probe learns from, and of those that it is asked."""

    train: Positions
    test: Positions


def _dealt(values: NDArray[np.str_], strata: NDArray[np.str_], seed: int) -> NDArray[np.int64]:
    return dealt(values, strata, groups=_GROUPS, generator=np.random.default_rng(seed))


def _asked(items: Items, target: str) -> tuple[Positions, Positions, bool]:
    """(what may be learnt, what may be asked, whether the two are the same items and must be dealt)."""
    known = np.flatnonzero(items.column(target) != "")
    train = np.intersect1d(items.of("train"), known)
    withheld, unseen = (np.intersect1d(items.of(part), known) for part in ("withheld", "unseen"))
    if target not in OF_SPEAKERS and np.unique(items.column(target)[unseen]).size > 1:
        return train, unseen, False
    return train, (withheld if withheld.size else train), not withheld.size


def _kept_apart(items: Items, target: str, asked: tuple[Positions, Positions, bool], seed: int) -> list[Round]:
    """Rounds of held-out utterances, and of held-out speakers where the target asks for it."""
    train, test, same = asked
    speakers, values = items.column("speaker"), items.column(target)
    if target in OF_SPEAKERS:
        if not same:
            return [Round(train, test)]
        own = _dealt(np.array([str(position) for position in train]), speakers[train], seed)
        return [Round(train[own != group], train[own == group]) for group in range(_GROUPS)]
    if not set(speakers[train]) & set(speakers[test]):
        return [Round(train, test)]
    both = np.union1d(train, test)
    strata = np.full(both.shape, "", dtype=values.dtype) if target == "sentence" else values[both]
    groups = dict(zip(speakers[both], _dealt(speakers[both], strata, seed), strict=True))
    of_train, of_test = (np.array([groups[name] for name in speakers[part]]) for part in (train, test))
    return [Round(train[of_train != group], test[of_test == group]) for group in range(_GROUPS)]


def _other_sentences(items: Items, target: str, seed: int) -> list[Round]:
    """The rounds of held-out utterances again, each once for every group of sentences, which only test keeps."""
    sentences = items.column("sentence")
    train, test, same = _asked(items, target)
    spoken = sentences != ""
    train, test = train[spoken[train]], test[spoken[test]]
    if np.unique(sentences[train]).size < 2:
        return []
    # Sentences already keep the utterances apart: where the speakers need not be, no more dealing is wanted.
    alike = target in OF_SPEAKERS
    rounds = [Round(train, test)] if alike else _kept_apart(items, target, (train, test, same), seed)
    groups = _dealt(sentences, np.full(sentences.shape, ""), seed)
    return [
        Round(one.train[groups[one.train] != group], one.test[groups[one.test] == group])
        for one in rounds
        for group in np.unique(groups[one.test])
    ]


def rounds_for(items: Items, target: str, protocol: str, *, seed: int) -> list[Round]:
    """The rounds by which a target is probed; every item that may be asked is asked once.

    Args:
        items: what is known of the items.
        target: one of TARGETS.
        protocol: one of PROTOCOLS.
        seed: of how utterances, speakers and sentences are dealt.

    Returns:
        Rounds whose test values all stand in train, with two values at least in both; empty where that cannot be
        had: the column is unknown, has a single value, or ties each value to one speaker or sentence.
    """
    if protocol == "sentences":
        drawn = [] if target == "sentence" else _other_sentences(items, target, seed)
    else:
        drawn = _kept_apart(items, target, _asked(items, target), seed)
    values, rounds = items.column(target), []
    for one in drawn:
        test = one.test[np.isin(values[one.test], values[one.train])]
        if test.size and np.unique(values[one.train]).size > 1:
            rounds.append(Round(one.train, test))
    asked = np.concatenate([one.test for one in rounds]) if rounds else np.zeros(0, np.int64)
    return rounds if np.unique(values[asked]).size > 1 else []
