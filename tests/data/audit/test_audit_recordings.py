"""One pass over a recording for all its utterances, and each measured as if it were alone."""

import numpy as np
import pytest
import soundfile

import unheard.data.audit.recordings as module
from unheard.data.audio.decoding import Recording
from unheard.data.audit.fingerprints import fingerprint
from unheard.data.audit.recordings import measure_recordings
from unheard.data.audit.traits import measure
from unheard.errors import AudioError
from unheard.records import Utterance

RATE = 16_000


@pytest.fixture
def file(tmp_path):
    """40 s of stereo: several blocks of the decoder."""
    own = tmp_path / "long.flac"
    soundfile.write(own, np.random.default_rng(0).normal(0, 0.1, (40 * RATE, 2)), RATE)
    return own


def utterances(file, stretches):
    return [
        Utterance(file, f"{number}", "made", start=start, end=end) for number, (start, end) in enumerate(stretches)
    ]


def test_stretches_are_measured_as_slices(file, monkeypatch):
    items = utterances(file, [(0.0, 1.0), (7.5, 9.25), (0.5, 30.0), (39.0, None), (39.5, 40.05)])
    passes = []
    blocks = Recording.blocks
    monkeypatch.setattr(Recording, "blocks", lambda self: (passes.append(self.file), blocks(self))[1])
    measured = measure_recordings(items)
    assert passes == [file]
    samples, rate = soundfile.read(file, dtype="float32")
    for item in items:
        own = samples[round(item.start * rate) : None if item.end is None else round(item.end * rate)]
        np.testing.assert_array_equal(measured.fingerprints[item.name], fingerprint(own, rate))
        assert measured.traits[item.name] == measure(own, rate)
    assert len(set(measured.contents.values())) == 1


def test_a_stretch_outside_is_an_error_of_its_own(file):
    items = utterances(file, [(0.0, 1.0), (41.0, 42.0), (1.0, 50.0), (3.0, 3.0)])
    measured = measure_recordings(items, skip_bad=True)
    assert [name for name, _ in measured.unusable] == ["1", "2", "3"]
    assert all("does not lie in the recording" in problem for _, problem in measured.unusable)
    with pytest.raises(AudioError):
        measure_recordings(items)


def test_what_would_not_fit_into_memory_is_refused(file, monkeypatch):
    monkeypatch.setattr(module, "_MOST", 10 * RATE * 2)
    measured = measure_recordings(utterances(file, [(0.0, None), (0.0, 9.0)]), skip_bad=True)
    assert list(measured.traits) == ["1"]
    assert "in one piece" in measured.unusable[0][1]


def test_a_damaged_recording_gives_nothing_at_all(file):
    file.write_bytes(file.read_bytes()[:-100])
    measured = measure_recordings(utterances(file, [(0.0, 1.0), (2.0, 3.0)]), skip_bad=True)
    assert not measured.traits
    assert len(measured.unusable) == 2
