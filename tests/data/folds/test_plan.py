"""A split plan is a value, and one that leaks cannot be built."""

import dataclasses
import json
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unheard.data.folds.plan import Fold, SplitPlan, build_plan, draw_plan, drop_duplicates
from unheard.errors import SettingsError, SplitError, UnknownNameError
from unheard.records import Utterance

EMOTIONS = ("anger", "joy")
SPEAKER = frozenset({"speaker"})


def utterance(name: str, **known: object) -> Utterance:
    return Utterance(Path(name), name, "made").replace(**known)


def corpus(speakers: int = 4) -> list[Utterance]:
    """Speaker 0, 1, ... each say sentence a and b with both emotions, in session speaker // 2."""
    return [
        utterance(
            f"{who}-{emotion}-{sentence}",
            speaker=str(who),
            emotion=emotion,
            sentence=sentence,
            session=str(who // 2),
        )
        for who in range(speakers)
        for emotion in EMOTIONS
        for sentence in "ab"
    ]


def contents_of(utterances: Sequence[Utterance]) -> dict[str, str]:
    return {item.name: f"hash of {item.name}" for item in utterances}


def by_speaker(utterances: Sequence[Utterance], train: str, dev: str, test: str, excluded: str = "") -> Fold:
    def held(speakers: str) -> tuple[str, ...]:
        return tuple(item.name for item in utterances if item.speaker in set(speakers))

    return Fold("one", held(train), held(dev), held(test), held(excluded))


def build(utterances: Sequence[Utterance], *folds: Fold, **changes: object) -> SplitPlan:
    told: dict[str, object] = {
        "protocol": "by_hand",
        "settings": {"dev_speakers": 1},
        "seed": 0,
        "contents": contents_of(utterances),
        "sessions_matter": False,
        "disjoint": SPEAKER,
    }
    return build_plan(utterances, folds, **(told | changes))  # type: ignore[arg-type]


@pytest.fixture
def plan() -> SplitPlan:
    items = corpus()
    return build(items, by_speaker(items, "01", "2", "3"))


def test_a_plan_is_built_by_build_plan_only(plan: SplitPlan) -> None:
    with pytest.raises(SplitError, match="build_plan"):
        SplitPlan("random", {}, 0, (), inflated=False, disjoint=SPEAKER, sessions_matter=False, proof=None)
    with pytest.raises(ValueError):
        dataclasses.replace(plan, seed=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        plan.seed = 1  # type: ignore[misc]


def _move(fold: Fold, name: str, part: str) -> Fold:
    """The fold with one utterance in another part."""
    parts = {
        key: tuple(one for one in getattr(fold, key) if one != name) for key in ("train", "dev", "test", "excluded")
    }
    parts[part] = (*parts[part], name)
    return Fold(fold.name, **parts)


@settings(deadline=None, max_examples=40)
@given(st.sampled_from([item.name for item in corpus()]), st.sampled_from(["train", "dev", "test"]))
def test_a_plan_that_shares_a_speaker_cannot_be_built(name: str, part: str) -> None:
    items = corpus()
    fold = by_speaker(items, "01", "2", "3")
    if name in getattr(fold, part):
        return
    with pytest.raises(SplitError, match=rf"speaker 'made/{name[0]}' is in .*{name[:1]}-.*Put all") as caught:
        build(items, _move(fold, name, part))
    assert "fold 'one'" in str(caught.value)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_plan_that_shares_a_recording_cannot_be_built(data: st.DataObject) -> None:
    items = corpus()
    fold = by_speaker(items, "01", "2", "3")
    first, second = data.draw(
        st.lists(st.sampled_from(["train", "dev", "test"]), min_size=2, max_size=2, unique=True)
    )
    twins = {data.draw(st.sampled_from(getattr(fold, part))): "twin" for part in (first, second)}
    for disjoint in (SPEAKER, frozenset[str]()):
        with pytest.raises(SplitError, match=r"recording 'twin' is in .*Drop duplicates first"):
            build(items, fold, contents=contents_of(items) | twins, disjoint=disjoint)


def test_a_plan_that_shares_a_session_cannot_be_built_where_sessions_matter() -> None:
    items = corpus(6)
    apart, sharing = by_speaker(items, "01", "23", "45"), by_speaker(items, "012", "3", "45")
    assert build(items, sharing).sessions_matter is False
    assert build(items, apart, sessions_matter=True).sessions_matter
    with pytest.raises(SplitError, match="session 'made/1' is in train and dev"):
        build(items, sharing, sessions_matter=True)
    with pytest.raises(SplitError, match="session column"):
        build([item.replace(session=None) for item in items], apart, sessions_matter=True)


def test_a_promised_sentence_is_apart_from_the_test_but_not_between_train_and_dev() -> None:
    items = corpus()
    both = frozenset({"speaker", "sentence"})
    fold = by_speaker(items, "01", "2", "3")
    with pytest.raises(SplitError, match=r"sentence 'made/a' is in train and dev and test.*Exclude"):
        build(items, fold, disjoint=both)
    for item in items:
        if (item.sentence == "a") is not (item.speaker == "3"):
            fold = _move(fold, item.name, "excluded")
    assert build(items, fold, disjoint=both).disjoint == both


def test_only_a_plan_that_does_not_promise_speakers_is_inflated(plan: SplitPlan) -> None:
    items = corpus()
    mixed = _move(by_speaker(items, "01", "2", "3"), "0-joy-a", "test")
    assert not plan.inflated
    assert build(items, mixed, disjoint=frozenset()).inflated


@pytest.mark.parametrize(
    ("mutilate", "message"),
    [
        (lambda fold: dataclasses.replace(fold, dev=(), excluded=fold.dev), "no utterance in dev"),
        (lambda fold: dataclasses.replace(fold, test=(), excluded=fold.test), "no utterance in test"),
        (lambda fold: dataclasses.replace(fold, test=(*fold.test, *fold.test)), "more than once"),
        (lambda fold: dataclasses.replace(fold, train=(*fold.train, "nobody")), "nobody"),
        (lambda fold: dataclasses.replace(fold, train=fold.train[1:]), "0-anger-a"),
    ],
)
def test_every_fold_parts_every_utterance_once(mutilate: Callable[[Fold], Fold], message: str) -> None:
    items = corpus()
    with pytest.raises(SplitError, match=message):
        build(items, mutilate(by_speaker(items, "01", "2", "3")))


def test_an_utterance_is_tested_once_and_a_fold_named_once() -> None:
    items = corpus()
    fold, other = by_speaker(items, "01", "2", "3"), by_speaker(items, "12", "0", "3")
    with pytest.raises(SplitError, match="tested in more than one fold: 3-anger-a, 3-anger-b, 3-joy-a and 1 more"):
        build(items, fold, dataclasses.replace(other, name="two"))
    with pytest.raises(SplitError, match="Name each once"):
        build(items, fold, by_speaker(items, "12", "3", "0"))
    with pytest.raises(SplitError, match="Name each once"):
        build(items)


def test_train_holds_every_emotion_that_is_tested() -> None:
    items = [item.replace(emotion="fear") if item.name == "3-joy-a" else item for item in corpus()]
    with pytest.raises(SplitError, match="train holds no fear, which is tested"):
        build(items, by_speaker(items, "01", "2", "3"))
    flat = [item.replace(emotion="joy") for item in items]
    with pytest.raises(SplitError, match=r"train holds 1 emotions .joy., expected 2 or more"):
        build(flat, by_speaker(flat, "01", "2", "3"))


def test_what_a_plan_needs_is_asked_for() -> None:
    items = corpus()
    fold = by_speaker(items, "01", "2", "3")
    with pytest.raises(SplitError, match=r"1 of 16 utterances have no speaker .0-anger-a.*speaker column"):
        build([items[0].replace(speaker=None), *items[1:]], fold)
    with pytest.raises(SplitError, match="no content hash for 16 utterances"):
        build(items, fold, contents={})
    with pytest.raises(SplitError, match="occur twice: 0-anger-a"):
        build([*items, items[0]], fold)
    with pytest.raises(SplitError, match="plain JSON"):
        build(items, fold, settings={"file": Path("x")})


def test_the_same_name_in_two_corpora_is_not_the_same_speaker() -> None:
    items = corpus(3)
    others = [item.replace(name=f"other-{item.name}", corpus="other") for item in items if item.speaker == "0"]
    everything = [*items, *others]
    fold = by_speaker(items, "0", "1", "2")
    fold = dataclasses.replace(fold, test=(*fold.test, *(item.name for item in others)))
    assert build(everything, fold).folds == (fold,)


def test_save_and_load_give_the_same_plan(plan: SplitPlan, tmp_path: Path) -> None:
    file = tmp_path / "deeper" / "plan.json"
    plan.save(file)
    plan.save(file)
    again = SplitPlan.load(file)
    assert again == plan
    assert again.digest == plan.digest
    assert hash(again) == hash(plan)
    assert [path.name for path in file.parent.iterdir()] == ["plan.json"]
    again.verify(corpus(), contents_of(corpus()))
    # joblib sends plans to its workers so; nothing but what this very line made is unpickled.
    assert pickle.loads(pickle.dumps(plan)) == plan


def test_a_loaded_plan_is_not_for_other_utterances(plan: SplitPlan) -> None:
    with pytest.raises(SplitError, match=r"the fold or the corpus only: 0-anger-a"):
        plan.verify(corpus()[1:], contents_of(corpus()))


def test_the_digest_changes_when_anything_changes(plan: SplitPlan) -> None:
    items = corpus(6)
    fold = by_speaker(items, "01", "23", "45")
    both = frozenset({"speaker", "session"})
    plans = [
        plan,
        build(items, fold),
        build(items, fold, seed=1),
        build(items, fold, protocol="other"),
        build(items, fold, settings={"dev_speakers": 2}),
        build(items, fold, sessions_matter=True),
        build(items, fold, disjoint=both),
        build(items, fold, disjoint=frozenset()),
        build(items, dataclasses.replace(fold, name="two")),
        build(items, dataclasses.replace(fold, train=fold.train[::-1])),
        build(items, dataclasses.replace(fold, dev=fold.dev[1:], excluded=fold.dev[:1])),
    ]
    assert len({one.digest for one in plans}) == len(plans)
    assert build(items, fold).digest == build(items, fold).digest
    assert len(plan.digest) == 64


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_mutilated_file_is_refused(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    items = corpus()
    file = tmp_path_factory.mktemp("plan") / "plan.json"
    build(items, by_speaker(items, "01", "2", "3")).save(file)
    whole = file.read_bytes()
    where = data.draw(st.integers(0, len(whole) - 2))
    other = data.draw(st.integers(33, 126).filter(lambda byte: byte != whole[where]))
    changed = whole[:where] + bytes([other]) + whole[where + 1 :]
    for text in (changed, whole[:where]):
        file.write_bytes(text)
        if json.loads(whole) != _parsed(text):
            with pytest.raises(SplitError, match=r"plan.json"):
                SplitPlan.load(file)


def _parsed(text: bytes) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return None


def test_a_file_that_is_no_plan_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    with pytest.raises(SplitError, match="cannot be read"):
        SplitPlan.load(file)
    for text in ("", "[]", "{}", '{"digest": 1}', "\xff"):
        file.write_text(text, encoding="latin-1")
        with pytest.raises(SplitError, match="cannot be read"):
            SplitPlan.load(file)


def test_duplicates_are_dropped_by_rule() -> None:
    items = corpus()
    twins = contents_of(items)
    twins |= {"0-joy-b": twins["0-joy-a"]}  # one speaker, one emotion: the first by name stays
    twins |= {"1-joy-a": twins["2-joy-a"]}  # two speakers: none stays
    twins |= {"3-joy-a": twins["3-anger-a"]}  # two emotions: none stays
    kept, dropped = drop_duplicates(items[::-1], twins)
    assert dropped == [
        ("0-joy-b", "0-joy-a"),
        ("1-joy-a", None),
        ("2-joy-a", None),
        ("3-anger-a", None),
        ("3-joy-a", None),
    ]
    gone = {name for name, _ in dropped}
    assert kept == [item for item in items[::-1] if item.name not in gone]
    assert drop_duplicates(kept, twins) == (kept, [])


def test_stretches_of_one_recording_are_no_duplicates() -> None:
    items = [
        utterance("a#0", end=1.0),
        utterance("a#1", start=1.0, end=2.0),
        utterance("a#2", start=1.0, end=2.0),
    ]
    kept, dropped = drop_duplicates(items, dict.fromkeys(("a#0", "a#1", "a#2"), "whole"))
    assert [item.name for item in kept] == ["a#0", "a#1"]
    assert dropped == [("a#2", "a#1")]


def test_draw_plan_checks_the_name_and_the_settings() -> None:
    items = corpus()
    contents = contents_of(items)
    with pytest.raises(UnknownNameError, match="speaker_groups"):
        draw_plan("speaker_group", items, {}, seed=0, contents=contents)
    with pytest.raises(SettingsError, match="did you mean 'groups'"):
        draw_plan("speaker_groups", items, {"group": 2}, seed=0, contents=contents)
    for bad in (-1, 0.0, 1.0, 1.5, True, False, "two", None):
        with pytest.raises(SettingsError, match="split leave_one_speaker_out: dev_speakers"):
            draw_plan("leave_one_speaker_out", items, {"dev_speakers": bad}, seed=0, contents=contents)


def test_draw_plan_says_what_it_ran() -> None:
    items = corpus()
    drawn = draw_plan("speaker_groups", items, {"groups": 2}, seed=5, contents=contents_of(items))
    assert (drawn.protocol, drawn.seed, drawn.settings) == (
        "speaker_groups",
        5,
        {"groups": 2, "dev_speakers": 0.2},
    )


def test_a_duplicate_across_speakers_stops_every_draw() -> None:
    items = corpus()
    contents = contents_of(items) | {"0-joy-a": "twin", "1-joy-a": "twin"}
    with pytest.raises(SplitError, match="Drop duplicates first"):
        draw_plan("leave_one_speaker_out", items, {}, seed=0, contents=contents)
    kept, _ = drop_duplicates(items, contents)
    assert len(draw_plan("leave_one_speaker_out", kept, {}, seed=0, contents=contents).folds) == 4
