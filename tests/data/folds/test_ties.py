"""Who is heard together stays together: in one recording always, in a session or dialogue where they matter."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from unheard import registry
from unheard.data.audit.metadata import shared_between_parts
from unheard.data.folds.plan import Fold, SplitPlan, build_plan, draw_plan
from unheard.data.folds.tied_speakers import recording
from unheard.errors import SplitError
from unheard.records import Utterance

EMOTIONS = ("anger", "joy")
SPLITS = {
    "speaker_groups": {"groups": 2},
    "leave_one_speaker_out": {},
    "leave_one_session_out": {},
    "sentence_disjoint": {},
    "speaker_and_sentence_disjoint": {"speaker_groups": 2},
    "random": {"folds": 3},
}


def calls(pairs: Sequence[tuple[str, str]], lines: str = "ab") -> list[Utterance]:
    """Recordings of two speakers each, who say every line with every emotion by turns."""
    items = []
    for call, pair in enumerate(pairs):
        clock = 0.0
        for line in lines:
            for emotion in EMOTIONS:
                for who in pair:
                    name = f"call{call}.wav#{clock:.3f}-{clock + 1:.3f}"
                    own = Utterance(Path(f"call{call}.wav"), name, "made", start=clock, end=clock + 1)
                    items.append(own.replace(speaker=who, emotion=emotion, sentence=line, session=f"day{call % 3}"))
                    clock += 1
    return items


def draw(name: str, items: Sequence[Utterance], *, sessions: bool = False, **told: object) -> SplitPlan:
    contents = {item.name: recording(item) for item in items}
    own = {"dev_speakers": 1, **SPLITS.get(name, {}), **told}
    return draw_plan(name, items, own, seed=0, contents=contents, sessions_matter=sessions)


PAIRED = calls([(f"c{call}a", f"c{call}b") for call in range(6)])
CENTER = calls([("agent", f"caller{call}") for call in range(6)])


@pytest.mark.parametrize("name", [name for name in registry.names("splits") if name in SPLITS])
def test_no_split_tears_a_recording_apart(name: str) -> None:
    items = PAIRED
    if name == "sentence_disjoint":
        one, other = (calls([("a", "b"), ("c", "d"), ("e", "f")], line) for line in "ab")
        items = [*one, *(item.replace(file=Path(f"2-{item.file}"), name=f"2-{item.name}") for item in other)]
    plan = draw(name, items)
    contents = {item.name: str(item.file) for item in items}
    assert not shared_between_parts(plan.folds, items, contents, disjoint=plan.disjoint)
    assert sorted(one for fold in plan.folds for one in fold.test) == sorted(item.name for item in items)


def test_speakers_of_one_recording_are_dealt_into_one_group() -> None:
    for fold in draw("speaker_groups", PAIRED, groups=3).folds:
        assert not fold.excluded
        tested = {item.speaker for item in PAIRED if item.name in fold.test}
        assert {f"{who[:-1]}{other}" for who in map(str, tested) for other in "ab"} == tested


def test_one_speaker_left_out_takes_the_recording_along_but_not_the_partner() -> None:
    fold = draw("leave_one_speaker_out", PAIRED).folds[0]
    assert {item.speaker for item in PAIRED if item.name in fold.test} == {"c0a"}
    assert {item.speaker for item in PAIRED if item.name in fold.excluded} == {"c0b"}


@pytest.mark.parametrize("name", ["speaker_groups", "leave_one_speaker_out", "speaker_and_sentence_disjoint"])
def test_a_speaker_of_every_recording_is_named_with_what_can_be_done(name: str) -> None:
    with pytest.raises(SplitError, match=r"separable sets|sets of speakers") as caught:
        draw(name, CENTER)
    said = str(caught.value)
    assert "'made/agent' is in" in said
    assert "channel" in said
    assert "leave 'made/agent' out" in said
    assert "split.name = 'random' with split.dev = 'utterances'" in said
    assert "duplicates" not in said


def test_the_remedies_are_true() -> None:
    without = [item for item in CENTER if item.speaker != "agent"]
    assert len(draw("leave_one_speaker_out", without).folds) == 6
    channels = [item.replace(file=Path(f"{item.speaker}-{item.file}")) for item in CENTER]
    assert draw("speaker_groups", channels).folds
    assert draw("random", CENTER, folds=3, dev="utterances").inflated


def test_a_path_in_another_spelling_is_the_same_recording(tmp_path: Path) -> None:
    (tmp_path / "call.wav").write_bytes(b"")
    (tmp_path / "link.wav").symlink_to(tmp_path / "call.wav")
    spelt = [tmp_path / "call.wav", tmp_path / "x" / ".." / "call.wav", tmp_path / "link.wav"]
    assert len({recording(Utterance(path, path.name, "made")) for path in spelt}) == 1


def _two_parts(first: Utterance, second: Utterance) -> None:
    """A plan whose train holds the first and whose test holds the second, told apart by content alone."""
    rest = [
        Utterance(Path(name), name, "made").replace(speaker=name[0], emotion=name[1:])
        for name in ("ranger", "rjoy", "danger", "djoy")
    ]
    items = [*rest, first, second]
    fold = Fold("one", ("ranger", "rjoy", first.name), ("danger", "djoy"), (second.name,))
    contents = {item.name: item.name for item in rest} | {first.name: "same", second.name: "same"}
    build_plan(
        items,
        [fold],
        protocol="by_hand",
        settings={},
        seed=0,
        contents=contents,
        sessions_matter=False,
        disjoint=frozenset({"speaker"}),
    )


@pytest.mark.parametrize(
    ("file", "start", "mend"),
    [
        ("copy.wav", 0.0, "Drop duplicates first"),
        ("call.wav", 1.0, "Put all stretches of a recording into one part"),
        ("copy.wav", 1.0, "These files are one recording: name one of them"),
    ],
)
def test_the_mend_of_a_shared_recording_is_one_that_helps(file: str, start: float, mend: str) -> None:
    first = Utterance(Path("call.wav"), "first", "made", start=0.0).replace(speaker="x", emotion="anger")
    second = Utterance(Path(file), "second", "made", start=start).replace(speaker="y", emotion="anger")
    with pytest.raises(SplitError, match=re.escape(mend)):
        _two_parts(first, second)


def alone(speakers: int = 8, **known: object) -> list[Utterance]:
    """A recording an utterance; what is known may depend on the speaker's number."""
    return [
        Utterance(Path(name), name, "made").replace(
            speaker=f"s{who}",
            emotion=emotion,
            **{key: value(who) if callable(value) else value for key, value in known.items()},
        )
        for who in range(speakers)
        for emotion in EMOTIONS
        for name in [f"{who}-{emotion}.wav"]
    ]


def test_dialogues_tie_as_sessions_do_where_they_matter() -> None:
    items = alone(dialogue=lambda who: f"d{who // 2}")
    assert draw("speaker_groups", items, groups=4, sessions=True).sessions_matter
    with pytest.raises(SplitError, match="there are 4 sets of speakers who share no dialogue"):
        draw("speaker_groups", items, groups=5, sessions=True)
    both = alone(16, session=str, dialogue=lambda who: f"d{who // 4}")
    for fold in draw("speaker_groups", both, sessions=True).folds:
        assert len({item.dialogue for item in both if item.name in fold.test}) == 2
    plan = draw("leave_one_speaker_out", alone(12, session=str, dialogue=lambda who: f"d{who // 4}"), sessions=True)
    assert all(len(fold.excluded) == 6 for fold in plan.folds)


def test_a_dialogue_in_two_parts_is_no_plan() -> None:
    items = alone(session=str, dialogue=lambda who: "d" if who in (0, 7) else f"d{who}")
    held = {part: tuple(i.name for i in items if str(i.speaker) in who) for part, who in (
        ("train", ("s0", "s1", "s2")), ("dev", ("s3", "s4")), ("test", ("s5", "s6", "s7")))}  # fmt: skip
    told = {"protocol": "by_hand", "settings": {}, "seed": 0, "disjoint": frozenset({"speaker"})}
    contents = {item.name: item.name for item in items}
    build_plan(items, [Fold("one", **held)], contents=contents, sessions_matter=False, **told)
    with pytest.raises(SplitError, match=r"dialogue 'made/d' is in train and test.*split.sessions = 'ignore'"):
        build_plan(items, [Fold("one", **held)], contents=contents, sessions_matter=True, **told)


def test_a_session_that_everybody_shares_is_said_with_what_can_be_done() -> None:
    with pytest.raises(SplitError, match=r"1 sets of speakers who share no session.*split.sessions = 'ignore'"):
        draw("speaker_groups", alone(session="1"), sessions=True)


def test_a_session_that_some_do_not_name_is_an_error_and_a_dialogue_is_not() -> None:
    some = [item.replace(session=None) if item.speaker == "s3" else item for item in alone(session=str)]
    with pytest.raises(SplitError, match=r"2 of 16 utterances have no session .*3-anger.*split.sessions = 'ignore'"):
        draw("speaker_groups", some, sessions=True)
    some = [item.replace(dialogue=None) if item.speaker == "s3" else item for item in alone(dialogue=str)]
    assert draw("speaker_groups", some, sessions=True).folds
