"""The audit measures what a corpus gives away, and lists what parts share."""

import csv
import math
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mutual_info_score

from unheard.data.audit.metadata import Leak, audit, entropy, lookup_recall, mutual_information, shared_between_parts
from unheard.data.folds.plan import Fold, draw_plan
from unheard.records import Utterance

CORPORA = Path(os.environ.get("UNHEARD_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
labels = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 5)), min_size=1, max_size=60)


def utterance(name: str, **known: object) -> Utterance:
    return Utterance(Path(name), name, "made").replace(**known)


def crossed(speakers: int = 4) -> list[Utterance]:
    """Every speaker says both sentences with both emotions."""
    return [
        utterance(f"{who}-{emotion}-{line}", speaker=str(who), emotion=emotion, sentence=line, gender="fm"[who % 2])
        for who in range(speakers)
        for emotion in ("anger", "joy")
        for line in "ab"
    ]


def contents_of(utterances: Sequence[Utterance]) -> dict[str, str]:
    return {item.name: f"hash of {item.name}" for item in utterances}


@settings(deadline=None)
@given(labels)
def test_mutual_information_equals_an_independent_implementation(pairs: list[tuple[str, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    expected = mutual_info_score(first, second) / math.log(2)
    assert mutual_information(first, second) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(labels)
def test_mutual_information_is_symmetric_and_bounded_by_both_entropies(pairs: list[tuple[str, int]]) -> None:
    first, second = zip(*pairs, strict=True)
    bits = mutual_information(first, second)
    assert bits == pytest.approx(mutual_information(second, first), abs=1e-9)
    assert 0 <= bits <= min(entropy(first), entropy(second)) + 1e-9
    assert mutual_information(first, first) == pytest.approx(entropy(first))


def test_measures_of_nothing_and_of_unequal_lengths() -> None:
    assert mutual_information([], []) == 0
    assert entropy([]) == 0
    assert math.isnan(lookup_recall([], []))
    with pytest.raises(ValueError, match="Give two labels an item"):
        mutual_information(["a"], [])
    with pytest.raises(ValueError, match="Give one of each an item"):
        lookup_recall(["a"], [])


@settings(deadline=None)
@given(labels)
def test_the_lookup_equals_the_table_written_out_by_hand(pairs: list[tuple[str, int]]) -> None:
    credit: dict[str, list[float]] = {}
    for left_out, (label, key) in enumerate(pairs):
        others = [pair for index, pair in enumerate(pairs) if index != left_out]
        same = [other for other, value in others if value == key] or [other for other, _ in others]
        most = max((same.count(one) for one in same), default=0)
        best = {one for one in same if same.count(one) == most}
        credit.setdefault(label, []).append(1 / len(best) if label in best else 0.0)
    expected = np.mean([np.mean(values) for values in credit.values()])
    found = lookup_recall([label for label, _ in pairs], [key for _, key in pairs])
    assert found == pytest.approx(expected, abs=1e-9)


def test_a_crossed_corpus_ties_nothing_and_a_nested_one_everything() -> None:
    free = audit(crossed(), contents_of(crossed()))
    assert free.ties.keys() == {"speaker", "sentence", "gender"}
    for tie in free.ties.values():
        assert tie.bits == pytest.approx(0, abs=1e-9)
        assert tie.chance_bits > 0
    nested = [item.replace(speaker=f"{item.speaker}-{item.emotion}") for item in crossed()]
    tie = audit(nested, contents_of(nested)).ties["speaker"]
    assert (tie.bits, tie.emotion_bits, tie.lookup_uar) == pytest.approx((1, 1, 1))
    assert 0 < tie.chance_bits < 1
    assert (tie.utterances, tie.values) == (16, 8)


def test_the_audit_counts_what_there_is() -> None:
    items = [*crossed(), utterance("mute", speaker="9"), utterance("nobody", emotion="joy")]
    found = audit(items, contents_of(items) | {"1-joy-a": "twin", "0-joy-b": "twin"})
    assert (found.utterances, found.speakers, found.chance) == (18, 5, 0.5)
    assert found.class_counts == {"anger": 8, "joy": 9}
    assert found.speaker_class_counts["made/0"] == {"anger": 2, "joy": 2}
    assert found.speaker_class_counts["made/9"] == {"anger": 0, "joy": 0}
    assert found.ties["speaker"].utterances == 16
    assert found.duplicates == (("0-joy-b", "1-joy-a"),)
    assert not found.has_leak


def test_an_audit_of_a_corpus_without_labels() -> None:
    found = audit([utterance("a", speaker="1")], {})
    assert (found.class_counts, found.ties, found.emotion_bits) == ({}, {}, 0)
    assert math.isnan(found.chance)


def test_the_audit_is_the_same_for_the_same_seed() -> None:
    items = crossed()
    assert audit(items, contents_of(items), seed=1) == audit(items, contents_of(items), seed=1)
    first, second = (audit(items, contents_of(items), seed=seed).ties["speaker"] for seed in (1, 2))
    assert first.chance_bits != second.chance_bits


def test_leaks_of_other_peoples_folds_are_listed_not_raised() -> None:
    items = crossed()
    fold = Fold(
        "theirs",
        train=("0-joy-a", "1-joy-a", "unknown"),
        dev=("1-joy-b",),
        test=("0-joy-b", "2-joy-a"),
    )
    contents = contents_of(items) | {"1-joy-b": "twin", "2-joy-a": "twin"}
    assert shared_between_parts([fold], items, contents) == [
        Leak("theirs", "recording", "twin", ("dev", "test"), ("1-joy-b", "2-joy-a")),
        Leak("theirs", "speaker", "made/0", ("train", "test"), ("0-joy-a", "0-joy-b")),
        Leak("theirs", "speaker", "made/1", ("train", "dev"), ("1-joy-a", "1-joy-b")),
    ]
    columns = [
        leak.column for leak in shared_between_parts([fold], items, contents, disjoint=frozenset({"sentence"}))
    ]
    assert columns == ["recording", "sentence", "sentence"]
    assert "fold 'theirs': recording 'twin' is in dev and test" in str(
        shared_between_parts([fold], items, contents)[0]
    )


def test_an_utterance_in_two_parts_is_a_leak_without_any_hash() -> None:
    fold = Fold("theirs", train=("a",), dev=("b",), test=("a",))
    assert shared_between_parts([fold], [], {}) == [Leak("theirs", "recording", "a", ("train", "test"), ("a", "a"))]


def test_the_audit_of_a_plan() -> None:
    items = crossed()
    contents = contents_of(items)
    honest = draw_plan("leave_one_speaker_out", items, {}, seed=0, contents=contents)
    inflated = draw_plan("random", items, {"folds": 2}, seed=0, contents=contents)
    assert not audit(items, contents, honest).has_leak
    found = audit(items, contents, inflated)
    assert found.has_leak
    assert {leak.column for leak in found.leaks} == {"speaker"}


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("corpus", "kept", "bits", "emotion_bits"),
    [
        ("urdu", None, 1.84, 2.00),
        ("ravdess", None, 0.00, 2.97),
        # The corpora's README says 0.09 bits; its labels of the four complete classes give 0.039.
        ("emodb", {"anger", "happiness", "neutral", "sadness"}, 0.04, 1.94),
        ("ased", None, 0.09, 2.32),
    ],
)
def test_the_confounds_of_the_real_corpora(
    corpus: str, kept: set[str] | None, bits: float, emotion_bits: float
) -> None:
    table = CORPORA / "labels" / f"{corpus}.csv"
    if not table.is_file():
        pytest.skip(f"{table} is missing: set UNHEARD_CORPORA to the folder of the real corpora")
    with table.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if kept is None or row["emotion"] in kept]
    items = [
        utterance(row["file"], speaker=row["speaker"], emotion=row["emotion"], sentence=row["sentence"] or None)
        for row in rows
    ]
    ties = audit(items, {}).ties
    assert ties["speaker"].bits == pytest.approx(bits, abs=0.006)
    assert ties["speaker"].emotion_bits == pytest.approx(emotion_bits, abs=0.006)
    if corpus == "urdu":
        assert ties["speaker"].lookup_uar == pytest.approx(0.95, abs=0.02)
    if corpus == "ased":
        assert ties["sentence"].lookup_uar == 1
