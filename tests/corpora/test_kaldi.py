"""Kaldi's data folders give utterances; what stands in them is data, and a command is never run."""

import os
from pathlib import Path

import pytest

from unheard.corpora import kaldi
from unheard.data.formats.kaldi import read_data
from unheard.errors import CorpusError, LabelError, TableError


def data(folder: Path, **files: str) -> Path:
    """A data folder with the files given (`wav_scp` for wav.scp), and two recordings beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("one.wav", "two.flac"):
        (folder / name).touch()
    lines = {"wav_scp": "r1 one.wav\nr2 two.flac\n", "utt2spk": "r1 anna\nr2 ben\n"} | files
    for name, text in lines.items():
        (folder / name.replace("_", ".")).write_text(text)
    return folder


def test_what_the_files_say_is_joined(tmp_path: Path) -> None:
    folder = data(
        tmp_path,
        utt2spk="u1 anna\nu2 anna\nu3 ben\n",
        segments="u1 r1 0 1.5\nu2 r1 1.5 -1\nu3 r2 0.25 2\n",
        spk2gender="anna f\nben m\n",
        utt2emo="u1 happy\nu3 neutral\n",
        utt2lang="u3 de\n",
        text="u1 hello you\nu2\nu3 goodbye\n",
    )
    first, second, third = kaldi.read(folder)
    assert (first.name, first.file, first.start, first.end) == ("u1", folder / "one.wav", 0.0, 1.5)
    assert (first.speaker, first.gender, first.emotion, first.transcript) == ("anna", "f", "happiness", "hello you")
    assert (second.start, second.end, second.emotion, second.transcript) == (1.5, None, None, None)
    assert (third.file, third.speaker, third.gender, third.language) == (folder / "two.flac", "ben", "m", "de")
    assert str(third.source).endswith("segments, line 3")


def test_without_segments_each_recording_is_an_utterance(tmp_path: Path) -> None:
    assert [(item.name, item.start, item.end) for item in kaldi.read(data(tmp_path))] == [
        ("r1", 0.0, None),
        ("r2", 0.0, None),
    ]


def test_folders_of_parts_are_joined_under_their_names(tmp_path: Path) -> None:
    for part in ("train", "test"):
        data(tmp_path / "data" / part)
    (tmp_path / "data/local").mkdir()
    found = kaldi.read(tmp_path / "data")
    assert [item.name for item in found] == ["test/r1", "test/r2", "train/r1", "train/r2"]


def test_paths_may_be_relative_to_where_the_scripts_run(tmp_path: Path) -> None:
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads/three.wav").touch()
    folder = data(tmp_path / "data" / "train", wav_scp="r1 downloads/three.wav\nr2 one.wav\n")
    assert [item.file for item in kaldi.read(folder)] == [tmp_path / "downloads/three.wav", folder / "one.wav"]


def test_each_utterance_its_own_speaker_means_that_nobody_is_known(tmp_path: Path) -> None:
    assert {item.speaker for item in kaldi.read(data(tmp_path, utt2spk="r1 r1\nr2 r2\n"))} == {None}


@pytest.mark.parametrize(
    "command",
    [
        "touch {mark} |",
        "touch {mark}|",
        "| touch {mark}",
        "sox one.wav -t wav - | touch {mark} |",
        "$(touch {mark}) |",
        "`touch {mark}`",
        "one.wav; touch {mark}",
        "$(touch {mark})",
    ],
)
def test_a_command_is_never_run(tmp_path: Path, command: str) -> None:
    mark = tmp_path / "ran"
    folder = data(tmp_path / "data", wav_scp=f"r1 {command.format(mark=mark)}\nr2 two.flac\n")
    with pytest.raises(CorpusError, match=r"a command in the place of its file, which is never run|no recording"):
        kaldi.read(folder)
    bad: list[tuple[str, str]] = []
    assert [item.name for item in kaldi.read(folder, bad=bad)] == ["r2"]
    assert [name for name, _ in bad] == ["r1"]
    assert not mark.exists()


def test_a_command_is_named_with_its_line(tmp_path: Path) -> None:
    folder = data(tmp_path, wav_scp="r2 two.flac\nr1 flac -c -d -s one.flac |\n")
    with pytest.raises(CorpusError, match=r"run it yourself, and name the file that it writes.*line 2.*: r1"):
        kaldi.read(folder)


@pytest.mark.parametrize("place", ["-", "raw.ark:1234", "a/raw.ark:1234[0:20]", "ark:raw.ark", "scp,p:raw.scp"])
def test_archives_and_streams_are_no_files(tmp_path: Path, place: str) -> None:
    with pytest.raises(CorpusError, match="a place in an archive"):
        kaldi.read(data(tmp_path, wav_scp=f"r1 {place}\n"))


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"wav_scp": "r1\n"}, "wav.scp, line 1: nothing stands behind 'r1'"),
        ({"wav_scp": "r1 one.wav\n\nr1 two.flac\n"}, "'r1' stands in lines 1 and 3"),
        ({"segments": "u1 r1 0\n"}, "line 1: the segment 'u1' has 2 parts after its name"),
        ({"segments": "u1 r1 0 1 A\n"}, "write it into a file of its own"),
        ({"segments": "u1 r9 0 1\n"}, "the recording 'r9' is not in wav.scp"),
        ({"segments": "u1 r1 zero 1\n"}, "a number with a decimal point was expected in 'r1 zero 1'"),
        ({"segments": "u1 r1 2 1\n"}, "the segment 'u1' runs from 2 to 1"),
        ({"segments": "u1 r1 -1 1\n"}, "the segment 'u1' runs from -1 to 1"),
        ({"segments": "u1 r1 nan 1\n"}, "was expected in"),
        ({"utt2spk": "r1 anna\nr1 ben\n"}, "'r1' stands in lines 1 and 2"),
    ],
)
def test_wrong_lines_are_named(tmp_path: Path, files: dict[str, str], says: str) -> None:
    with pytest.raises(TableError, match=says):
        kaldi.read(data(tmp_path, **files))


def test_wrong_values_are_of_their_utterances(tmp_path: Path) -> None:
    folder = data(tmp_path, spk2gender="anna x\n", utt2emo="r2 cheerful\n")
    with pytest.raises(LabelError, match="label 'cheerful' is not known"):
        kaldi.read(folder)
    bad: list[tuple[str, str]] = []
    with pytest.raises(CorpusError, match="no usable recording"):
        kaldi.read(folder, bad=bad)
    assert ("r1", f"the gender 'x', expected f, m or o, {folder}/wav.scp, line 1") in bad
    assert kaldi.read(folder, labels={"cheerful": "cheerful"}, bad=[])[0].emotion == "cheerful"


def test_odd_folders(tmp_path: Path) -> None:
    folder = data(tmp_path / "data")
    (folder / "utt2spk").unlink()
    os.mkfifo(folder / "utt2spk")
    (folder / "text").symlink_to(folder / "text")
    (folder / "loop").symlink_to(folder)
    assert [item.speaker for item in kaldi.read(folder)] == [None, None]
    (folder / "wav.scp").write_text(f"r1 {'a' * 5000}.wav\nr2 two.flac\n")
    assert [item.name for item in kaldi.read(folder, bad=[])] == ["r2"]
    (folder / "wav.scp").write_bytes(b"r1 \xff.wav\n")
    with pytest.raises(TableError, match="not UTF-8"):
        read_data(folder)
