"""An entry on disk acts as the array that it holds, is read no further than asked, and is whole or is none."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from unheard.errors import RunError
from unheard.features.stored import entry_file, open_entry, read_entry, write_entry

KEY = "ab" * 32


def made(frames=7, channels=3, seed=0, *, half=False):
    numbers = np.random.default_rng(seed).standard_normal((frames, channels)).astype(np.float32)
    return numbers.astype(np.float16).astype(np.float32) if half else numbers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("entries")


@hypothesis(max_examples=60, deadline=None)
@given(
    frames=st.integers(1, 40),
    channels=st.integers(1, 5),
    half=st.booleans(),
    first=st.integers(0, 50),
    last=st.one_of(st.none(), st.integers(0, 50)),
)
def test_a_slice_is_that_of_the_array(folder, frames, channels, half, first, last):
    features = made(frames, channels, frames, half=half)
    write_entry(folder, KEY, features)
    stored = open_entry(folder, KEY)
    assert (len(stored), stored.shape) == (frames, (frames, channels))
    part = stored[first:last]
    assert part.dtype == np.float32
    assert part.flags.owndata
    np.testing.assert_array_equal(part, features[first:last])
    np.testing.assert_array_equal(np.asarray(stored), read_entry(folder, KEY))
    np.testing.assert_array_equal(np.stack([stored, stored]), np.stack([features, features]))


def test_columns_first_is_read_too(folder):
    features = made()
    file = entry_file(folder, KEY)
    np.save(file, np.asfortranarray(features))
    content = file.read_bytes()
    from unheard.features import stored

    file.write_bytes(content + stored._digest(content))
    np.testing.assert_array_equal(np.asarray(open_entry(folder, KEY)), features)
    np.testing.assert_array_equal(read_entry(folder, KEY), features)


@pytest.mark.parametrize(
    "damage",
    [
        lambda content: content[:-1],
        lambda content: content[:-16],
        lambda content: content + b"x",
        lambda content: content[:100],
        lambda content: b"",
        lambda content: b"rubbish" * 20,
        lambda content: content[:200] + bytes([content[200] ^ 1]) + content[201:],
    ],
    ids=["cut", "no digest", "longer", "half", "empty", "rubbish", "one bit"],
)
def test_what_is_damaged_is_missing_either_way(tmp_path, damage):
    write_entry(tmp_path, KEY, made())
    file = entry_file(tmp_path, KEY)
    file.write_bytes(damage(file.read_bytes()))
    assert open_entry(tmp_path, KEY) is None
    assert read_entry(tmp_path, KEY) is None


@pytest.mark.parametrize("wrong", [np.zeros((0, 3), np.float32), np.zeros(5, np.float32), np.zeros((2, 3))])
def test_what_holds_no_features_is_missing(tmp_path, wrong):
    from unheard.features import stored

    file = entry_file(tmp_path, KEY)
    file.parent.mkdir(parents=True)
    np.save(file, wrong)
    content = file.read_bytes()
    file.write_bytes(content + stored._digest(content))
    assert open_entry(tmp_path, KEY) is None
    assert read_entry(tmp_path, KEY) is None


def test_what_is_removed_while_it_is_in_use_is_an_error_that_says_what_to_do(tmp_path):
    write_entry(tmp_path, KEY, made())
    stored = open_entry(tmp_path, KEY)
    entry_file(tmp_path, KEY).unlink()
    with pytest.raises(RunError, match=r"lost this entry while it was in use .*Run the same command again"):
        stored[:2]
    assert open_entry(tmp_path, KEY) is None


def test_nothing_stays_mapped(tmp_path):
    write_entry(tmp_path, KEY, made(1000, 50))
    stored = open_entry(tmp_path, KEY)
    parts = [stored[first : first + 10] for first in range(0, 1000, 10)]
    assert KEY not in Path("/proc/self/maps").read_text(encoding="utf-8")
    np.testing.assert_array_equal(np.concatenate(parts), np.asarray(stored))
