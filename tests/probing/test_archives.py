"""An archive of arrays is whole, or an error; what it would unpack to is known before."""

import tracemalloc
import zipfile

import numpy as np
import pytest

from unheard.errors import CorpusError
from unheard.probing.embedding_tables import read_table


def whole(file, **more):
    generator = np.random.default_rng(0)
    arrays = {
        "embeddings": generator.standard_normal((40, 8)).astype(np.float32),
        "speaker": np.repeat(["a", "b"], 20),
    }
    np.savez(file, **{**arrays, **more})
    return file


def member(file, name, head, size, *, real=b""):
    """An archive with a member whose head says what it likes, of so many zeros that shrink to nothing."""
    with zipfile.ZipFile(whole(file), "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as stream:
        text = head.encode() + b" " * (-(len(head) + 11) % 64) + b"\n"
        stream.write(b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + real)
        for _ in range(size >> 20):
            stream.write(bytes(1 << 20))
    return file


def refused(file, said):
    tracemalloc.start()
    with pytest.raises(CorpusError, match=said) as caught:
        read_table(file)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert file.name in str(caught.value)
    assert most < 20_000_000


def head_of(shape, descr="<f4"):
    return repr({"descr": descr, "fortran_order": False, "shape": shape})


def test_a_bomb_is_not_unpacked(tmp_path):
    size = 300 << 20
    file = member(tmp_path / "a.npz", "raw_features.npy", head_of((40, size // 160)), size)
    assert file.stat().st_size < 1_000_000
    refused(file, "would unpack to")


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (head_of((10**9, 10**9)), "announces"),
        (head_of((40, -1)), "a shape that is none"),
        (head_of((40, 10**40)), "announces"),
        (head_of((40,), "|O"), "objects, which are never unpickled"),
        (head_of((40,), "<U99999999"), "announces|texts of"),
        (head_of((0,), "<U99999999"), "texts of"),
        ("[" * 5000, "no head of a NumPy array"),
        ("{", "no head of a NumPy array"),
        (" " * 20_000, "letters"),
        ("__import__('os')", "no head of a NumPy array"),
    ],
    ids=str,
)
def test_what_a_head_announces_is_not_believed(tmp_path, head, said):
    refused(member(tmp_path / "a.npz", "raw_features.npy", head, 0), said)


def test_members_that_are_no_arrays_or_stand_twice(tmp_path):
    with zipfile.ZipFile(whole(tmp_path / "a.npz"), "a") as archive:
        archive.writestr("note.txt", "no array")
    refused(tmp_path / "a.npz", "'note.txt', which is no array")
    with zipfile.ZipFile(whole(tmp_path / "b.npz"), "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("speaker.npy", "again")
    refused(tmp_path / "b.npz", "stands twice")
    with zipfile.ZipFile(whole(tmp_path / "c.npz"), "a") as archive:
        for number in range(100):
            archive.writestr(f"{number}.npy", "")
    refused(tmp_path / "c.npz", "102 arrays, expected 64")


def test_a_flipped_bit_in_numbers_is_found(tmp_path):
    file = whole(tmp_path / "a.npz")
    content = bytearray(file.read_bytes())
    content[300] ^= 1
    file.write_bytes(content)
    refused(file, "Bad CRC-32")


def test_a_large_archive_that_is_as_large_as_it_says_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("unheard.probing.archives._ROOM", 10)
    (embeddings, _) = read_table(whole(tmp_path / "a.npz"))["a"]
    assert embeddings.shape == (40, 8)
