"""What each split does of its own; what all of them keep is in tests/contracts/test_splits.py."""

import csv
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from unheard.data.folds.groups import speakers_of
from unheard.data.folds.plan import SplitPlan, draw_plan
from unheard.errors import SettingsError, SplitError
from unheard.records import Utterance

CORPORA = Path(os.environ.get("UNHEARD_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))


def utterance(name: str, **known: object) -> Utterance:
    return Utterance(Path(name), name, "made").replace(**known)


def corpus(speakers: int = 6, emotions: Sequence[str] = ("anger", "joy"), lines: str = "ab") -> list[Utterance]:
    """Speakers 0, 1, ... (f, m, f, ...), two a session, each saying every line with every emotion."""
    return [
        utterance(
            f"{who}/{emotion}-{line}.wav",
            speaker=str(who),
            gender="fm"[who % 2],
            emotion=emotion,
            sentence=line,
            session=str(who // 2),
        )
        for who in range(speakers)
        for emotion in emotions
        for line in lines
    ]


def draw(
    name: str, utterances: Sequence[Utterance], *, sessions: bool = False, seed: int = 0, **told: object
) -> SplitPlan:
    contents = {item.name: f"hash of {item.name}" for item in utterances}
    return draw_plan(name, utterances, told, seed=seed, contents=contents, sessions_matter=sessions)


def values(utterances: Sequence[Utterance], names: Sequence[str], column: str) -> list[str]:
    known = {item.name: item for item in utterances}
    return sorted({str(getattr(known[name], column)) for name in names})


def table(folder: Path, text: str) -> str:
    file = folder / "folds.csv"
    file.write_text(text, encoding="utf-8")
    return str(file)


def test_dev_speakers_are_counted_or_shared() -> None:
    items = corpus(11)
    for wanted, count in ((1, 1), (4, 4), (0.2, 2), (0.01, 1), (0.55, 6)):
        for fold in draw("leave_one_speaker_out", items, dev_speakers=wanted).folds:
            assert len(values(items, fold.dev, "speaker")) == count


def test_dev_genders_are_those_of_the_rest() -> None:
    items = corpus(12)
    for fold in draw("leave_one_speaker_out", items, dev_speakers=4, seed=3).folds:
        genders = Counter(item.gender for item in items if item.name in fold.dev)
        assert set(genders.values()) == {len(fold.dev) // 2}


def test_dev_leaves_train_every_emotion_and_holds_as_many_as_it_can() -> None:
    items = [
        *corpus(8),
        *(utterance(f"{who}/fear", speaker=who, gender="f", emotion="fear") for who in "012"),
    ]
    for seed in range(5):
        for fold in draw("leave_one_speaker_out", items, dev_speakers=2, seed=seed).folds:
            assert values(items, fold.train, "emotion") == ["anger", "fear", "joy"]
            assert values(items, fold.dev, "emotion") == ["anger", "fear", "joy"]


def test_too_many_dev_speakers_are_an_error() -> None:
    with pytest.raises(SplitError, match=r"fold 'speaker-0': 5 dev speakers asked for, .* leaves 5 speakers"):
        draw("leave_one_speaker_out", corpus(6), dev_speakers=5)
    with pytest.raises(SplitError, match=r"leaves 1 speakers in 1 separable sets"):
        draw("leave_one_speaker_out", corpus(2))


def test_an_emotion_of_one_speaker_cannot_be_tested_on_that_speaker() -> None:
    items = [*corpus(4), utterance("fear", speaker="2", emotion="fear")]
    with pytest.raises(SplitError, match=r"fold 'speaker-2': train holds no fear.*leave that emotion out"):
        draw("leave_one_speaker_out", items)


def test_leave_one_speaker_out_tests_each_speaker_alone() -> None:
    items = corpus(4)
    folds = draw("leave_one_speaker_out", items).folds
    assert [fold.name for fold in folds] == ["speaker-0", "speaker-1", "speaker-2", "speaker-3"]
    assert [values(items, fold.test, "speaker") for fold in folds] == [["0"], ["1"], ["2"], ["3"]]
    assert not any(fold.excluded for fold in folds)


def test_speakers_of_two_corpora_are_told_apart_by_corpus() -> None:
    others = [item.replace(corpus="other", name=f"o/{item.name}") for item in corpus(3)]
    names = [fold.name for fold in draw("leave_one_speaker_out", [*corpus(3), *others]).folds]
    assert names == [f"speaker-{corpus}/{who}" for corpus in ("made", "other") for who in "012"]


def test_the_partner_of_a_tested_speaker_is_excluded_where_sessions_matter() -> None:
    items = corpus(8)
    fold = draw("leave_one_speaker_out", items, sessions=True, dev_speakers=1).folds[0]
    assert values(items, fold.test, "speaker") == ["0"]
    assert values(items, fold.excluded, "speaker") == ["1"]
    assert len(values(items, fold.dev, "session")) == 1
    assert len(values(items, fold.dev, "speaker")) == 2


def test_speaker_groups_are_balanced() -> None:
    items = corpus(24, emotions=("anger", "joy", "sadness"))
    for seed in range(3):
        folds = draw("speaker_groups", items, groups=6, seed=seed).folds
        for fold in folds:
            speakers = {(item.speaker, item.gender) for item in items if item.name in fold.test}
            assert Counter(gender for _, gender in speakers) == {"f": 2, "m": 2}


def test_speaker_groups_spread_a_rare_emotion() -> None:
    items = [*corpus(12), *(utterance(f"{who}/fear", speaker=str(who), emotion="fear") for who in (0, 2, 4))]
    items = [item.replace(gender="f") for item in items]
    folds = draw("speaker_groups", items, groups=3).folds
    assert all("fear" in values(items, fold.test, "emotion") for fold in folds)


def test_speaker_groups_keep_sessions_together() -> None:
    items = corpus(12)
    for fold in draw("speaker_groups", items, groups=3, sessions=True).folds:
        assert not fold.excluded
        assert len(values(items, fold.test, "speaker")) == 2 * len(values(items, fold.test, "session"))
    with pytest.raises(SplitError, match="there are 6 sets of speakers who share no session"):
        draw("speaker_groups", items, groups=7, sessions=True)


def test_speakers_whom_a_chain_of_sessions_ties_cannot_be_parted() -> None:
    items = [item.replace(session=str((int(str(item.speaker)) + (item.sentence == "b")) // 2)) for item in corpus(6)]
    with pytest.raises(SplitError, match="there are 1 sets of speakers"):
        draw("speaker_groups", items, groups=2, sessions=True)


def test_leave_one_session_out_devs_on_whole_sessions_where_they_matter() -> None:
    items = corpus(10)
    folds = draw("leave_one_session_out", items, sessions=True, dev_speakers=1).folds
    assert [fold.name for fold in folds] == [f"session-{number}" for number in range(5)]
    for fold in folds:
        assert len(values(items, fold.dev, "session")) == 1
        assert len(values(items, fold.train, "session")) == 3


def test_a_speaker_of_the_tested_session_is_excluded_elsewhere() -> None:
    items = [*corpus(8), utterance("again", speaker="0", emotion="joy", session="3", gender="f")]
    folds = {fold.name: fold for fold in draw("leave_one_session_out", items).folds}
    assert folds["session-0"].excluded == ("again",)
    assert "again" in folds["session-3"].test
    assert "0/joy-a.wav" in folds["session-3"].excluded


def test_sentence_groups_take_one_number_of_each_emotion_where_sentences_are_nested() -> None:
    items = [
        utterance(f"{who}-{one}-{number}", speaker=str(who), emotion=emotion, sentence=f"{one}-0{number}")
        for who in range(6)
        for one, emotion in enumerate(("anger", "fear", "joy"), start=1)
        for number in range(1, 5)
    ]
    folds = draw("sentence_disjoint", items).folds
    assert [values(items, fold.test, "sentence") for fold in folds] == [
        [f"{one}-0{number}" for one in (1, 2, 3)] for number in range(1, 5)
    ]
    assert len(draw("sentence_disjoint", items, sentence_groups=2).folds) == 2
    with pytest.raises(SplitError, match=r"no emotion is spoken in more than 4 sentences. Ask for 2 to 4"):
        draw("sentence_disjoint", items, sentence_groups=5)


def test_sentences_that_all_emotions_say_are_groups_of_their_own() -> None:
    items = [item for item in corpus(4, lines="abcde") if item.name != "0/joy-c.wav"]
    some = [item for item in items if (item.sentence, item.emotion) != ("d", "joy")]
    for found in (items, some):
        folds = draw("sentence_disjoint", found).folds
        assert sorted(values(found, fold.test, "sentence") for fold in folds) == [[line] for line in "abcde"]


def test_sentence_disjoint_is_marked_as_inflated() -> None:
    assert draw("sentence_disjoint", corpus()).inflated
    with pytest.raises(SplitError, match="sentence column"):
        draw("sentence_disjoint", [item.replace(sentence=None) for item in corpus()])
    with pytest.raises(SplitError, match="1 sentence groups asked for"):
        draw("sentence_disjoint", corpus(lines="a"))


def test_speakers_and_sentences_are_left_out_together() -> None:
    items = corpus(9, lines="abc")
    plan = draw("speaker_and_sentence_disjoint", items, speaker_groups=3)
    assert len(plan.folds) == 9
    assert plan.folds[1].name == "speakers-1-sentences-2"
    for fold in plan.folds:
        group, lines = values(items, fold.test, "speaker"), values(items, fold.test, "sentence")
        learned = {item for item in items if item.name in (*fold.train, *fold.dev)}
        assert learned == {item for item in items if item.speaker not in group and item.sentence not in lines}
        assert fold.excluded


def test_speaker_groups_may_come_from_a_file(tmp_path: Path) -> None:
    items = corpus(6)
    file = table(tmp_path, "speaker,fold\n" + "".join(f"{who},{'xyz'[who % 3]}\n" for who in range(6)))
    folds = draw("speaker_and_sentence_disjoint", items, folds_file=file).folds
    assert {fold.name: values(items, fold.test, "speaker") for fold in folds} == {
        f"speakers-{name}-sentences-{number}": [str(first), str(first + 3)]
        for first, name in enumerate("xyz")
        for number in (1, 2)
    }
    with pytest.raises(SettingsError, match="give one"):
        draw("speaker_and_sentence_disjoint", items, folds_file=file, speaker_groups=2)
    with pytest.raises(SplitError, match="deals sentences"):
        draw("speaker_and_sentence_disjoint", items, folds_file=table(tmp_path, "sentence,fold\na,1\nb,2\n"))


def test_folds_of_speakers_from_a_file(tmp_path: Path) -> None:
    items = corpus(6)
    file = table(tmp_path, "\ufefffold, speaker\n" + "".join(f"{1 + who // 2},{who}\r\n" for who in range(6)))
    plan = draw("from_file", items, file=file, sessions=True, dev_speakers=1)
    assert [fold.name for fold in plan.folds] == ["fold-1", "fold-2", "fold-3"]
    assert [values(items, fold.test, "speaker") for fold in plan.folds] == [
        ["0", "1"],
        ["2", "3"],
        ["4", "5"],
    ]
    assert not plan.inflated
    # The file counts by its content: the plan is the same plan on every machine.
    assert plan.settings["dev_speakers"] == 1
    assert plan.settings["file"]["name"] == "folds.csv"
    elsewhere = tmp_path / "elsewhere" / "folds.csv"
    elsewhere.parent.mkdir()
    elsewhere.write_bytes(Path(file).read_bytes())
    assert draw("from_file", items, file=str(elsewhere), sessions=True, dev_speakers=1).digest == plan.digest


def test_folds_of_files_are_held_to_the_promise_of_speakers(tmp_path: Path) -> None:
    items = corpus(6)
    rows = {item.name: str(int(str(item.speaker)) % 3) for item in items} | {"1/gone.wav": "1"}
    text = "".join(f"{name.replace('.wav', '.flac')},{fold}\n" for name, fold in rows.items())
    plan = draw("from_file", items, file=table(tmp_path, "file,fold\n" + text))
    assert [values(items, fold.test, "speaker") for fold in plan.folds] == [
        ["0", "3"],
        ["1", "4"],
        ["2", "5"],
    ]
    leaking = table(tmp_path, "file,fold\n" + text.replace("0/joy-a.flac,0", "0/joy-a.flac,1"))
    with pytest.raises(SplitError, match="speaker 'made/0' is in train and test"):
        draw("from_file", items, file=leaking)
    lacking = table(tmp_path, "file,fold\n" + text.replace("0/joy-a.flac,0\n", ""))
    with pytest.raises(SplitError, match=r"has no fold for 1 files of the corpus: 0/joy-a.wav. Add them"):
        draw("from_file", items, file=lacking)


def test_stretches_follow_the_file_that_they_are_of(tmp_path: Path) -> None:
    items = [item.replace(name=f"{item.name}#0.000-1.000", end=1.0) for item in corpus(4)]
    rows = "".join(f"{item.file.with_suffix('')},{item.speaker}\n" for item in items)
    plan = draw("from_file", items, file=table(tmp_path, "file,fold\n" + rows))
    assert [values(items, fold.test, "speaker") for fold in plan.folds] == [["0"], ["1"], ["2"], ["3"]]


def test_folds_of_sentences_from_a_file_are_inflated(tmp_path: Path) -> None:
    items = corpus(4, lines="abc")
    plan = draw("from_file", items, file=table(tmp_path, "sentence,fold\na,1\nb,2\nc,1\n"), sessions=True)
    assert plan.inflated
    assert plan.disjoint == {"sentence"}
    assert [values(items, fold.test, "sentence") for fold in plan.folds] == [["a", "c"], ["b"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the columns none"),
        ("speaker:fold\n0:1\n", "the columns speaker:fold"),
        ("speaker,file,fold\n0,a,1\n", "names a, and none of it is in the corpus"),
        ("speaker,fold\n0,1\n1,\n", "line 3: lacks the speaker or the fold"),
        ("speaker,fold\n0,1\n0,2\n", "line 3: names speaker '0' a second time"),
        ("speaker,fold\n0,1\n1,1\n2,1\n3,1\n", "has 1 folds, expected 2 or more"),
        ("speaker,fold\n0,1\n1,2\n2,1\n", "has no fold for 1 speakers of the corpus: 3"),
        ("speaker,fold\n0,1\n1,2\n2,1\n3,2\n4,2\n", "has 1 speakers that the corpus has not: 4"),
    ],
)
def test_a_table_that_does_not_fit_is_an_error(text: str, message: str, tmp_path: Path) -> None:
    file = table(tmp_path, text)
    with pytest.raises(SplitError, match=message) as caught:
        draw("from_file", corpus(4), file=file)
    assert str(caught.value).startswith(file)


def test_a_table_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SplitError, match="cannot be read"):
        draw("from_file", corpus(4), file=str(tmp_path / "missing.csv"))
    two = [*corpus(2), *(item.replace(corpus="other", name=f"o/{item.name}") for item in corpus(2))]
    with pytest.raises(SplitError, match="several corpora"):
        draw("from_file", two, file=table(tmp_path, "speaker,fold\n0,1\n1,2\n"))


def test_a_random_split_shares_speakers_and_says_so() -> None:
    items = corpus(6, lines="abcde")
    plan = draw("random", items, folds=5)
    assert plan.inflated
    for fold in plan.folds:
        assert set(values(items, fold.train, "speaker")) & set(values(items, fold.test, "speaker"))
        assert Counter(item.emotion for item in items if item.name in fold.test) == {"anger": 6, "joy": 6}


def test_a_random_dev_part_leaves_every_tested_speaker_in_train_and_takes_as_much() -> None:
    items = corpus(6, lines="abcde")
    for wanted, count in ((1, 10), (2, 20), (0.25, 12)):
        for fold in draw("random", items, folds=5, dev="utterances", dev_speakers=wanted).folds:
            assert len(fold.dev) == count
            assert not set(fold.dev) & {*fold.train, *fold.test}
            assert set(values(items, fold.test, "speaker")) <= set(values(items, fold.train, "speaker"))
            heard = Counter(item.emotion for item in items if item.name in fold.dev)
            assert abs(heard["anger"] - heard["joy"]) <= 1
    again = draw("random", items, folds=5, dev="utterances", seed=3)
    assert again.digest == draw("random", items[::-1], folds=5, dev="utterances", seed=3).digest
    assert again.digest != draw("random", items, folds=5, dev="utterances", seed=4).digest
    with pytest.raises(SplitError, match="dev utterances"):
        draw("random", items, folds=5, dev="utterances", dev_speakers=5)


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "folds", "groups"), [("ravdess", 6, 2), ("emodb", 10, 10), ("ased", 5, 7), ("urdu", 5, 0)]
)
def test_the_given_folds_of_the_real_corpora(name: str, folds: int, groups: int) -> None:
    labels, table = CORPORA / "labels" / f"{name}.csv", CORPORA / "folds" / f"{name}.csv"
    if not labels.is_file() or not table.is_file():
        pytest.skip(f"{labels} or {table} is missing: set UNHEARD_CORPORA to the folder of the real corpora")
    with labels.open(encoding="utf-8", newline="") as stream:
        rows = [
            row
            for row in csv.DictReader(stream)
            if row["emotion"] not in {"boredom", "disgust", "fear"} or name != "emodb"
        ]
    items = [
        utterance(
            row["file"],
            speaker=row["speaker"],
            gender=row["gender"],
            emotion=row["emotion"],
            sentence=row["sentence"] or None,
        )
        for row in rows
    ]
    for seed in range(3):
        plan = draw("from_file", items, file=str(table), seed=seed)
        assert len(plan.folds) == folds
        assert sum(len(fold.test) for fold in plan.folds) == len(items)
    if groups:
        both = draw("speaker_and_sentence_disjoint", items, folds_file=str(table))
        assert len(both.folds) == folds * groups
        assert sum(len(fold.test) for fold in both.folds) == len(items)
    if name == "ased":
        assert values(items, both.folds[3].test, "sentence") == [f"{emotion}-04" for emotion in range(1, 6)]


def test_a_speaker_is_one_of_its_corpus() -> None:
    own, other = corpus(2), [item.replace(corpus="other", name=f"o/{item.name}") for item in corpus(2)]
    assert set(speakers_of(own).values()) == {"0", "1"}
    assert len(set(speakers_of([*own, *other]).values())) == 4
