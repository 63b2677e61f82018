"""SUPERB's meta data give each recording once, whatever folds name it."""

import json
from pathlib import Path
from typing import Any

import pytest

from unheard.corpora import superb
from unheard.errors import CorpusError

ROWS = [("Session1/a.wav", "neu", "Ses01F"), ("Session2/b.wav", "hap", "Ses02M"), ("Session3/c.wav", "ang", "Ses03F")]


def meta_data(rows: list[tuple[str, Any, Any]]) -> str:
    records = [{"path": path, "label": label, "speaker": speaker} for path, label, speaker in rows]
    return json.dumps({"labels": {"neu": 0, "hap": 1, "ang": 2, "sad": 3}, "meta_data": records})


def corpus(folder: Path) -> Path:
    """Three recordings, and meta data with one of them in test in each of three folds."""
    for number, (path, _, _) in enumerate(ROWS, start=1):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).touch()
        own = folder / "meta_data" / f"Session{number}"
        own.mkdir(parents=True)
        (own / "train_meta_data.json").write_text(meta_data([row for row in ROWS if row[0] != path]))
        (own / "test_meta_data.json").write_text(meta_data([row for row in ROWS if row[0] == path]))
    return folder


def test_each_recording_once(tmp_path: Path) -> None:
    folder = corpus(tmp_path)
    for place in (folder, folder / "meta_data", folder / "meta_data/Session1"):
        found = superb.read(place)
        assert [(item.name, item.speaker) for item in found] == [(path, speaker) for path, _, speaker in ROWS]
        assert [item.emotion for item in found] == ["neutral", "happiness", "anger"]
        assert [item.file for item in found] == [folder / path for path, _, _ in ROWS]
    (found,) = superb.read(folder / "meta_data/Session1/test_meta_data.json")
    assert (found.name, found.corpus) == ("Session1/a.wav", "superb")


def test_files_that_contradict_each_other_are_named(tmp_path: Path) -> None:
    folder = corpus(tmp_path)
    rows = [("Session1/a.wav", "sad", "Ses01F")]
    (folder / "meta_data/Session1/test_meta_data.json").write_text(meta_data(rows))
    with pytest.raises(CorpusError, match=r"'Session1/a\.wav' is not the same in .*Session2.*1 and in .*Session1"):
        superb.read(folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ('{"a": ' + "9" * 5000 + "}", "is no JSON"),
        ("[]", "has no list called meta_data"),
        ('{"meta_data": {}}', "has no list called meta_data"),
        ('{"meta_data": [{"label": "neu"}]}', "record 1: no path"),
        ('{"meta_data": ["a.wav"]}', "record 1: no path"),
        ('{"meta_data": [{"path": "a.wav", "label": ["neu"]}]}', "record 1: a label or speaker that is no text"),
        (meta_data([("gone.wav", "neu", None)]), "no recording at its path"),
        (meta_data([("../" * 20 + "etc/passwd", "neu", None)]), "the ending ''|no recording at its path"),
        (meta_data([("a" * 5000, "neu", None)]), "no recording at its path"),
        (meta_data([("a.wav", "cheerful", None)]), "--label cheerful=cheerful"),
        (meta_data([]), "has no usable recording"),
    ],
    ids=range(13),
)
def test_rubbish_is_named(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "a.wav").touch()
    path = tmp_path / "train_meta_data.json"
    path.write_text(text)
    for place in (path, tmp_path):
        with pytest.raises(CorpusError, match=says):
            superb.read(place)
