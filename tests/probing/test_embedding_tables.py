"""Tables of embeddings: what is read, and what is refused with the mend."""

import csv
import pickle

import numpy as np
import pytest

from unheard.errors import CorpusError
from unheard.probing.embedding_tables import read_table
from unheard.testing.codes import make_codes

SPEAKERS = np.array(["a", "a", "b", "c"])


def written(folder, **arrays):
    given = {"embeddings": np.arange(8.0).reshape(4, 2), "speaker": SPEAKERS, **arrays}
    np.savez(folder / "t.npz", **{name: array for name, array in given.items() if array is not None})
    return folder / "t.npz"


def test_parts_are_told_by_who_was_heard(tmp_path):
    file = written(
        tmp_path, part=np.array(["train", "test", "train", "test"]), gender=np.array(["f", "", "None", "-1"])
    )
    ((label, (embeddings, items)),) = read_table(file).items()
    assert label == "t"
    assert embeddings.shape == (4, 2)
    assert items.part.tolist() == ["train", "withheld", "train", "unseen"]
    assert items.column("gender").tolist() == ["f", "", "", ""]
    assert set(items.columns) == {"speaker", "gender"}


def test_without_parts_all_is_train_and_further_representations_stand_beside(tmp_path):
    tables = read_table(written(tmp_path, raw_features=np.ones((4, 5)), speaker=np.array([3, 3, 1, 2])))
    assert set(tables) == {"t", "raw_features"}
    assert tables["raw_features"][0].shape == (4, 5)
    assert set(tables["t"][1].part) == {"train"}
    assert tables["t"][1].column("speaker").tolist() == ["3", "3", "1", "2"]


def test_a_csv_takes_numbered_columns_or_all_others(tmp_path):
    file = tmp_path / "t.csv"
    file.write_text("speaker;e1;e0;note\na;1;2;x\nb;3;4;y\n")
    assert read_table(file)["t"][0].tolist() == [[1, 2], [3, 4]]
    file.write_text("Speaker,pitch,level,file\na,1,2,x.wav\n\nb,3,4e-1,y.wav\n")
    assert read_table(file)["t"][0].tolist() == [[1, 2], [3, 0.4]]


def test_a_csv_says_the_same_as_an_npz(tmp_path):
    codes = make_codes(speakers=3, unseen=2, each=4, size=9)
    np.savez(tmp_path / "t.npz", embeddings=codes.embeddings, **codes.columns)
    with (tmp_path / "t.csv").open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([*codes.columns, *(f"e{place}" for place in range(9))])
        for row, embedding in enumerate(codes.embeddings):
            writer.writerow([*(column[row] for column in codes.columns.values()), *embedding.tolist()])
    (one, items), (other, others) = (read_table(tmp_path / name)["t"] for name in ("t.npz", "t.csv"))
    assert (one == other).all()
    assert all((items.columns[name] == others.columns[name]).all() for name in codes.columns)


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"speaker": None}, "no column `speaker`"),
        ({"embeddings": None}, "no array `embeddings`"),
        ({"embeddings": np.ones(4)}, r"shape \(4,\)"),
        ({"embeddings": np.array([[1.0, np.nan]] * 4)}, "item 0 holds nan, inf"),
        ({"embeddings": np.full((4, 2), "x")}, "expected numbers"),
        ({"speaker": SPEAKERS[:3]}, r"speaker has shape \(3,\)"),
        ({"speaker": SPEAKERS.astype(object)}, "never unpickled"),
        ({"emotoin": SPEAKERS}, "Did you mean 'emotion'"),
        ({"part": np.array(["train", "dev", "test", "test"])}, "part 'dev'"),
        ({"part": np.full(4, "test")}, "no item of part train"),
        ({"untrained": np.ones((3, 2))}, "untrained of shape"),
        ({"embeddings": np.full((4, 2), 1e200)}, "beyond 1e100"),
        ({"speaker": np.full(4, "a")}, r"1 speaker\(s\) in 4 items"),
        ({"speaker": np.full(4, -1.0)}, r"0 speaker\(s\) in 4 items"),
        ({"speaker": np.array([b"\xff", b"a", b"b", b"c"])}, "no UTF-8"),
        ({"embeddings": np.ones((0, 2)), "speaker": np.array([], dtype=str)}, r"0 speaker\(s\) in 0 items"),
    ],
)
def test_an_npz_that_is_not_a_table_is_refused(tmp_path, arrays, words):
    with pytest.raises(CorpusError, match=words):
        read_table(written(tmp_path, **arrays))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("speakr,e0,e1\n", "no items"),
        ("speakr,x\nanna,1\n", "'anna' in column 'speakr', expected a number. Did you mean the column 'speaker'"),
        ("speaker,e0\na,1\nb\n", "line 3 has 1 cells"),
        ("speaker,e0\na,1\nb,?\n", r"line 3: '\?'"),
        ("speaker,e0,e0\na,1,2\n", "stands twice"),
        ("speaker,file\na,x\n", "no column holds a dimension"),
        ("e0,e1\n1,2\n", "no column `speaker`"),
        ("speaker,e0\na,1\na,2\n", r"1 speaker\(s\)"),
        ("speaker,e0\n\na,1\n\nb,?\n", r"line 5: '\?'"),
    ],
)
def test_a_csv_that_is_not_a_table_is_refused(tmp_path, text, words):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(CorpusError, match=words):
        read_table(tmp_path / "t.csv")


def test_a_column_that_numbers_the_items_is_no_dimension(tmp_path):
    """A table of pandas begins with one, unasked: with items in the order of speakers it names the speaker."""
    for name in ("", "Unnamed: 0", "index"):
        (tmp_path / "t.csv").write_text(f"{name},speaker,pitch\n0,a,1\n1,b,3\n")
        assert read_table(tmp_path / "t.csv")["t"][0].tolist() == [[1], [3]]


def test_a_cell_may_hold_a_line_break(tmp_path):
    (tmp_path / "t.csv").write_text('speaker,sentence,e0\na,"one\ntwo",1\nb,three,2\n')
    assert read_table(tmp_path / "t.csv")["t"][1].column("sentence").tolist() == ["one\ntwo", "three"]


def test_numbers_with_a_fraction_and_bytes_serve_as_names(tmp_path):
    file = written(tmp_path, speaker=np.array([1.0, 2.0, -1.0, np.nan]), gender=np.array(["é".encode(), b"m"] * 2))
    items = read_table(file)["t"][1]
    assert items.column("speaker").tolist() == ["1.0", "2.0", "", ""]
    assert items.column("gender").tolist() == ["é", "m", "é", "m"]


def test_nothing_is_unpickled(tmp_path):
    """Neither an archive with objects nor a pickle in its place runs what it holds."""
    marker = tmp_path / "ran"

    class Trap:
        def __reduce__(self):
            return (marker.touch, ())

    np.savez(tmp_path / "t.npz", embeddings=np.ones((2, 2)), speaker=np.array([Trap(), "b"], dtype=object))
    with pytest.raises(CorpusError, match="never unpickled"):
        read_table(tmp_path / "t.npz")
    (tmp_path / "t.npz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(CorpusError, match="cannot be read"):
        read_table(tmp_path / "t.npz")
    assert not marker.exists()


def test_what_is_no_table_at_all_is_refused(tmp_path):
    with pytest.raises(CorpusError, match="no such table"):
        read_table(tmp_path / "t.npz")
    (tmp_path / "t.npz").write_bytes(b"rubbish")
    with pytest.raises(CorpusError, match="cannot be read"):
        read_table(tmp_path / "t.npz")
    np.save(tmp_path / "one.npy", np.ones((2, 2)))
    (tmp_path / "one.npy").rename(tmp_path / "t.npz")
    with pytest.raises(CorpusError, match="one array without a name"):
        read_table(tmp_path / "t.npz")
    (tmp_path / "t.csv").write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(CorpusError, match="UTF-8"):
        read_table(tmp_path / "t.csv")
    (tmp_path / "t.xlsx").write_bytes(b"")
    with pytest.raises(CorpusError, match=r"'\.xlsx'"):
        read_table(tmp_path / "t.xlsx")
