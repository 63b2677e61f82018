"""One reader for every table: what editors and spreadsheets write is read alike, and no row is lost or shifted."""

import codecs
from pathlib import Path

import pytest

from unheard.corpora import table as manifest
from unheard.data.folds.files import read_folds
from unheard.data.folds.table import read_table as table_of_folds
from unheard.data.tables import number_from, parse_table, read_table, seconds_from
from unheard.errors import SplitError, TableError
from unheard.records import Utterance

HERE = Path("mine.csv")


def rows(text: str) -> list[tuple[int, dict[str, str]]]:
    return [(row.line, dict(row.cells)) for row in parse_table(text, HERE).rows]


def write(folder: Path, raw: bytes | str) -> Path:
    path = folder / "mine.csv"
    path.write_bytes(raw.encode() if isinstance(raw, str) else raw)
    return path


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("said", [False, True])
@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        (b"", "utf-8"),
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
        (codecs.BOM_UTF32_LE, "utf-32-le"),
    ],
)
def test_delimiter_line_end_encoding_and_a_sep_line_are_found(
    tmp_path, delimiter: str, end: str, said: bool, mark: bytes, encoding: str
) -> None:
    lines = [
        *([f"sep={delimiter}"] if said else []),
        f"Speaker{delimiter}fold",
        f"Jürgen{delimiter}1",
        f"b{delimiter}2",
    ]
    path = write(tmp_path, mark + (end.join(lines) + end).encode(encoding))
    found = read_table(path)
    assert found.columns == ("speaker", "fold")
    assert [(row.line, dict(row.cells)) for row in found.rows] == [
        (2 + said, {"speaker": "Jürgen", "fold": "1"}),
        (3 + said, {"speaker": "b", "fold": "2"}),
    ]
    assert table_of_folds(path) == ("speaker", {"Jürgen": "1", "b": "2"})


def test_a_quoted_header_is_parted_by_what_stands_outside_the_quotes() -> None:
    assert parse_table('"a, b, c, d";file\n1;2\n', HERE).columns == ("a, b, c, d", "file")


def test_lines_are_those_of_the_file_whatever_stands_in_quotes_or_is_blank() -> None:
    text = 'file,transcript\n\na.wav,"one\ntwo ""x"", y"\n,\nb.wav,\u2028z\x0bz\x85z\nc.wav,\n'
    assert rows(text) == [
        (3, {"file": "a.wav", "transcript": 'one\ntwo "x", y'}),
        (6, {"file": "b.wav", "transcript": "z\x0bz\x85z"}),
        (7, {"file": "c.wav", "transcript": ""}),
    ]


def test_empty_cells_behind_the_last_column_and_columns_without_a_name_are_nothing() -> None:
    assert rows("file,speaker,\na.wav,x,,,\nb.wav,y\n") == [
        (2, {"file": "a.wav", "speaker": "x"}),
        (3, {"file": "b.wav", "speaker": "y"}),
    ]
    assert rows(",file\n0,a.wav\n") == [(2, {"file": "a.wav"})]  # as pandas writes its index


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,speaker\na.wav,x\nb.wav,y,z\n", "line 3: the row has 3 cells, the header 2.*','.*quotes"),
        ("file,speaker,emotion\na.wav,x,hap\nb.wav\n", "line 3: the row has 1 cells, the header 3"),
        ('file,note\n"a.wav","x\ny"\nb.wav,y,z\n', "line 4: the row has 3 cells"),
        ('file,note\na.wav,x\nb.wav,"never\nc.wav,x\n', "line 3: a quote is opened and never closed"),
        ('file,note\na.wav,"x" y\n', "line 2: cannot be parted into cells"),
        ("\nfile,Speaker,speaker \n", "line 2: column 'speaker' stands there twice"),
        ("sep=;\nfile;a;a\n", "line 2: column 'a' stands there twice"),
    ],
)
def test_a_row_that_does_not_fit_is_an_error_with_its_line(text: str, says: str) -> None:
    with pytest.raises(TableError, match=f"mine.csv, {says}"):
        parse_table(text, HERE)


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("file,speaker\na.wav,x\r\nb.wav,Jürgen\n".encode("cp1252"), "line 3: .*not UTF-8.*0xFC.*'ü'.*Windows-1252"),
        ("file,speaker\n".encode("utf-16-le"), "UTF-16 without a byte order mark"),
        (codecs.BOM_UTF16_LE + b"odd", "begins like utf-16"),
        (b"PK\x03\x04rest", "workbook"),
    ],
)
def test_an_encoding_that_cannot_be_told_is_never_guessed(tmp_path, raw: bytes, says: str) -> None:
    path = write(tmp_path, raw)
    for read, error in ((read_table, TableError), (table_of_folds, SplitError), (manifest.read, TableError)):
        with pytest.raises(error, match=says):
            read(path)
    with pytest.raises(SplitError, match=says):
        read_folds(path, [Utterance(Path("a.wav"), "a.wav", "made")])
    with pytest.raises(TableError, match="no such file"):
        read_table(tmp_path / "gone.csv")


def test_folds_are_read_as_a_manifest_is(tmp_path) -> None:
    files = [Utterance(Path(f"{name}.wav"), f"{name}.wav", "made", speaker=name) for name in "abcd"]
    found = read_folds(write(tmp_path, "sep=;\r\nfile;part\r\na;train\r\n\r\nb;test\r\n"), files)
    assert [(fold.train, fold.test) for fold in found.folds] == [(("a.wav",), ("b.wav",))]
    with pytest.raises(SplitError, match=r"mine.csv, line 5: the part 'tset'"):
        read_folds(write(tmp_path, 'file;part;note\na;train;"x\ny"\n\nb;tset;\n'), files)
    with pytest.raises(SplitError, match=r"mine.csv, line 4: names speaker 'a' a second time"):
        table_of_folds(write(tmp_path, "fold,speaker\n1,a\n\n2,a\n"))
    with pytest.raises(SplitError, match=r"mine.csv: start '1,5' in line 2, expected a number with a decimal"):
        read_folds(write(tmp_path, "file;part;start\na;train;1,5\nb;test;0\n"), files)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0.0), ("1.5", 1.5), (".5", 0.5), ("1e1", 10.0), ("00:00:01.5", 1.5), ("0:01:00", 60.0),
        ("26:00:01", 93601.0), ("00:00:01,500", 1.5), ("0 days 00:00:01.500000", 1.5), ("1 days 00:00:01", 86401.0),
        ("2 days", 172800.0), ("0 days", 0.0),
    ],
)  # fmt: skip
def test_times_are_seconds(text: str, seconds: float) -> None:
    assert seconds_from(text) == seconds


@pytest.mark.parametrize(
    "text", ["1,5", "1.234,5", "1_000", "-1", "-1 days +23:59:59", "1:30", "00:61:00", "nan", "inf", "1 s", "٣", ""]
)
def test_a_time_that_may_mean_another_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"decimal point|hours:minutes:seconds|0 or more"):
        seconds_from(text)


def test_a_decimal_comma_is_named() -> None:
    with pytest.raises(ValueError, match=r"not a comma \(e.g. 1.5\)"):
        number_from("1,5")
