"""What every split keeps, whatever it is: run over all registered names."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from unheard import registry
from unheard.data.audit.metadata import shared_between_parts
from unheard.data.folds.plan import SplitPlan, draw_plan
from unheard.records import Utterance

NAMES = registry.names("splits")
relaxed = settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])


@st.composite
def corpora(draw: st.DrawFn) -> list[Utterance]:
    """Eight to fourteen speakers, two a session; each says every emotion, some sentences are missing."""
    emotions = ("anger", "joy", "sadness")[: draw(st.integers(2, 3))]
    return [
        Utterance(Path(name), name, "made").replace(
            speaker=f"s{who:02}", emotion=emotion, sentence=line, session=str(who // 2), gender="fm"[who % 2]
        )
        for who in range(draw(st.integers(8, 14)))
        for emotion in emotions
        for line in "abc"
        for take in range(draw(st.integers(1, 2)) if line == "a" else 1)
        if line != "c" or draw(st.booleans())
        for name in [f"{who:02}-{emotion}-{line}-{take}.wav"]
    ]


def contents_of(utterances: Sequence[Utterance]) -> dict[str, str]:
    return {item.name: f"hash of {item.name}" for item in utterances}


def own_settings(name: str, utterances: Sequence[Utterance], folder: Path) -> dict[str, object]:
    """The least that a split must be told; tables are made for the corpus, two folds of whole sessions."""
    least = {"speaker_groups": {"groups": 2}, "speaker_and_sentence_disjoint": {"speaker_groups": 2}}
    if name != "from_file":
        return {"dev_speakers": 1, **least.get(name, {})}
    speakers = sorted({(str(item.speaker), int(str(item.session)) % 2) for item in utterances})
    file = folder / "folds.csv"
    file.write_text("speaker,fold\n" + "".join(f"{who},{fold}\n" for who, fold in speakers), encoding="utf-8")
    return {"dev_speakers": 1, "file": str(file)}


def drawn(
    name: str, utterances: Sequence[Utterance], folder: Path, *, seed: int = 0, sessions: bool = False
) -> SplitPlan:
    told = own_settings(name, utterances, folder)
    contents = contents_of(utterances)
    return draw_plan(name, utterances, told, seed=seed, contents=contents, sessions_matter=sessions)


@pytest.mark.parametrize("name", NAMES)
def test_a_split_says_what_it_is(name: str) -> None:
    module = registry.load("splits", name)
    assert module.__doc__
    assert module.propose.__doc__
    assert {"DISJOINT", "INFLATED", "Settings", "propose"} <= set(module.__all__)
    assert isinstance(module.DISJOINT, frozenset)
    assert module.INFLATED is ("speaker" not in module.DISJOINT)
    if module.INFLATED:
        assert module.WHY_INFLATED.endswith(".")
        assert "nflated" in module.__doc__.split("\n")[0]


@pytest.mark.parametrize("name", NAMES)
def test_an_unknown_setting_is_an_error(name: str) -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        registry.load("splits", name).Settings(file="folds.csv", color="red")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sessions", [False, True])
@relaxed
@given(utterances=corpora(), seed=st.integers(-3, 3))
def test_no_two_parts_share_what_is_promised_apart(
    name: str, sessions: bool, utterances: list[Utterance], seed: int, tmp_path: Path
) -> None:
    plan = drawn(name, utterances, tmp_path, seed=seed, sessions=sessions)
    module = registry.load("splits", name)
    assert plan.inflated is module.INFLATED
    known = {item.name: item for item in utterances}
    for fold in plan.folds:
        parts = [{known[one] for one in part} for part in (fold.train, fold.dev, fold.test)]
        speakers = [{item.speaker for item in part} for part in parts]
        assert not speakers[0] & speakers[1]
        assert sorted((*fold.train, *fold.dev, *fold.test, *fold.excluded)) == sorted(known)
        if not plan.inflated:
            assert not (speakers[0] | speakers[1]) & speakers[2]
            held = [{item.session for item in part} for part in parts]
            assert not sessions or not (held[0] & held[1] or held[0] & held[2] or held[1] & held[2])
        if "sentence" in plan.disjoint:
            lines = [{item.sentence for item in part} for part in parts]
            assert not (lines[0] | lines[1]) & lines[2]
    assert not shared_between_parts(plan.folds, utterances, contents_of(utterances), disjoint=plan.disjoint)


@pytest.mark.parametrize("name", NAMES)
@relaxed
@given(utterances=corpora())
def test_every_utterance_is_tested_exactly_once(name: str, utterances: list[Utterance], tmp_path: Path) -> None:
    plan = drawn(name, utterances, tmp_path)
    tested = [one for fold in plan.folds for one in fold.test]
    assert sorted(tested) == sorted(item.name for item in utterances)


@pytest.mark.parametrize("name", NAMES)
@relaxed
@given(utterances=corpora(), seed=st.integers(0, 3), data=st.data())
def test_the_same_seed_draws_the_same_plan_whatever_the_order(
    name: str, utterances: list[Utterance], seed: int, data: st.DataObject, tmp_path: Path
) -> None:
    plan = drawn(name, utterances, tmp_path, seed=seed)
    shuffled = data.draw(st.permutations(utterances))
    assert drawn(name, shuffled, tmp_path, seed=seed).digest == plan.digest


@pytest.mark.parametrize("name", NAMES)
def test_the_seed_decides(name: str, tmp_path: Path) -> None:
    utterances = [
        Utterance(Path(file), file, "made").replace(
            speaker=f"s{who:02}", emotion=emotion, sentence=line, session=f"{who // 2:02}", gender="f"
        )
        for who in range(20)
        for emotion in ("anger", "joy")
        for line in "ab"
        for file in [f"{who:02}-{emotion}-{line}.wav"]
    ]
    plans = [drawn(name, utterances, tmp_path, seed=seed) for seed in range(4)]
    assert len({plan.folds for plan in plans}) == 4


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("sessions", [False, True])
def test_a_saved_plan_comes_back(name: str, sessions: bool, tmp_path: Path) -> None:
    utterances = [
        Utterance(Path(file), file, "made").replace(
            speaker=f"s{who}", emotion=emotion, sentence=line, session=str(who // 2), gender="fm"[who % 2]
        )
        for who in range(8)
        for emotion in ("anger", "joy")
        for line in "ab"
        for file in [f"{who}-{emotion}-{line}.wav"]
    ]
    plan = drawn(name, utterances, tmp_path, sessions=sessions)
    plan.save(tmp_path / "plan.json")
    assert SplitPlan.load(tmp_path / "plan.json") == plan
