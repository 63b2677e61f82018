"""An audformat database gives utterances from its tables, its schemes and its speakers."""

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
    assert reader.read(tmp_path, labels={"stressed": "stress"})[0].emotion == "stress"
    (tmp_path / FILES[1]).unlink()
    bad: list[tuple[str, str]] = []
    with pytest.raises(CorpusError, match="no usable recording"):
        reader.read(tmp_path, bad=bad)
    assert [name for name, _ in bad] == FILES
    with pytest.raises(CorpusError, match=r"no table 'emotions'. Known: emotion, files"):
        reader.read(tmp_path, table="emotions")


def test_without_the_extra_it_says_how_to_get_it(tmp_path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "audformat", None)
    with pytest.raises(MissingExtraError, match=r"unheard\[audformat\]"):
        reader.read(tmp_path)
