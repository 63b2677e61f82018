"""Online code: short where the speaker is plain, uniform or longer where he is not, never infinite."""

import numpy as np
import pytest

from unheard.errors import SplitError
from unheard.leakage.code_length import online_code_length


def corpus(strength, items=480, speakers=8, size=12, seed=0):
    generator = np.random.default_rng(seed)
    labels = generator.permutation(np.arange(items) % speakers)
    return generator.normal(size=(speakers, size))[labels] * strength + generator.normal(size=(items, size)), labels


def test_more_code_takes_fewer_bits():
    lengths = [online_code_length(*corpus(strength), seed=0).mean for strength in (0.0, 0.4, 1.0, 4.0)]
    assert lengths == sorted(lengths, reverse=True)
    assert lengths[-1] < 1.0  # the first sixteenth takes 3 bits an item, the rest next to nothing


def test_nothing_takes_the_uniform_code_or_more_and_so_do_permuted_labels():
    nothing = online_code_length(*corpus(0.0), seed=0)
    assert nothing.uniform == 3.0
    assert 2.9 < nothing.mean < 3.5
    permuted = online_code_length(*corpus(4.0), seed=0, permuted=True)
    assert 2.9 < permuted.mean < 3.5
    assert permuted.uniform / permuted.mean < 1.05


def test_the_first_block_is_coded_uniformly_and_each_item_keeps_its_place():
    embeddings, labels = corpus(4.0)
    code = online_code_length(embeddings, labels, seed=3)
    first = np.random.default_rng(3).permutation(480)[:30]
    assert (code.bits[first] == 3.0).all()
    assert (code.bits > 0).all()
    assert np.median(np.delete(code.bits, first)) < 0.2


def test_a_label_that_comes_late_is_no_infinite_code():
    labels = np.array(["common"] * 99 + ["rare"])
    code = online_code_length(np.random.default_rng(0).normal(size=(100, 3)), labels, seed=0)
    assert np.isfinite(code.bits).all()
    assert code.bits[-1] > 3


def test_two_items_are_enough_and_the_same_seed_says_the_same():
    assert np.isfinite(online_code_length(np.eye(2), np.array(["a", "b"]), seed=0).mean)
    one, other = (online_code_length(*corpus(1.0), seed=5).bits for _ in range(2))
    assert (one == other).all()
    assert (one != online_code_length(*corpus(1.0), seed=6).bits).any()


def test_what_does_not_fit_is_an_error():
    with pytest.raises(SplitError, match="one label an item"):
        online_code_length(np.eye(3), np.zeros(2), seed=0)
    with pytest.raises(SplitError, match=r"1 label\(s\)"):
        online_code_length(np.eye(3), np.zeros(3), seed=0)
    with pytest.raises(SplitError, match="nan or inf"):
        online_code_length(np.eye(3) * np.nan, np.arange(3), seed=0)
