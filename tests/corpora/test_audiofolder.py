"""Hugging Face's audio folders give utterances, wherever their metadata lie."""

import json
from pathlib import Path

import pytest

from unheard.corpora import audiofolder
from unheard.errors import CorpusError, TableError


def folder(place: Path, *files: str) -> Path:
    for file in files:
        (place / file).parent.mkdir(parents=True, exist_ok=True)
        (place / file).touch()
    return place


def test_metadata_beside_the_recordings(tmp_path: Path) -> None:
    folder(tmp_path, "a.wav", "b/c.mp3")
    header = "file_name,speaker_id,label,sex,transcription,start,end"
    text = f"{header}\na.wav,1,happy,f,so,0 days 00:00:01.5,2.5\nb/c.mp3,2,sad,m,,,\n"
    (tmp_path / "metadata.csv").write_text(text)
    for place in (tmp_path, tmp_path / "metadata.csv"):
        first, second = audiofolder.read(place)
        assert (first.name, first.corpus, first.speaker, first.emotion) == ("a.wav", "audiofolder", "1", "happiness")
        assert (first.gender, first.transcript, first.start, first.end) == ("f", "so", 1.5, 2.5)
        assert (second.name, second.speaker, second.emotion) == ("b/c.mp3", "2", "sadness")


def test_metadata_in_each_part(tmp_path: Path) -> None:
    folder(tmp_path, "train/a.wav", "test/a.wav")
    for part in ("train", "test"):
        record = {"file_name": "a.wav", "speaker": 7, "emotion": "happy", "audio": {"bytes": [1]}, "note": None}
        (tmp_path / part / "metadata.jsonl").write_text(json.dumps(record) + "\n\n")
    assert [(item.name, item.speaker) for item in audiofolder.read(tmp_path)] == [
        ("test/a.wav", "7"),
        ("train/a.wav", "7"),
    ]


def test_a_column_of_our_name_goes_before_one_of_theirs(tmp_path: Path) -> None:
    folder(tmp_path, "a.wav")
    (tmp_path / "metadata.csv").write_text("file_name,label,emotion,speaker,speaker_id\na.wav,0,sad,anna,9\n")
    (found,) = audiofolder.read(tmp_path)
    assert (found.emotion, found.speaker) == ("sadness", "anna")


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("metadata.csv", "path,label\na.wav,sad\n", "line 1: the metadata have no file_name, only: path, label"),
        ("metadata.csv", "file_name,label\na.wav,sad,x\n", "line 2: the row has 3 cells"),
        ("metadata.csv", "file_name,label\ngone.wav,sad\n", "no recording at its path.*line 2.*gone.wav"),
        ("metadata.csv", "file_name,label\na.wav,sad\n./a.wav,sad\n", "lines 2 and 3"),
        ("metadata.jsonl", '{"file_name": "a.wav"}\n{"file_name"', "line 2: no JSON"),
        ("metadata.jsonl", "[1]\n", "line 1: no record"),
        ("metadata.jsonl", "[" * 100_000, "line 1: no JSON"),
        ("metadata.jsonl", '{"a": ' + "9" * 5000 + "}", "line 1: no JSON"),
        ("metadata.jsonl", "", "no file_name, only: nothing"),
    ],
    ids=range(9),
)
def test_rubbish_is_named(tmp_path: Path, name: str, text: str, says: str) -> None:
    folder(tmp_path, "a.wav")
    (tmp_path / name).write_text(text)
    with pytest.raises(CorpusError, match=says):
        audiofolder.read(tmp_path)


def test_two_metadata_files_of_one_folder_are_one_too_many(tmp_path: Path) -> None:
    folder(tmp_path, "a.wav")
    (tmp_path / "metadata.csv").write_text("file_name\na.wav\n")
    (tmp_path / "metadata.jsonl").write_text('{"file_name": "a.wav"}\n')
    with pytest.raises(CorpusError, match="Keep one of them"):
        audiofolder.read(tmp_path)


def test_a_table_of_ones_own_may_be_called_metadata(tmp_path: Path) -> None:
    path = tmp_path / "metadata.csv"
    path.write_text("file,emotion\na.wav,sad\n")
    assert not audiofolder.fits(path)
    path.write_text("file_name,emotion\na.wav,sad\n")
    assert audiofolder.fits(path)
    path.write_bytes(b"\xff\xff")
    with pytest.raises(TableError, match="UTF-8"):
        audiofolder.fits(path)
