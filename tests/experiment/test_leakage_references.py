"""What stands beside an objective's leakage: the raw features, as the probes read them."""

import numpy as np

from unheard.experiment.job_leakage import raw_statistics
from unheard.features import logmel
from unheard.training.dataset import Dataset


def made(frames, hop):
    count = len(frames)
    return Dataset(tuple(map(str, range(count))), [[one] for one in frames], {"emotion": np.zeros(count, int)}, hop)


def test_frames_are_read_by_their_mean_and_deviation_over_time():
    frames = [np.arange(12, dtype=np.float32).reshape(4, 3), np.ones((2, 3), np.float32)]
    expected = [[4.5, 5.5, 6.5, *[np.std([0, 3, 6, 9])] * 3], [1, 1, 1, 0, 0, 0]]
    np.testing.assert_allclose(raw_statistics(made(frames, 0.01)), expected, rtol=1e-6)


def test_what_is_one_row_an_utterance_is_read_as_it_is():
    rows = [np.full((1, 3), value, np.float32) for value in (1.0, 2.0)]
    np.testing.assert_array_equal(raw_statistics(made(rows, 0.02)), np.concatenate(rows))


def test_of_a_waveform_its_spectrum_is_read_as_two_numbers_would_know_nobody():
    wave = np.random.default_rng(0).normal(0, 0.1, 8000).astype(np.float32)
    found = raw_statistics(made([wave[:, None]], 1 / 16_000))
    spectrum = logmel.extract(wave, 16_000, logmel.Settings())
    np.testing.assert_allclose(found[0], np.concatenate([spectrum.mean(0), spectrum.std(0)]), rtol=1e-5)
    assert raw_statistics(made([wave[:50, None]], 0.01)).shape == (1, 2)
