"""`dev_speakers = 0`: no dev part in any split, everything else as it was, and only where the settings say so."""

import dataclasses
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unheard.data.folds.plan import SplitPlan, build_plan, draw_plan
from unheard.errors import SplitError
from unheard.records import Utterance

SPLITS: dict[str, dict[str, object]] = {
    "leave_one_speaker_out": {},
    "leave_one_session_out": {},
    "speaker_groups": {"groups": 2},
    "random": {"folds": 2},
    "sentence_disjoint": {"sentence_groups": 2},
    "speaker_and_sentence_disjoint": {"speaker_groups": 2, "sentence_groups": 2},
}
"""Split -> the least of settings for four speakers, two sessions and two sentences."""


def corpus(speakers: int = 4) -> list[Utterance]:
    """Speakers 0, 1, ..., two a session, each saying two sentences with two emotions."""
    return [
        Utterance(Path(name), name, "made").replace(
            speaker=str(who), gender="fm"[who % 2], emotion=emotion, sentence=text, session=str(who // 2)
        )
        for who in range(speakers)
        for emotion in ("anger", "joy")
        for text in "ab"
        for name in [f"{who}/{emotion}-{text}.wav"]
    ]


def contents_of(items: list[Utterance]) -> dict[str, str]:
    return {item.name: f"hash of {item.name}" for item in items}


def draw(name: str, items: list[Utterance], wanted: float = 0, *, seed: int = 0, **told: object) -> SplitPlan:
    settings = {**SPLITS.get(name, {}), "dev_speakers": wanted, **told}
    return draw_plan(name, items, settings, seed=seed, contents=contents_of(items))


@pytest.mark.parametrize("name", SPLITS)
def test_what_would_be_dev_is_trained_on_and_nothing_else_changes(name: str) -> None:
    items = corpus(6) if name == "speaker_and_sentence_disjoint" else corpus()
    without, with_dev = draw(name, items), draw(name, items, 1)
    assert all(fold.dev == () for fold in without.folds)
    assert all(fold.dev for fold in with_dev.folds)
    for fold, other in zip(without.folds, with_dev.folds, strict=True):
        assert (fold.name, fold.test, fold.excluded) == (other.name, other.test, other.excluded)
        assert set(fold.train) == {*other.train, *other.dev}


def test_dealt_dev_utterances_go_to_train_too() -> None:
    without = draw("random", corpus(), dev="utterances")
    assert all(fold.dev == () and fold.train for fold in without.folds)


@given(speakers=st.integers(2, 6), seed=st.integers(0, 50))
def test_leave_one_out_works_from_two_speakers_on(speakers: int, seed: int) -> None:
    plan = draw("leave_one_speaker_out", corpus(speakers), seed=seed)
    assert len(plan.folds) == speakers
    for fold in plan.folds:
        assert {name[0] for name in fold.train} | {name[0] for name in fold.test} == set(map(str, range(speakers)))
        assert not {name[0] for name in fold.train} & {name[0] for name in fold.test}


def test_two_speakers_with_a_dev_part_are_refused_and_one_alone_always() -> None:
    with pytest.raises(SplitError, match="1 dev speakers asked for, but the test leaves 1 speakers"):
        draw("leave_one_speaker_out", corpus(2), 1)
    with pytest.raises(SplitError, match=r"fold 'speaker-0': the test leaves nobody to train on"):
        draw("leave_one_speaker_out", corpus(1))


def test_two_speakers_who_share_a_recording_cannot_be_parted_without_dev_either() -> None:
    items = [item.replace(file=Path("one.wav")) for item in corpus(2)]
    with pytest.raises(SplitError, match=r"the test leaves nobody to train on.*tied to each other by recordings"):
        draw("leave_one_speaker_out", items)


def test_a_plan_without_dev_is_saved_loaded_and_verified(tmp_path: Path) -> None:
    items = corpus(2)
    plan = draw("leave_one_speaker_out", items)
    plan.save(tmp_path / "plan.json")
    loaded = SplitPlan.load(tmp_path / "plan.json")
    loaded.verify(items, contents_of(items))
    assert (loaded, loaded.digest) == (plan, plan.digest)
    assert plan.settings["dev_speakers"] == 0


def test_a_dev_part_that_the_settings_ask_for_may_not_be_missing() -> None:
    items = corpus()
    folds = draw("leave_one_speaker_out", items).folds
    told = {"protocol": "made", "seed": 0, "contents": contents_of(items), "sessions_matter": False}
    told |= {"disjoint": frozenset({"speaker"})}
    assert build_plan(items, folds, settings={"dev_speakers": 0}, **told).folds == folds
    for settings in ({}, {"dev_speakers": 1}, {"dev_speakers": 0.2}):
        with pytest.raises(SplitError, match="no utterance in dev"):
            build_plan(items, folds, settings=settings, **told)


def test_train_and_test_may_still_not_be_empty_or_share_a_speaker() -> None:
    items = corpus(2)
    (fold, other) = draw("leave_one_speaker_out", items).folds
    told = {"protocol": "made", "seed": 0, "contents": contents_of(items), "sessions_matter": False}
    told |= {"disjoint": frozenset({"speaker"}), "settings": {"dev_speakers": 0}}
    empty = dataclasses.replace(fold, train=(), excluded=fold.train)
    with pytest.raises(SplitError, match="no utterance in train"):
        build_plan(items, [empty], **told)
    mixed = dataclasses.replace(fold, train=fold.train[1:] + fold.test[:1], test=fold.test[1:] + fold.train[:1])
    with pytest.raises(SplitError, match="speaker 'made/0' is in train and test"):
        build_plan(items, [mixed, other][:1], **told)


def test_folds_of_a_file_go_without_dev_where_it_gives_none(tmp_path: Path) -> None:
    items = corpus()
    file = tmp_path / "folds.csv"
    file.write_text("speaker,fold\n0,a\n1,a\n2,b\n3,b\n", encoding="utf-8")
    assert all(fold.dev == () for fold in draw("from_file", items, file=str(file)).folds)
    parts = {"0": "train", "1": "dev", "2": "test", "3": "test"}
    rows = "".join(f"{item.name},{parts[str(item.speaker)]}\n" for item in items)
    file.write_text(f"file,part\n{rows}", encoding="utf-8")
    (given_fold,) = draw("from_file", items, file=str(file)).folds
    assert {name[0] for name in given_fold.dev} == {"1"}
