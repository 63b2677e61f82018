"""What a probe learns from and what it is tested on: splits into items that do not share what would help.

    speaker                             test utterances of speakers that train has, of other sentences where known
    gender, language, corpus, sentence  test utterances of speakers that train has not: a probe that knows the
                                        speaker would measure the speaker

Items have a part, as seen from the encoder: it learnt from `train`; `withheld` are held-out utterances of the same
speakers; `unseen` are speakers that never gave a gradient. Probes learn from train and are tested on withheld (or
unseen) items only, for an adversary fools its head on what it was trained on. Where nothing is withheld, as in a
table of embeddings without parts, each third of the items is held out in turn of probes that learn from the others.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from unheard.errors import SplitError
from unheard.leakage._groups import assign_groups
from unheard.schemas.probes import ProbeProtocol, ProbeTarget

__all__ = ["CLOSED_SET", "PARTS", "PROTOCOLS", "TARGETS", "Items", "ProbeSplit", "draw_probe_splits"]

TARGETS: tuple[ProbeTarget, ...] = ("speaker", "gender", "language", "corpus", "sentence")
"""Columns that leakage is measured of, where they are known."""
CLOSED_SET = ("speaker",)
"""Targets whose test speakers must be those of train; all others are tested on other speakers."""
PROTOCOLS: tuple[ProbeProtocol, ...] = ("utterances", "sentences")
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
            raise SplitError("items without a column `speaker`. Add one: leakage is measured of speakers.")
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
class ProbeSplit:
    """Positions of the train items and of the test items of one probe."""

    train: Positions
    test: Positions


def _groups_of(values: NDArray[np.str_], strata: NDArray[np.str_], seed: int) -> NDArray[np.int64]:
    return assign_groups(values, strata, groups=_GROUPS, generator=np.random.default_rng(seed))


def _eligible(items: Items, target: str) -> tuple[Positions, Positions, bool]:
    """(train items, test items, whether the two are the same items and must be parted)."""
    known = np.flatnonzero(items.column(target) != "")
    train = np.intersect1d(items.of("train"), known)
    withheld, unseen = (np.intersect1d(items.of(part), known) for part in ("withheld", "unseen"))
    if target not in CLOSED_SET and np.unique(items.column(target)[unseen]).size > 1:
        return train, unseen, False
    return train, (withheld if withheld.size else train), not withheld.size


def _held_out_splits(
    items: Items, target: str, eligible: tuple[Positions, Positions, bool], seed: int
) -> list[ProbeSplit]:
    """Splits with held-out utterances, and with held-out speakers where the target asks for it."""
    train, test, same = eligible
    speakers, values = items.column("speaker"), items.column(target)
    if target in CLOSED_SET:
        if not same:
            return [ProbeSplit(train, test)]
        own = _groups_of(np.array([str(position) for position in train]), speakers[train], seed)
        return [ProbeSplit(train[own != group], train[own == group]) for group in range(_GROUPS)]
    if not set(speakers[train]) & set(speakers[test]):
        return [ProbeSplit(train, test)]
    both = np.union1d(train, test)
    strata = np.full(both.shape, "", dtype=values.dtype) if target == "sentence" else values[both]
    groups = dict(zip(speakers[both], _groups_of(speakers[both], strata, seed), strict=True))
    of_train, of_test = (np.array([groups[name] for name in speakers[part]]) for part in (train, test))
    return [ProbeSplit(train[of_train != group], test[of_test == group]) for group in range(_GROUPS)]


def _sentence_splits(items: Items, target: str, seed: int) -> list[ProbeSplit]:
    """The splits of held-out utterances again, each once for every group of sentences, which only test keeps."""
    sentences = items.column("sentence")
    train, test, same = _eligible(items, target)
    spoken = sentences != ""
    train, test = train[spoken[train]], test[spoken[test]]
    if np.unique(sentences[train]).size < 2:
        return []
    # Sentences already keep the utterances apart: where the speakers need not be, they are parted no further.
    alike = target in CLOSED_SET
    splits = [ProbeSplit(train, test)] if alike else _held_out_splits(items, target, (train, test, same), seed)
    groups = _groups_of(sentences, np.full(sentences.shape, ""), seed)
    return [
        ProbeSplit(one.train[groups[one.train] != group], one.test[groups[one.test] == group])
        for one in splits
        for group in np.unique(groups[one.test])
    ]


def draw_probe_splits(items: Items, target: str, protocol: str, *, seed: int) -> list[ProbeSplit]:
    """The splits by which a target is probed; every item that may be tested is tested once.

    Args:
        items: what is known of the items.
        target: one of TARGETS.
        protocol: one of PROTOCOLS.
        seed: of how utterances, speakers and sentences are grouped.

    Returns:
        Splits whose test values all stand in train, with two values at least in both; empty where that cannot be
        had: the column is unknown, has a single value, or ties each value to one speaker or sentence.
    """
    if protocol == "sentences":
        drawn = [] if target == "sentence" else _sentence_splits(items, target, seed)
    else:
        drawn = _held_out_splits(items, target, _eligible(items, target), seed)
    values, splits = items.column(target), []
    for one in drawn:
        test = one.test[np.isin(values[one.test], values[one.train])]
        if test.size and np.unique(values[one.train]).size > 1:
            splits.append(ProbeSplit(one.train, test))
    eligible = np.concatenate([one.test for one in splits]) if splits else np.zeros(0, np.int64)
    return splits if np.unique(values[eligible]).size > 1 else []
