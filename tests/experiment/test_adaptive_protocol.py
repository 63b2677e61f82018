"""The adaptive protocol: what it takes from a voice, and what it must not touch."""

import numpy as np
import pytest

from unheard.errors import SplitError
from unheard.experiment.adaptive_protocol import reader_by_speaker
from unheard.features.speaker_statistics import standardize


def voices(seed=0, gain=1.0, shift=0.0):
    """Two speakers with three utterances each; the second speaker's channels are scaled and shifted."""
    generator = np.random.default_rng(seed)
    frames = {f"a{i}": [generator.normal(size=(5 + i, 4)).astype(np.float32)] for i in range(3)}
    frames |= {f"b{i}": [(gain * frames[f"a{i}"][0] + shift).astype(np.float32)] for i in range(3)}
    return frames, {name: name[0] for name in frames}


def test_each_voice_has_zero_mean_and_unit_deviation_over_all_its_recordings():
    frames, speakers = voices(gain=3.0, shift=-7.0)
    read = reader_by_speaker(frames.__getitem__, speakers)
    for speaker in "ab":
        own = np.concatenate([read(f"{speaker}{i}")[0] for i in range(3)])
        assert own.mean(axis=0) == pytest.approx(np.zeros(4), abs=1e-6)
        assert own.std(axis=0) == pytest.approx(np.ones(4), abs=1e-6)


def test_a_voice_that_differs_by_gain_and_shift_alone_becomes_the_other():
    frames, speakers = voices(gain=3.0, shift=-7.0)
    read = reader_by_speaker(frames.__getitem__, speakers)
    assert read("b1")[0] == pytest.approx(read("a1")[0], abs=1e-5)


def test_no_voice_sees_another():
    frames, speakers = voices()
    before = reader_by_speaker(frames.__getitem__, speakers)("a0")[0]
    changed = {name: [100 * variants[0]] if name[0] == "b" else variants for name, variants in frames.items()}
    assert np.array_equal(reader_by_speaker(changed.__getitem__, speakers)("a0")[0], before)


def test_perturbed_copies_are_a_voice_of_their_own():
    frames, speakers = voices()
    for name, variants in frames.items():
        variants.append(3.0 * variants[0] + (2.0 if name.startswith("a") else -1.0))
    read = reader_by_speaker(frames.__getitem__, speakers)
    for name in frames:
        plain, copy = read(name)
        assert copy == pytest.approx(plain, abs=1e-5)


def test_a_channel_that_never_moves_stays_finite():
    still = np.ones((3, 2), np.float32)
    assert np.isfinite(standardize([still], [still])[0]).all()


def test_a_voice_with_a_single_row_is_refused_by_name():
    row = np.ones((1, 2), np.float32)
    with pytest.raises(SplitError, match=r"speaker a: .*single utterance"):
        reader_by_speaker(lambda _: [row], {"a0": "a"})("a0")
