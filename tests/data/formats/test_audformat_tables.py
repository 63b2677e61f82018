"""Tables of an audformat database: from CSV or parquet, never from a pickle, and never more than a corpus has."""

import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from unheard.corpora import audformat as corpus
from unheard.data.folds.files import has_folds, read_folds
from unheard.data.formats import audformat_tables
from unheard.errors import CorpusError, MissingExtraError

pyarrow = pytest.importorskip("pyarrow")
parquet = pytest.importorskip("pyarrow.parquet")
yaml = pytest.importorskip("yaml")

CSV = "file,emotion\na/1.wav,happy\n"
SEGMENTS = "file,start,end,emotion\na/1.wav,{},{},happy\n"


class Trap:
    """Runs when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        return os.system, (f"touch '{self.mark}'",)


def database(folder: Path, *, kind: str = "filewise", name: str = "t", **more: object) -> Path:
    """A database of one table, without the table's file."""
    (folder / "a").mkdir(exist_ok=True)
    (folder / "a/1.wav").touch()
    table = {"type": kind, "columns": {"emotion": {"scheme_id": "emotion"}}}
    header = {"name": "made", "schemes": {"emotion": {"dtype": "str"}}, "tables": {name: table}} | more
    (folder / "db.yaml").write_text(yaml.safe_dump(header))
    return folder


def repeated(value: str, count: int) -> object:
    """A column of one value, which takes a few bytes however often it stands there."""
    return pyarrow.DictionaryArray.from_arrays(pyarrow.repeat(pyarrow.scalar(0, pyarrow.int32()), count), [value])


@pytest.mark.parametrize("newest", ["csv", "pkl"])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_pickle_beside_the_table_is_never_opened(tmp_path: Path, newest: str, ending: str) -> None:
    database(tmp_path)
    mark = tmp_path / "ran"
    table = tmp_path / f"db.t.{ending}"
    if ending == "csv":
        table.write_text(CSV)
    else:
        parquet.write_table(pyarrow.table({"file": ["a/1.wav"], "emotion": ["happy"]}), table)
    (tmp_path / "db.t.pkl").write_bytes(pickle.dumps(Trap(mark)))
    os.utime(tmp_path / "db.t.pkl", (0, 0) if newest == "csv" else (2**31, 2**31))
    (found,) = corpus.read(tmp_path)
    assert (found.name, found.emotion) == ("a/1.wav", "happiness")
    assert not mark.exists()
    assert not has_folds(tmp_path)
    assert not mark.exists()


def test_a_table_in_a_pickle_alone_is_named(tmp_path: Path) -> None:
    database(tmp_path)
    mark = tmp_path / "ran"
    (tmp_path / "db.t.pkl").write_bytes(pickle.dumps(Trap(mark)))
    says = r"the table t only in \.pkl, a pickle, which may run code and is never opened.*storage_format=\"csv\""
    with pytest.raises(CorpusError, match=says):
        corpus.read(tmp_path)
    assert not mark.exists()


def test_folds_of_a_pickle_alone_are_refused_too(tmp_path: Path) -> None:
    database(tmp_path, name="emotion.train")
    mark = tmp_path / "ran"
    (tmp_path / "db.emotion.train.pkl").write_bytes(pickle.dumps(Trap(mark)))
    with pytest.raises(CorpusError, match="a pickle, which may run code"):
        read_folds(tmp_path, [])
    assert not mark.exists()


def test_neither_audformat_nor_pandas_nor_pickles_are_needed(tmp_path: Path) -> None:
    """What would unpickle is not even imported."""
    database(tmp_path)
    table = pyarrow.table({"file": ["a/1.wav"], "emotion": ["happy"]})
    parquet.write_table(table, tmp_path / "db.t.parquet")
    code = (
        "import sys\nfrom pathlib import Path\nfrom unheard.corpora.audformat import read\n"
        f"assert len(read(Path({str(tmp_path)!r}))) == 1\nprint(sorted({{'audformat', 'pandas'}} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


@pytest.mark.parametrize("name", ["../x", "a/../../x", "..\\x", "a\nb", "", " ", "\0", "\x1b[31m"])
def test_a_table_whose_name_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    database(tmp_path, name=name)
    with pytest.raises(CorpusError, match="which no file can have"):
        corpus.read(tmp_path)


@pytest.mark.parametrize("target", ["loop", "pipe", "device", "folder", "nothing"])
def test_what_is_no_file_is_not_read(tmp_path: Path, target: str) -> None:
    database(tmp_path)
    table = tmp_path / "db.t.csv"
    if target == "pipe":
        os.mkfifo(table)
    elif target == "folder":
        table.mkdir()
    elif target != "nothing":
        table.symlink_to(table if target == "loop" else Path("/dev/zero"))
    with pytest.raises(CorpusError, match="lacks the files of the table t"):
        corpus.read(tmp_path)


@pytest.mark.parametrize("name", ["x" * 400, "x" * 5000])
def test_a_table_whose_name_is_too_long_is_not_there(tmp_path: Path, name: str) -> None:
    database(tmp_path, name=name)
    with pytest.raises(CorpusError, match="lacks the files of the table x"):
        corpus.read(tmp_path)


@pytest.mark.parametrize(
    ("kind", "text", "says"),
    [
        ("filewise", "file,emo\na/1.wav,happy\n", "lacks the column 'emotion'"),
        ("segmented", CSV, "lacks the column 'start'"),
        ("filewise", "emotion\nhappy\n", "lacks the column 'file'"),
        ("filewise", "file,file,emotion\na,b,c\n", "'file' stands there twice"),
        ("filewise", "file,emotion\na/1.wav,happy,x\n", "line 2: the row has 3 cells"),
        ("filewise", "file,emotion\n,happy\n", "line 2: no file"),
        ("filewise", "file,emotion\n../../etc/passwd,happy\n", "line 2: '../../etc/passwd' leaves the folder"),
        ("filewise", "file,emotion\na/../../x.wav,happy\n", "leaves the folder of the database"),
        ("filewise", f"file,emotion\n{'a' * 5000}.wav,happy\n", "line 2: a file name of 5004 letters"),
        ("filewise", f"file,emotion\n{'a' * 400}.wav,happy\n", "no recording at its path"),
        ("segmented", SEGMENTS.format("soon", "0 days"), "line 2: the time 'soon', expected"),
        ("segmented", SEGMENTS.format("-1 days +23:59:59", "0 days"), "line 2: the time '-1 days"),
        ("segmented", SEGMENTS.format("", "0 days"), "line 2: no start"),
    ],
)
def test_wrong_tables_are_named(tmp_path: Path, kind: str, text: str, says: str) -> None:
    database(tmp_path, kind=kind)
    (tmp_path / "db.t.csv").write_text(text)
    with pytest.raises(CorpusError, match=says):
        corpus.read(tmp_path)


def test_a_recording_elsewhere_may_be_named_by_its_absolute_path(tmp_path: Path) -> None:
    database(tmp_path)
    other = tmp_path.parent / f"{tmp_path.name}-other.wav"
    other.touch()
    (tmp_path / "db.t.csv").write_text(f"file,emotion\n{other},happy\n")
    (found,) = corpus.read(tmp_path)
    assert found.file == other


def test_one_file_in_two_spellings_is_one(tmp_path: Path) -> None:
    database(tmp_path)
    (tmp_path / "db.t.csv").write_text("file,emotion\n./a/1.wav,happy\na//1.wav,happy\n")
    (found,) = corpus.read(tmp_path)
    assert found.name == "a/1.wav"
    (tmp_path / "db.t.csv").write_text("file,emotion\n./a/1.wav,happy\na//1.wav,sad\n")
    with pytest.raises(CorpusError, match="'happy' in t and 'sad' in t"):
        corpus.read(tmp_path)


BOMBS = {
    "rows": lambda: {"file": repeated("a/1.wav", 3_000_000), "emotion": repeated("happy", 3_000_000)},
    "long names": lambda: {"file": repeated("x" * 100_000, 500), "emotion": repeated("happy", 500)},
    "long cells": lambda: {"file": repeated("a/1.wav", 500), "emotion": repeated("x" * 200_000, 500)},
    "bytes": lambda: {"file": ["y" * 9_000_000], "emotion": ["happy"]},
    "lists": lambda: {"file": [["a/1.wav"]], "emotion": ["happy"]},
    "structs": lambda: {"file": ["a/1.wav"], "emotion": [{"a": 1}]},
    "binary": lambda: {"file": [b"a/1.wav"], "emotion": ["happy"]},
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_parquet_file_that_would_grow_is_refused(
    tmp_path: Path, bomb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audformat_tables, "_MOST_BYTES", 2**20)
    database(tmp_path)
    parquet.write_table(pyarrow.table(BOMBS[bomb]()), tmp_path / "db.t.parquet", compression="zstd")
    assert (tmp_path / "db.t.parquet").stat().st_size < 500_000
    says = "too much to read|rows in .* bytes|a file name of 100000 letters|a cell of over 131072|no plain values"
    with pytest.raises(CorpusError, match=says):
        corpus.read(tmp_path)


@pytest.mark.parametrize("raw", [b"", b"PAR1", b"PAR1 rubbish PAR1", os.urandom(1000)])
def test_what_is_no_parquet_is_named(tmp_path: Path, raw: bytes) -> None:
    database(tmp_path)
    (tmp_path / "db.t.parquet").write_bytes(raw)
    with pytest.raises(CorpusError, match="parquet' cannot be read as parquet"):
        corpus.read(tmp_path)


def test_damaged_parquet_is_an_error_or_a_table(tmp_path: Path) -> None:
    database(tmp_path)
    file = tmp_path / "db.t.parquet"
    parquet.write_table(pyarrow.table({"file": ["a/1.wav"] * 50, "emotion": ["happy"] * 50}), file)
    whole = bytearray(file.read_bytes())
    for place in range(0, len(whole), 7):
        damaged = whole.copy()
        damaged[place] ^= 0xFF
        file.write_bytes(damaged)
        try:
            corpus.read(tmp_path)
        except CorpusError:
            continue


def test_a_csv_of_too_many_rows_is_refused(tmp_path: Path) -> None:
    database(tmp_path)
    (tmp_path / "db.t.csv").write_bytes(b"file,emotion\n" + b",\n" * 2_000_001)
    with pytest.raises(CorpusError, match="too much to read: at most 2,000,000 rows"):
        corpus.read(tmp_path)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"tables": ["a"]}, "tables is no table of names"),
        ({"tables": {"t": ["a"]}}, "tables.t is no table of names"),
        ({"tables": {"t": {"type": "other"}}}, "table 't' lacks type: filewise or segmented"),
        ({"tables": {"t": {"type": "filewise", "columns": ["a"]}}}, "t.columns is no table"),
        ({"tables": {"t": {"type": "filewise", "columns": {"a": "b"}}}}, "column 'a' of table 't' is no table"),
        ({"schemes": {}}, "follows scheme 'emotion', which is not there"),
        ({"schemes": {"emotion": {"labels": "people"}}}, "in misc table 'people', which is not there"),
        ({"schemes": {"emotion": {"labels": 1}}}, "schemes.emotion.labels: neither a list nor a table"),
        ({"schemes": {"emotion": {"labels": [["a"]]}}}, "a label is a list or a table"),
        ({"schemes": {"emotion": {"minimum": "low"}}}, "bounds that are no numbers"),
        ({"languages": [False]}, "languages is no list of names"),
        ({"tables": {"t": {"type": "filewise", "split_id": "train"}}}, "of split 'train', which is not there"),
    ],
)
def test_a_header_that_is_none_is_named(tmp_path: Path, more: dict[str, object], says: str) -> None:
    database(tmp_path, **more)
    (tmp_path / "db.t.csv").write_text(CSV)
    with pytest.raises(CorpusError, match=says):
        corpus.read(tmp_path)


def test_a_value_that_its_scheme_does_not_list_is_set_aside(tmp_path: Path) -> None:
    database(tmp_path, schemes={"emotion": {"dtype": "str", "labels": ["happy", "sad"]}})
    (tmp_path / "a/2.wav").touch()
    (tmp_path / "db.t.csv").write_text(CSV + "a/2.wav,angry\n")
    says = r"1 file has the emotion 'angry', which the scheme of column 'emotion' does not list, .*line 3: a/2\.wav"
    with pytest.raises(CorpusError, match=says):
        corpus.read(tmp_path)
    bad: list[tuple[str, str]] = []
    assert [item.name for item in corpus.read(tmp_path, bad=bad)] == ["a/1.wav"]
    assert bad[0][0] == "a/2.wav"


def test_identities_are_compared_as_everywhere(tmp_path: Path) -> None:
    columns = {"speaker": None, "emotion": None}
    database(tmp_path, tables={"t": {"type": "filewise", "columns": columns}})
    for number in (2, 3):
        (tmp_path / f"a/{number}.wav").touch()
    text = "file,speaker,emotion\na/1.wav,Zoe\u0308,happy\na/2.wav,Zo\u00eb,sad\na/3.wav,unknown,sad\n"
    (tmp_path / "db.t.csv").write_text(text)
    assert [item.speaker for item in corpus.read(tmp_path)] == ["Zo\u00eb", "Zo\u00eb", None]


def test_without_pyarrow_parquet_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database(tmp_path)
    (tmp_path / "db.t.parquet").touch()
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    with pytest.raises(MissingExtraError, match=r"pyarrow.*unheard\[audformat\]"):
        corpus.read(tmp_path)
