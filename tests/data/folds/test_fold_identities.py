"""Folds name speakers and files as people write them, and mean the same ones."""

import unicodedata
from pathlib import Path

import pytest

from unheard.data.folds.files import read_folds
from unheard.data.folds.fold import identities
from unheard.data.folds.table import folds_of_utterances, read_table
from unheard.errors import SplitError
from unheard.records import Utterance


def items(*names: str) -> list[Utterance]:
    return [Utterance(Path(name), name, "made", speaker=name.partition(".")[0]) for name in names]


def write(folder: Path, text: str) -> Path:
    (folder / "folds.csv").write_text(text, encoding="utf-8")
    return folder / "folds.csv"


def test_a_speaker_is_found_in_any_form(tmp_path) -> None:
    name = unicodedata.normalize("NFD", "Zoë")
    path = write(tmp_path, f"speaker;fold\n {name}\u00a0;1\nanna;2\n")
    assert folds_of_utterances(path, items("Zoë.wav", "anna.wav")) == ("speaker", {"Zoë.wav": "1", "anna.wav": "2"})


def test_one_speaker_in_two_forms_is_one_too_many(tmp_path) -> None:
    with pytest.raises(SplitError, match=r"folds.csv, line 4: names speaker .* a second time, after line 2"):
        read_table(write(tmp_path, f"speaker,fold\nZoë,1\n\n{unicodedata.normalize('NFD', 'Zoë')},2\n"))
    with pytest.raises(SplitError, match="line 3: lacks the speaker or the fold"):
        read_table(write(tmp_path, "speaker,fold\na,1\nnan,2\n"))


@pytest.mark.parametrize("other", ["./a/b.wav", "a\\b.wav", "a/c/../b.wav", "a//b.wav"])
def test_one_file_in_two_spellings_is_one_too_many(tmp_path, other: str) -> None:
    with pytest.raises(SplitError, match=r"line 3: names file .* a second time, after line 2"):
        read_table(write(tmp_path, f"file,fold\na/b.wav,1\n{other},2\n"))
    path = write(tmp_path, f"file,fold\n{other},1\nc.wav,2\n")
    assert folds_of_utterances(path, items("a/b.wav", "c.wav"))[1] == {"a/b.wav": "1", "c.wav": "2"}


def test_an_ending_decides_where_it_is_needed(tmp_path) -> None:
    path = write(tmp_path, "file,fold\na.wav,1\na.mp3,2\n")
    assert folds_of_utterances(path, items("a.wav", "a.mp3"))[1] == {"a.wav": "1", "a.mp3": "2"}
    with pytest.raises(SplitError, match=r"'a' with several endings and in several folds, and none is a.flac"):
        folds_of_utterances(path, items("a.flac"))


def test_nobody_is_named_with_line(tmp_path) -> None:
    someone, nobody = items("a.wav", "b.wav")
    lost = nobody.replace(speaker="NaN", source="calls.csv, line 7")
    with pytest.raises(
        SplitError, match=r"1 of 2 utterances have no speaker \(b.wav; calls.csv, line 7\).*nan, None"
    ):
        identities([someone, lost], "speaker")


def test_a_file_is_in_one_fold_only(tmp_path) -> None:
    path = write(tmp_path, "fold,file,speaker\n1,a.wav,a\n2,b.wav,b\n2,./a.flac,a\n")
    with pytest.raises(SplitError, match=r"line 4: puts a.wav into fold '2', and it is in fold '1' already"):
        read_folds(path, items("a.wav", "b.wav"))


def test_a_word_for_a_missing_value_is_no_fold(tmp_path) -> None:
    with pytest.raises(SplitError, match="line 3: lacks the speaker or the fold"):
        read_table(write(tmp_path, "speaker,fold\na,1\nb,NaN\n"))


def test_a_file_is_found_in_any_form(tmp_path) -> None:
    name = unicodedata.normalize("NFD", "Zoë.wav")
    found = read_folds(write(tmp_path, f"file,part\nx\\{name},train\na.wav,test\n"), items("x/Zoë.wav", "a.wav"))
    assert found.folds[0].train == ("x/Zoë.wav",)


def test_a_start_that_cannot_be_read_is_not_left_out(tmp_path) -> None:
    path = tmp_path / "folds.json"
    path.write_text('{"train": [{"file": "a.wav", "start": "1,5"}], "test": [{"file": "b.wav", "start": 0}]}')
    with pytest.raises(SplitError, match=r"folds.json: start '1,5', expected a number with a decimal point"):
        read_folds(path, items("a.wav", "b.wav"))


@pytest.mark.parametrize(
    ("header", "first", "second"),
    [
        ("start,end", "0,1", "2,3"),
        ("offset,duration", "0,1", "2,1"),
        ("onset_ms,end_ms", "0,1000", "2000,3000"),
    ],
)
def test_stretches_of_one_file_are_told_apart_by_their_start_whatever_it_is_called(
    tmp_path, header: str, first: str, second: str
) -> None:
    whole = items("a.wav")[0]
    stretches = [whole.replace(name=f"a.wav#{start}", start=float(start), end=start + 1.0) for start in (0, 2)]
    path = write(tmp_path, f"file,{header},part\na.wav,{first},train\na.wav,{second},test\n")
    (fold,) = read_folds(path, stretches).folds
    assert (fold.train, fold.test) == (("a.wav#0",), ("a.wav#2",))
