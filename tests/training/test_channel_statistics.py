"""Mean and deviation of a part, item by item: the bits of one array, wherever the items lie."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from unheard.features.stored import open_entry, write_entry
from unheard.training import statistics
from unheard.training.statistics import channel_statistics


def made(lengths, channels, seed=0):
    generator = np.random.default_rng(seed)
    return [(generator.standard_normal((length, channels)) * 3 - 5).astype(np.float32) for length in lengths]


@hypothesis(max_examples=60, deadline=None)
@given(lengths=st.lists(st.integers(1, 300), min_size=1, max_size=20), channels=st.integers(1, 90))
def test_they_are_the_bits_of_all_frames_in_one_array(lengths, channels):
    items = made(lengths, channels, len(lengths))
    whole = np.concatenate(items)
    mean, deviation = channel_statistics(items)
    assert mean.dtype == deviation.dtype == np.float32
    np.testing.assert_array_equal(mean, whole.mean(axis=0))
    np.testing.assert_array_equal(deviation, whole.std(axis=0))


@pytest.mark.parametrize("channels", [2, 16])
def test_where_they_lie_does_not_matter(tmp_path, channels):
    items = made([40, 3, 70], channels)
    stored = []
    for number, item in enumerate(items):
        write_entry(tmp_path, f"{number:02}" * 32, item)
        stored.append(open_entry(tmp_path, f"{number:02}" * 32))
    for one, other in zip(channel_statistics(items), channel_statistics(stored), strict=True):
        np.testing.assert_array_equal(one, other)


def test_of_a_single_channel_on_disk_they_are_right_as_well(tmp_path):
    (item,) = made([5000], 1)
    write_entry(tmp_path, "ab" * 32, item)
    mean, deviation = channel_statistics([open_entry(tmp_path, "ab" * 32)])
    np.testing.assert_allclose([mean, deviation], [item.mean(0), item.std(0)], rtol=1e-5)


def test_more_than_a_day_is_summed_in_double_precision(monkeypatch):
    monkeypatch.setattr(statistics, "_MANY", 100)
    items = made([90, 90, 90], 4)
    whole = np.concatenate(items).astype(np.float64)
    mean, deviation = channel_statistics(items)
    np.testing.assert_array_equal(mean, whole.mean(axis=0).astype(np.float32))
    np.testing.assert_allclose(deviation, whole.std(axis=0), rtol=1e-6)
