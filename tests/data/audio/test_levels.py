"""Powers block by block are powers."""

import numpy as np
import pytest

import unheard.data.audio.levels as module
from unheard.data.audio.levels import frame_powers, mean_square


@pytest.mark.parametrize("block", [1, 7, 1000, 1 << 22])
def test_blocks_change_nothing_that_counts(monkeypatch, block):
    samples = np.random.default_rng(0).normal(0, 0.1, 1003).astype(np.float32)
    squares = samples.astype(np.float64) ** 2
    monkeypatch.setattr(module, "_BLOCK", block)
    assert mean_square(samples) == pytest.approx(squares.mean(), rel=1e-12)
    np.testing.assert_array_equal(frame_powers(samples, 10, 100), squares[:1000].reshape(100, 10).mean(axis=1))
