"""What changes what is heard is read or refused, and a row is one row however it is written."""

import unicodedata
from pathlib import Path

import numpy as np
import pytest
import soundfile

from unheard.corpora import table
from unheard.errors import CorpusError


def write(folder: Path, text: str, *files: str, seconds: float = 4.0) -> Path:
    for file in files or ("1.wav",):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(folder / file, np.zeros(round(seconds * 1000), np.float32), 1000)
    path = folder / "mine.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("header", "cells"),
    [
        ("start,end", "1.0,2.5"),
        ("offset,duration", "1,1.5"),
        ("Start Time,End Time", "1,2.5"),
        ("start_time,stop_time", "00:00:01,00:00:02.5"),
        ("onset,offset", "1,2.5"),
        ("onset,duration", "1,1.5"),
        ("begin,end", "1,2.5"),
        ("begin_ms,end_ms", "1000,2500"),
        ("start (ms),duration (s)", "1000,1.5"),
        ("segment_start,segment-end", "1,2.5"),
        ("tmin,tmax", "0 days 00:00:01,0 days 00:00:02.500000"),
        ("offset,length_seconds", "1,1.5"),
        ("start,end,duration", "1,2.5,1.5"),
        ("Beginn;Dauer", "1;1.5"),
    ],
)
def test_usual_names_of_times_are_read(tmp_path, header: str, cells: str) -> None:
    delimiter = ";" if ";" in header else ","
    path = write(tmp_path, f"file{delimiter}{header}\n1.wav{delimiter}{cells}\n")
    (found,) = table.read(path)
    assert (found.start, found.end) == (1.0, 2.5)


@pytest.mark.parametrize(
    ("header", "cells", "says"),
    [
        ("channel", "0", "'channel' looks like a channel"),
        ("Audio Channel", "left", "'audio channel' looks like a channel"),
        ("side", "A", "looks like a channel"),
        ("track", "2", "looks like a channel"),
        ("channel_id", "1", "looks like a channel"),
        ("start_frame", "100", "'start_frame' looks like a time"),
        ("offset_samples,num_samples", "100,200", "looks like a time"),
        ("time", "3.5", "looks like a time"),
        ("speech_onset", "0.5", "looks like a time"),
        ("length", "3", "looks like a time or a length"),
        ("trim_start", "1", "looks like a time"),
        ("from,to", "1,2", "looks like a time"),
        ("timestamp", "00:00:01", "looks like a time"),
        ("offset", "1", "'offset' may be where an utterance begins or ends"),
        ("start,offset,end", "1,1,2", "'start' and 'offset' both say the start"),
        ("start,start_ms", "1,1000", "both say the start"),
        ("duration,dur", "1,1", "both say the duration"),
    ],
)
def test_what_looks_like_a_time_or_a_channel_is_never_ignored(tmp_path, header: str, cells: str, says: str) -> None:
    text = f"\nfile,{header}\n1.wav,{cells}\n"
    with pytest.raises(CorpusError, match=f"mine.csv, line 2: .*{says}.*note_"):
        table.read(write(tmp_path, text))
    free = ",".join(f"note_{name}" for name in header.split(","))
    (found,) = table.read(write(tmp_path, text.replace(header, free)))
    assert (found.start, found.end) == (0.0, None)


def test_columns_that_change_nothing_are_left_alone(tmp_path) -> None:
    header = "num_channels,sample_rate,recorded_time,timestamp,channels,comment,age,gain_note,side"
    (found,) = table.read(
        write(tmp_path, f"file,{header}\n1.wav,2,16000,in the evening,2024-05-01 10:00,2,x,30,y,\n")
    )
    assert (found.start, found.end) == (0.0, None)


@pytest.mark.parametrize(("cell", "end"), [("4.0", None), ("4", None), ("3.95", None), ("4.05", None), ("2.5", 2.5)])
def test_a_duration_alone_is_from_the_beginning_and_the_recordings_own_is_the_whole(
    tmp_path, cell: str, end: float | None
) -> None:
    (found,) = table.read(write(tmp_path, f"file,duration\n1.wav,{cell}\n"))
    assert (found.start, found.end) == (0.0, end)


@pytest.mark.parametrize(
    ("header", "cells", "says"),
    [
        ("duration", "9", r"duration '9' in line 2, but its recording has 4.000 s"),
        ("start,end,duration", "1,2,3", r"duration '3' in line 2, but end - start is 1 s"),
        ("start_ms", "-5", r"start_ms '-5' in line 2, expected milliseconds, 0 or more"),
        ("start", "1.5 s", r"start '1.5 s' in line 2, expected a number"),
        ("offset,duration", "1,0", r"end 1.0 in line 2, expected more than its start 1.0"),
    ],
)
def test_times_that_contradict_each_other_are_refused(tmp_path, header: str, cells: str, says: str) -> None:
    with pytest.raises(CorpusError, match=says):
        table.read(write(tmp_path, f"file,{header}\n1.wav,{cells}\n"))


def test_a_decimal_comma_is_never_misread(tmp_path) -> None:
    with pytest.raises(
        CorpusError, match=r"start '1,5' in line 2, expected a number with a decimal point, not a comma"
    ):
        table.read(write(tmp_path, "file;start\n1.wav;1,5\n"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a.wav,,", "./a.wav,,"),
        ("a.wav,,", "sub/../a.wav,,"),
        ("sub/b.wav,,", "sub\\b.wav,,"),
        ("a.wav,,", "link.wav,,"),
        ("a.wav,0,2", "a.wav,0.0,2.000"),
        ("a.wav,,2", "./a.wav,0,00:00:02"),
        ("a.wav,,", "a.wav,0,4.0"),
        ("a.wav,1.0001,2", "a.wav,1,2.0002"),
        ("ä.wav,,", f"{unicodedata.normalize('NFD', 'ä')}.wav,,"),
    ],
)
def test_one_stretch_is_one_row_however_it_is_written(tmp_path, first: str, second: str) -> None:
    path = write(tmp_path, f"file,start,end\nc.wav,,\n{first}\n\n{second}\n", "a.wav", "sub/b.wav", "c.wav", "ä.wav")
    (tmp_path / "link.wav").symlink_to(tmp_path / "a.wav")
    with pytest.raises(CorpusError, match=r"the same file, start and end in lines 3 and 5"):
        table.read(path)
    bad: list[tuple[str, str]] = []
    assert len(table.read(path, bad=bad)) == 2
    assert len(bad) == 1


def test_copies_and_other_stretches_are_rows_of_their_own(tmp_path) -> None:
    path = write(tmp_path, "file,start,end\na.wav,0,2\na.wav,0,3\na.wav,1,\nb.wav,0,2\n", "a.wav", "b.wav")
    assert len(table.read(path)) == 4


def test_a_file_name_of_another_system_is_found(tmp_path) -> None:
    name = unicodedata.normalize("NFD", "Zoë.wav")
    path = write(tmp_path, f"file\nA\\{unicodedata.normalize('NFC', name)}\n", f"A/{name}")
    assert [item.name for item in table.read(path)] == [f"A/{name}"]


def test_an_utterance_knows_its_line_and_null_words_are_empty_cells(tmp_path) -> None:
    header = "file,speaker,session,dialogue,sentence,gender,language"
    path = write(tmp_path, f"{header}\n\n1.wav,NaN,<NA>,null,N/A,None,-\n")
    (found,) = table.read(path)
    assert (found.speaker, found.session, found.dialogue, found.sentence) == (None,) * 4
    assert (found.gender, found.language) == (None, None)
    assert found.source == f"{path}, line 3"


def test_missing_files_are_named_with_their_lines(tmp_path) -> None:
    with pytest.raises(CorpusError, match=r"2 files have no recording at its path .*, lines 3, 4: x.wav"):
        table.read(write(tmp_path, f"file\n1.wav\nx.wav\n{'y' * 300}.wav\n"))
