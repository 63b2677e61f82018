"""An audformat database gives utterances from its tables, its schemes and its speakers."""

import random
import sys

import pytest

from unheard.corpora import audformat as reader
from unheard.errors import CorpusError, LabelError, MissingExtraError

audformat = pytest.importorskip("audformat")
pandas = pytest.importorskip("pandas")

FILES = ["audio/1.wav", "audio/2.wav"]


def database(folder, *, speakers="labels", emotions=("happy", None)):
    db = audformat.Database("made", languages=["deu"])
    people = {"anna": {"gender": "female", "age": 30}, "ben": {"gender": "male", "age": 40}}
    if speakers == "misc":
        index = pandas.Index(["anna", "ben"], dtype="string", name="speaker")
        db["people"] = audformat.MiscTable(index)
        db["people"]["gender"] = audformat.Column()
        db["people"]["gender"].set(["female", "male"])
        db.schemes["speaker"] = audformat.Scheme("str", labels="people")
    else:
        db.schemes["speaker"] = audformat.Scheme(labels=people)
    db.schemes["emotion"] = audformat.Scheme(labels=["happy", "sad", "stressed"])
    db.schemes["arousal"] = audformat.Scheme("float", minimum=1, maximum=5)
    db["files"] = audformat.Table(audformat.filewise_index(FILES))
    db["files"]["speaker"] = audformat.Column(scheme_id="speaker")
    db["files"]["speaker"].set(["anna", "ben"])
    db["emotion"] = audformat.Table(audformat.filewise_index(FILES))
    db["emotion"]["label"] = audformat.Column(scheme_id="emotion")
    db["emotion"]["label"].set(list(emotions))
    db["emotion"]["arousal"] = audformat.Column(scheme_id="arousal")
    db["emotion"]["arousal"].set([2.0, 5.0])
    for file in FILES:
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).touch()
    return db


@pytest.mark.parametrize("speakers", ["labels", "misc"])
def test_tables_and_speakers_are_joined(tmp_path, speakers: str) -> None:
    database(tmp_path, speakers=speakers).save(str(tmp_path))
    first, second = reader.read(tmp_path)
    assert (first.name, first.speaker, first.gender, first.language) == ("audio/1.wav", "anna", "f", "de")
    assert (first.emotion, first.arousal, first.file) == ("happiness", 0.25, tmp_path / "audio/1.wav")
    assert (second.gender, second.emotion, second.arousal) == ("m", None, 1.0)
    assert (first.start, first.end) == (0.0, None)


def test_segments_are_the_utterances_and_know_their_file(tmp_path) -> None:
    db = database(tmp_path)
    index = audformat.segmented_index(["audio/1.wav"] * 2, ["0s", "1.5s"], ["1.5s", "4s"])
    db["turns"] = audformat.Table(index)
    db["turns"]["transcript"] = audformat.Column()
    db["turns"]["transcript"].set(["hello", "goodbye"])
    db.save(str(tmp_path))
    found = reader.read(tmp_path)
    assert [item.name for item in found] == [
        "audio/1.wav#0.000-1.500",
        "audio/1.wav#1.500-4.000",
        "audio/2.wav",
    ]
    assert [item.speaker for item in found] == ["anna", "anna", "ben"]
    assert [item.transcript for item in found] == ["hello", "goodbye", None]
    assert [item.name for item in reader.read(tmp_path, table="turns")] == [item.name for item in found[:2]]


def test_two_tables_that_disagree_need_a_choice(tmp_path) -> None:
    db = database(tmp_path)
    db["second"] = audformat.Table(audformat.filewise_index(FILES[:1]))
    db["second"]["emotion"] = audformat.Column(scheme_id="emotion")
    db["second"]["emotion"].set(["sad"])
    db.save(str(tmp_path))
    with pytest.raises(CorpusError, match="'happy' in emotion and 'sad' in second"):
        reader.read(tmp_path)
    (found,) = reader.read(tmp_path, table="second")
    assert (found.emotion, found.speaker, found.arousal) == ("sadness", "anna", None)


def test_unknown_label_missing_file_and_unknown_table(tmp_path) -> None:
    database(tmp_path, emotions=("stressed", "sad")).save(str(tmp_path))
    with pytest.raises(LabelError, match="'stressed'"):
        reader.read(tmp_path)
    assert reader.read(tmp_path, labels={"STRESSED ": "stress"})[0].emotion == "stress"
    (tmp_path / FILES[1]).unlink()
    bad: list[tuple[str, str]] = []
    with pytest.raises(CorpusError, match="no usable recording"):
        reader.read(tmp_path, bad=bad)
    assert [name for name, _ in bad] == FILES
    with pytest.raises(CorpusError, match=r"no table 'emotions'. Known: emotion, files"):
        reader.read(tmp_path, table="emotions")


def test_without_the_extra_it_says_how_to_get_it(tmp_path, monkeypatch) -> None:
    database(tmp_path).save(str(tmp_path))
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(MissingExtraError, match=r"unheard\[audformat\]"):
        reader.read(tmp_path)


def drawn(folder, seed: int, storage_format: str):
    """A database of all kinds of schemes and values, drawn by a seed, as audformat writes it and reads it again."""
    draw = random.Random(seed)
    files = [f"audio/{number:02d}.wav" for number in range(6)]
    (folder / "audio").mkdir(parents=True)
    for file in files:
        (folder / file).touch()
    db = audformat.Database("made", languages=draw.choice([["deu"], ["eng", "deu"], []]))
    people = draw_speakers(db, draw)
    db.schemes["emotion"] = audformat.Scheme(labels=["happy", "sad", "neutral"])
    db.schemes["arousal"] = audformat.Scheme("float", minimum=1, maximum=5)
    db.schemes["valence"] = audformat.Scheme("int", minimum=-3, maximum=3)
    for name in ("date", "time", "bool", "int"):
        db.schemes[name] = audformat.Scheme(name)
    db["files"] = audformat.Table(audformat.filewise_index(files))
    put(db["files"], "speaker", "speaker", [missing(draw, draw.choice(people)) for _ in files])
    put(db["files"], "session", "date", [missing(draw, pandas.Timestamp(2020, 1, day + 1)) for day in range(6)])
    put(db["files"], "length", "time", [pandas.Timedelta(draw.random(), unit="s") for _ in files])
    put(db["files"], "dialogue", "bool", [missing(draw, draw.random() < 0.5) for _ in files])
    put(db["files"], "valence", "valence", [missing(draw, draw.randint(-3, 3)) for _ in files])
    words = ['a "b", c', "two\nlines", "\u00fc"]
    put(db["files"], "transcript", None, [missing(draw, draw.choice(words)) for _ in files])
    # Up to whole minutes and nanoseconds; the last end of a file may be its own.
    spans = [
        (file, start * 61.5, start * 61.5 + draw.randrange(1, 10**10) / 1e9) for file in files[:4] for start in (0, 1)
    ]
    ends = [
        pandas.NaT if start and draw.random() < 0.3 else pandas.Timedelta(end, unit="s") for _, start, end in spans
    ]
    starts = [pandas.Timedelta(start, unit="s") for _, start, _ in spans]
    db["turns"] = audformat.Table(audformat.segmented_index([file for file, _, _ in spans], starts, ends))
    put(db["turns"], "label", "emotion", [missing(draw, draw.choice(["happy", "sad"])) for _ in spans])
    put(db["turns"], "arousal", "arousal", [missing(draw, 1 + 4 * draw.random()) for _ in spans])
    put(db["turns"], "turn", "int", [missing(draw, number) for number, _ in enumerate(spans)])
    db.save(str(folder), storage_format=storage_format)
    return audformat.Database.load(str(folder))


def draw_speakers(db, draw) -> list:
    """Who may speak, in one of the ways that a scheme can say it."""
    kind = draw.choice(["any", "list", "table", "numbers", "misc table"])
    names = [1, 2, 30] if kind == "numbers" else ["01", "02", "ann, b"]
    about = {name: {"gender": draw.choice(["female", "male"]), "age": 30} for name in names}
    if kind == "any":
        db.schemes["speaker"] = audformat.Scheme("str")
    elif kind == "misc table":
        db.schemes["sex"] = audformat.Scheme(labels=["female", "male"])
        db["people"] = audformat.MiscTable(pandas.Index(names, dtype="string", name="speaker"))
        put(db["people"], "gender", "sex", [about[name]["gender"] for name in names])
        put(db["people"], "age", None, [1, 2, 3])
        db.schemes["speaker"] = audformat.Scheme("str", labels="people")
    else:
        db.schemes["speaker"] = audformat.Scheme(labels=names if kind == "list" else about)
    return names


def put(table, column: str, scheme: str | None, values: list) -> None:
    table[column] = audformat.Column(scheme_id=scheme)
    table[column].set(values)


def missing(draw, value):
    return None if draw.random() < 0.2 else value


def told(db, table: str, column: str, key: tuple, attribute: str | None = None):
    """What audformat itself gives for a row, None where it is missing or there is no such row."""
    own = db[table][column].get(as_segmented=True, map=attribute)
    value = own.get(key) if key in own.index else None
    return None if value is None or pandas.isna(value) else value


@pytest.mark.parametrize("storage_format", ["csv", "parquet"])
@pytest.mark.parametrize("seed", range(12))
def test_the_utterances_are_those_that_audformat_reads(tmp_path, seed: int, storage_format: str) -> None:
    db = drawn(tmp_path, seed, storage_format)
    found = reader.read(tmp_path)
    scheme = db.schemes["speaker"].labels
    genders = isinstance(scheme, str | dict)
    rows = [*db["turns"].index, *((file, pandas.Timedelta(0), pandas.NaT) for file in db["files"].index[4:])]
    assert len(found) == len(rows)
    for item, row in zip(found, sorted(rows, key=lambda row: (row[0], row[1])), strict=True):
        whole = (row[0], pandas.Timedelta(0), pandas.NaT)
        assert (item.file, item.start) == (tmp_path / row[0], pytest.approx(row[1].total_seconds(), abs=1e-12))
        assert item.end == (None if pandas.isna(row[2]) else pytest.approx(row[2].total_seconds(), abs=1e-12))
        speaker, gender = told(db, "files", "speaker", whole), None
        if genders and speaker is not None:
            gender = told(db, "files", "speaker", whole, "gender")
        assert (item.speaker, item.gender) == (speaker and str(speaker), gender and gender[0])
        for field, told_by in {"session": "session", "dialogue": "dialogue", "transcript": "transcript"}.items():
            value = told(db, "files", told_by, whole)
            assert getattr(item, field) == (None if value is None else str(value))
        valence, arousal = told(db, "files", "valence", whole), told(db, "turns", "arousal", row)
        assert item.valence == (None if valence is None else pytest.approx((valence + 3) / 6))
        assert item.arousal == (None if arousal is None else pytest.approx((arousal - 1) / 4))
        emotion, turn = told(db, "turns", "label", row), told(db, "turns", "turn", row)
        assert (item.emotion, item.turn) == ({"happy": "happiness", "sad": "sadness"}.get(emotion), turn)
