"""Stretches of a recording: the same samples however they are read, and nothing that is not one."""

import numpy as np
import pytest
import soundfile
import soxr

import unheard.data.audio.segments as module
from unheard.data.audio.decoding import Recording
from unheard.data.audio.loading import AudioSettings, Bounds, read_audio, read_parts, read_recording, recording_digest
from unheard.errors import AudioError

RATE = 16_000
FORMS = {
    "a.wav": {"subtype": "PCM_16"},
    "float.wav": {"subtype": "FLOAT"},
    "a.flac": {"subtype": "PCM_16"},
    "a.ogg": {"subtype": "VORBIS"},
    "a.opus": {"format": "OGG", "subtype": "OPUS"},
    "a.mp3": {"format": "MP3", "subtype": "MPEG_LAYER_III"},
}
STRETCHES = [(0.0, 1.0), (3.0, 3.5), (9.25, None), (0.333, 8.9), (19.9, 20.05), (0.0, None)]


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """20 s of stereo in every form: several blocks of the decoder."""
    folder = tmp_path_factory.mktemp("recordings")
    sound = np.random.default_rng(0).normal(0, 0.1, (20 * RATE, 2)).astype(np.float32)
    for name, options in FORMS.items():
        with soundfile.SoundFile(folder / name, "w", RATE, 2, **options) as sink:
            for begin in range(0, len(sound), RATE):
                sink.write(sound[begin : begin + RATE])
    return folder


@pytest.fixture(autouse=True)
def _nothing_is_known():
    module._passed.clear()


def expected(file, rate, start, end):
    """As the method says it: the mean of the channels of the slice of the whole, resampled in one piece."""
    samples, native = read_recording(file)
    own = samples[round(start * native) : None if end is None else round(end * native)].mean(axis=1, dtype=np.float32)
    return own if native == rate else soxr.resample(own, native, rate, quality="HQ")


@pytest.mark.parametrize("rate", [RATE, 11_025])
@pytest.mark.parametrize("name", FORMS)
def test_stretches_are_slices_of_the_whole(recordings, name, rate):
    file = recordings / name
    found, digest = read_parts(file, STRETCHES, AudioSettings(rate=rate))
    assert digest == recording_digest(*read_recording(file))
    for (start, end), own in zip(STRETCHES, found, strict=True):
        np.testing.assert_array_equal(own, expected(file, rate, start, end))


@pytest.mark.parametrize("name", FORMS)
def test_asked_for_again_one_by_one_they_are_the_same(recordings, name):
    file = recordings / name
    for start, end in STRETCHES:
        samples, digest = read_audio(file, start=start, end=end)
        np.testing.assert_array_equal(samples, expected(file, RATE, start, end))
        assert digest == recording_digest(*read_recording(file))


@pytest.mark.parametrize("name", ["a.wav", "float.wav", "a.flac", "a.ogg"])
def test_a_second_stretch_is_read_by_a_seek(recordings, name, monkeypatch):
    read_audio(recordings / name, start=1.0, end=2.0)
    monkeypatch.setattr(Recording, "blocks", lambda self: pytest.fail("read from the beginning"))
    read_audio(recordings / name, start=15.0, end=16.0)


@pytest.mark.parametrize("name", FORMS)
def test_the_rest_is_not_decoded_again(recordings, name, monkeypatch):
    read_audio(recordings / name, start=1.0, end=2.0)
    seen = []
    blocks = Recording.blocks
    monkeypatch.setattr(
        Recording, "blocks", lambda self: (seen.append(len(block)) or block for block in blocks(self))
    )
    read_audio(recordings / name, start=2.0, end=3.0)
    assert sum(seen) < 10 * RATE


def test_a_file_that_changes_is_read_again(tmp_path):
    file = tmp_path / "a.wav"
    for seed in (0, 1):
        sound = np.random.default_rng(seed).normal(0, 0.1, 2 * RATE)
        soundfile.write(file, sound, RATE, subtype="FLOAT")
        samples, digest = read_audio(file, start=0.5, end=1.0)
        np.testing.assert_array_equal(samples, sound[RATE // 2 : RATE].astype(np.float32))
        assert digest == recording_digest(*read_recording(file))


def test_each_stretch_has_its_own_error(recordings):
    wrong = [(-1.0, 1.0), (50.0, 51.0), (1.0, 21.0), (2.0, 2.0), (2.0, 1.0), (2.0, 2.01)]
    for _ in range(2):  # from a pass, then from seeks
        found, _ = read_parts(recordings / "a.flac", [*wrong, (1.0, 2.0)], AudioSettings())
        problems = [own.problem for own in found[:-1]]
        assert all("does not lie in the recording of 20.000 s" in own for own in problems[:-1])
        assert "too short" in problems[-1]
        assert len(found[-1]) == RATE


@pytest.mark.parametrize("native", [8_000, 22_050, 44_100, 48_000, 96_000])
def test_resampling_block_by_block_is_resampling(tmp_path, native):
    file = tmp_path / "a.wav"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, 600_000), native, subtype="FLOAT")
    np.testing.assert_array_equal(read_audio(file)[0], expected(file, RATE, 0.0, None))


def refused(file, **options):
    with pytest.raises(AudioError) as caught:
        read_audio(file, **options)
    assert caught.value.file == file
    return caught.value.problem


def test_longer_than_any_utterance(recordings):
    for _ in range(2):
        assert "expected 5 at most" in refused(recordings / "a.flac", bounds=Bounds(longest=5.0))
    samples, _ = read_audio(recordings / "a.flac", start=1.0, end=5.0, bounds=Bounds(longest=5.0))
    assert len(samples) == 4 * RATE


@pytest.mark.parametrize("count", [1, 10, 100, 399])
def test_shorter_than_a_frame(tmp_path, count):
    file = tmp_path / "a.wav"
    soundfile.write(file, np.full(count, 0.5), RATE)
    assert refused(file) == f"{count} samples at 16000 Hz are too short to be speech, expected 0.025 s at least"


@pytest.mark.parametrize("value", [1e10, -1e30, 3e38])
def test_beyond_all_range(tmp_path, value):
    file = tmp_path / "a.wav"
    sound = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    sound[RATE // 2] = value
    soundfile.write(file, sound, RATE, subtype="FLOAT")
    assert "where full scale is 1" in refused(file)


def test_doubles_that_no_float_holds(tmp_path):
    file = tmp_path / "a.wav"
    soundfile.write(file, np.full(RATE, 1e300), RATE, subtype="DOUBLE")
    assert refused(file)


def test_rates_are_bounded_as_set(tmp_path):
    file = tmp_path / "a.wav"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, 8000), 2_000)
    assert "its header says 2000 Hz, expected 4000 to 384000 Hz" in refused(file)
    assert len(read_audio(file, bounds=AudioSettings(lowest_rate=2_000).bounds)[0]) == 8 * 8000
    with pytest.raises(ValueError, match="must not lie above"):
        AudioSettings(lowest_rate=48_000, highest_rate=16_000)


def test_bounds_at_their_defaults_are_not_written():
    plain = {"rate": 16_000, "trim": 0.0, "level": "as recorded"}
    assert AudioSettings().model_dump(mode="json") == plain
    assert AudioSettings(longest=60).model_dump(mode="json") == {**plain, "longest": 60}
    assert AudioSettings(longest=60).identity == plain
    assert AudioSettings(**AudioSettings(longest=60, lowest_rate=8000).model_dump()).bounds.lowest == 8000
