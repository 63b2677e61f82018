"""Recordings in: what every format gives, and what becomes of rubbish."""

import struct

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unheard.data.audio.loading import (
    ENDINGS,
    AudioSettings,
    condition,
    read_audio,
    read_recording,
    recording_digest,
    speech_span,
)
from unheard.errors import AudioError

RATE = 16_000
FORMATS = {
    "pcm16.wav": {"subtype": "PCM_16"},
    "pcm24.wav": {"subtype": "PCM_24"},
    "float.wav": {"subtype": "FLOAT"},
    "extensible.wav": {"format": "WAVEX", "subtype": "PCM_16"},
    "lossless.flac": {"subtype": "PCM_16"},
    "lossless24.flac": {"subtype": "PCM_24"},
    "vorbis.ogg": {"subtype": "VORBIS"},
    "vorbis.oga": {"format": "OGG", "subtype": "VORBIS"},
    "opus.opus": {"format": "OGG", "subtype": "OPUS"},
    "layer3.mp3": {"format": "MP3", "subtype": "MPEG_LAYER_III"},
}
LOSSLESS = [name for name in FORMATS if name.endswith(("wav", "flac"))]


def sine(seconds=1.0, rate=RATE, frequency=440.0, level=0.5):
    return (level * np.sin(2 * np.pi * frequency * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def write(folder, name, samples, rate=RATE, **changes):
    file = folder / name
    soundfile.write(file, samples, rate, **{**FORMATS.get(name, {}), **changes})
    return file


def refused(file, **options):
    """The message of the AudioError; it must name the file and a mend."""
    with pytest.raises(AudioError) as caught:
        read_audio(file, **options)
    error, message = caught.value, str(caught.value)
    assert isinstance(error, OSError)
    assert message.startswith(f"{file}: ")
    assert error.mend
    assert message.endswith(error.mend)
    return error.problem


def frequency_of(samples, rate):
    """The strongest frequency in hertz, by a parabola through the logarithm of the peak and its neighbors."""
    power = np.log(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) + 1e-12)
    peak = int(power[1:-1].argmax()) + 1
    low, mid, high = power[peak - 1 : peak + 2]
    return (peak + 0.5 * (low - high) / (low - 2 * mid + high)) * rate / len(samples)


def rms(samples):
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_sine_that_was_written(tmp_path, name):
    file = write(tmp_path, name, sine())
    samples, digest = read_audio(file, rate=RATE)
    assert samples.dtype == np.float32
    assert samples.ndim == 1
    assert samples.flags["C_CONTIGUOUS"]
    assert len(samples) == RATE
    assert frequency_of(samples, RATE) == pytest.approx(440, abs=0.5)
    assert rms(samples[1600:-1600]) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)
    assert len(digest) == 64


@pytest.mark.parametrize("name", LOSSLESS)
def test_lossless_is_exact(tmp_path, name):
    samples, _ = read_audio(write(tmp_path, name, sine()), rate=RATE)
    assert np.abs(samples - sine()).max() <= 2**-15


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("native", [8_000, 22_050, 44_100, 48_000])
def test_resampling_keeps_frequency_level_and_length(tmp_path, name, native):
    if name.endswith(".opus") and native in {22_050, 44_100}:
        pytest.skip("Opus has no such rate")
    samples, _ = read_audio(write(tmp_path, name, sine(rate=native), native), rate=RATE)
    # A lossy codec may pad its last frame.
    assert abs(len(samples) - RATE) <= (0.06 * RATE if name.endswith((".mp3", ".opus")) else 1)
    inner = samples[1600 : RATE - 1600]
    assert frequency_of(inner, RATE) == pytest.approx(440, abs=0.5)
    assert rms(inner) == pytest.approx(0.5 / np.sqrt(2), rel=0.02)


def test_resampling_folds_nothing_back(tmp_path):
    samples, _ = read_audio(write(tmp_path, "float.wav", sine(rate=48_000, frequency=11_000), 48_000), rate=RATE)
    assert rms(samples[1600:-1600]) < 1e-4


@pytest.mark.parametrize("channels", range(1, 7))
@pytest.mark.parametrize("name", ["pcm16.wav", "lossless.flac", "vorbis.ogg", "opus.opus"])
def test_channels_are_averaged(tmp_path, name, channels):
    weights = np.arange(1, channels + 1) / channels
    # 60 Hz: the sixth channel of Opus is the low-frequency one.
    file = write(tmp_path, name, sine(frequency=60)[:, None] * weights)
    samples, _ = read_audio(file, rate=RATE)
    assert samples.ndim == 1
    assert rms(samples[1600:-1600]) == pytest.approx(0.5 / np.sqrt(2) * weights.mean(), rel=0.05)
    assert read_recording(file)[0].shape[1] == channels


def test_stereo_in_opposite_phase_is_silence_and_said_so(tmp_path):
    file = write(tmp_path, "float.wav", np.stack([sine(), -sine()], axis=1))
    assert refused(file, rate=RATE) == "is digital silence"


def test_start_and_end_in_seconds(tmp_path):
    whole = np.random.default_rng(0).uniform(-0.5, 0.5, RATE).astype(np.float32)
    file = write(tmp_path, "float.wav", whole)
    _, digest = read_audio(file, rate=RATE)
    part, same = read_audio(file, rate=RATE, start=0.25, end=0.5)
    np.testing.assert_array_equal(part, whole[4000:8000])
    assert same == digest
    np.testing.assert_array_equal(read_audio(file, rate=RATE, start=0.9)[0], whole[14400:])
    np.testing.assert_array_equal(read_audio(file, rate=RATE, start=0.9, end=1.05)[0], whole[14400:])


@pytest.mark.parametrize(("start", "end"), [(-0.1, None), (1.0, None), (2.0, 3.0), (0.5, 0.5), (0.5, 0.2), (0, 1.2)])
def test_a_part_outside_the_recording_is_refused(tmp_path, start, end):
    file = write(tmp_path, "pcm16.wav", sine())
    assert "does not lie in the recording of 1.000 s" in refused(file, rate=RATE, start=start, end=end)


def test_a_part_of_less_than_a_sample_is_refused(tmp_path):
    file = write(tmp_path, "pcm16.wav", sine())
    refused(file, rate=RATE, start=0.5, end=0.500001)


def test_the_digest_is_of_the_content(tmp_path):
    samples = np.random.default_rng(0).integers(-20_000, 20_000, (4000, 2)).astype(np.int16)
    other = samples.copy()
    other[1234, 1] += 1
    wav, flac = write(tmp_path, "pcm16.wav", samples), write(tmp_path, "lossless.flac", samples)
    digests = [read_audio(file, rate=RATE)[1] for file in (wav, flac)]
    assert digests[0] == digests[1]
    renamed = wav.rename(tmp_path / "renamed.wav")
    assert read_audio(renamed, rate=RATE)[1] == digests[0]
    assert read_audio(renamed, rate=8_000)[1] == digests[0]
    assert read_audio(write(tmp_path, "other.wav", other), rate=RATE)[1] != digests[0]
    assert read_audio(write(tmp_path, "rate.wav", samples, 8_000), rate=RATE)[1] != digests[0]


def test_the_digest_tells_channels_from_length():
    flat = np.zeros(8, np.float32)
    digests = {recording_digest(flat.reshape(shape), RATE) for shape in [(8, 1), (4, 2), (2, 4)]}
    assert len(digests) == 3
    assert recording_digest(flat, RATE) == recording_digest(flat.reshape(8, 1), RATE)


def test_missing_and_directory(tmp_path):
    assert refused(tmp_path / "none.wav") == "no such file"
    (tmp_path / "folder.wav").mkdir()
    assert refused(tmp_path / "folder.wav") == "is a folder"


@pytest.mark.parametrize("ending", sorted(ENDINGS))
def test_empty_text_and_random_bytes(tmp_path, ending):
    file = tmp_path / f"rubbish{ending}"
    file.write_bytes(b"")
    assert "0 bytes" in refused(file)
    file.write_text("file,speaker,emotion\na.wav,1,anger\n" * 20, encoding="utf-8")
    problem = refused(file)
    assert "cannot be decoded" in problem
    assert "not exist" not in problem
    file.write_bytes(np.random.default_rng(0).bytes(5000))
    assert "cannot be decoded" in refused(file)


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5, 0.9, 0.97])
@pytest.mark.parametrize("name", FORMATS)
def test_truncated(tmp_path, name, share):
    noise = np.random.default_rng(0).normal(0, 0.1, 2 * RATE).astype(np.float32)
    whole = write(tmp_path, name, noise).read_bytes()
    cut = tmp_path / f"cut-{name}"
    cut.write_bytes(whole[: int(len(whole) * share)])
    problem = refused(cut)
    assert any(word in problem for word in ("truncated", "cannot be decoded", "no samples"))
    if name.endswith("wav"):
        assert "bytes of sound announced" in problem or "before its sound" in problem


def test_a_streamed_wav_announces_nothing_and_is_read(tmp_path):
    file = write(tmp_path, "pcm16.wav", sine())
    content = bytearray(file.read_bytes())
    data = content.index(b"data") + 4
    content[4:8] = content[data : data + 4] = b"\xff" * 4
    file.write_bytes(content)
    assert len(read_audio(file, rate=RATE)[0]) == RATE


@pytest.mark.parametrize("count", [0, 2**36 - 1])
def test_a_flac_that_announces_any_length_takes_no_memory(tmp_path, count):
    file = write(tmp_path, "lossless.flac", sine())
    content = bytearray(file.read_bytes())
    # STREAMINFO: 36 bits of sample count from the low half of byte 21 on.
    content[21] = content[21] & 0xF0 | count >> 32
    content[22:26] = struct.pack(">I", count & 0xFFFFFFFF)
    file.write_bytes(content)
    try:
        assert len(read_audio(file, rate=RATE)[0]) == RATE
    except AudioError:
        refused(file)


@pytest.mark.parametrize(
    ("bad", "count"), [(np.full(800, np.nan), 800), (np.array([np.nan] * 3), 3), (np.array([np.inf, -np.inf]), 2)]
)
def test_nan_and_infinite(tmp_path, bad, count):
    samples = sine()[:800]
    samples[: len(bad)] = bad
    assert refused(write(tmp_path, "float.wav", samples)) == f"{count} of 800 samples are NaN or infinite"


@pytest.mark.parametrize("name", ["pcm16.wav", "float.wav", "lossless.flac"])
def test_silence_and_nothing(tmp_path, name):
    assert refused(write(tmp_path, name, np.zeros(RATE))) == "is digital silence"
    # libsndfile writes not even a header where there is nothing to put into a FLAC.
    assert refused(write(tmp_path, name, np.zeros(0))) in {
        "holds no samples",
        "the file is empty (0 bytes)",
    }


def test_a_silent_part_of_a_recording_is_refused(tmp_path):
    file = write(tmp_path, "float.wav", np.concatenate([np.zeros(RATE), sine()]))
    assert refused(file, end=1.0) == "is digital silence"
    assert len(read_audio(file, start=1.0)[0]) == RATE


@pytest.mark.parametrize(
    ("source", "ending"),
    [("lossless.flac", ".wav"), ("pcm16.wav", ".mp3"), ("vorbis.ogg", ".flac"), ("layer3.mp3", ".wav")],
)
def test_a_wrong_ending_is_refused(tmp_path, source, ending):
    file = write(tmp_path, source, sine())
    wrong = file.rename(tmp_path / f"wrong{ending}")
    assert refused(wrong).startswith(f"is named {ending} but holds ")


def test_an_ending_in_capitals_is_the_same(tmp_path):
    file = write(tmp_path, "pcm16.wav", sine()).rename(tmp_path / "LOUD.WAV")
    assert len(read_audio(str(file), rate=RATE)[0]) == RATE


def attempt(file):
    """Samples or an AudioError; anything else is a bug."""
    try:
        samples, digest = read_audio(file, rate=RATE)
    except AudioError:
        refused(file, rate=RATE)
    else:
        assert samples.dtype == np.float32
        assert np.isfinite(samples).all()
        assert len(digest) == 64


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ending=st.sampled_from([*sorted(ENDINGS), ".bin", ""]),
    magic=st.sampled_from(
        [b"", b"RIFF\x24\0\0\0WAVEfmt ", b"fLaC", b"OggS\0\2", b"ID3\4", b"\xff\xfb\x90\0", b".snd"]
    ),
    rest=st.binary(max_size=300),
)
def test_arbitrary_bytes_give_an_error_or_samples(tmp_path, ending, magic, rest):
    file = tmp_path / f"arbitrary{ending}"
    file.write_bytes(magic + rest)
    attempt(file)


@pytest.fixture(scope="module")
def contents(tmp_path_factory):
    folder = tmp_path_factory.mktemp("contents")
    return {name: write(folder, name, sine(0.1)).read_bytes() for name in FORMATS}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(FORMATS)),
    place=st.floats(0, 1, exclude_max=True),
    damage=st.binary(min_size=1, max_size=8),
    early=st.booleans(),
)
def test_damaged_files_give_an_error_or_samples(tmp_path, contents, name, place, damage, early):
    content = bytearray(contents[name])
    at = int(place * (min(64, len(content)) if early else len(content)))
    content[at : at + len(damage)] = damage
    file = tmp_path / name
    file.write_bytes(content)
    attempt(file)


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 4000),
    trim=st.floats(0, 120),
    level=st.sampled_from(["as recorded", "rms"]),
    seed=st.integers(0, 999),
)
def test_conditioning_never_leaves_nothing(count, trim, level, seed):
    generator = np.random.default_rng(seed)
    samples = (generator.normal(0, 0.1, count) * generator.choice([0, 1e-4, 1], count)).astype(np.float32)
    conditioned = condition(samples, AudioSettings(trim=trim, level=level))
    assert 0 < len(conditioned) <= count
    assert conditioned.dtype == np.float32
    assert np.isfinite(conditioned).all()


@pytest.mark.parametrize("gain", [1e-4, 0.1, 1.0])
def test_level_rms_is_26_decibels_below_full_scale(gain):
    conditioned = condition(sine(level=gain), AudioSettings(level="rms"))
    assert 20 * np.log10(rms(conditioned)) == pytest.approx(-26, abs=1e-3)


def test_as_recorded_changes_nothing():
    samples = sine()
    assert condition(samples, AudioSettings()) is samples


def test_without_trimming_all_of_it_is_speech():
    samples = np.concatenate([np.zeros(8000, np.float32), sine(), np.zeros(8000, np.float32)])
    assert speech_span(samples, 16_000, 0.0) == (0, len(samples))
    first, last = speech_span(samples, 16_000, 40.0)
    assert np.array_equal(samples[first:last], condition(samples, AudioSettings(trim=40)))


def test_trimming_leaves_50_ms_around_the_voice():
    silence = np.random.default_rng(0).normal(0, 1e-5, RATE).astype(np.float32)
    samples = np.concatenate([silence, sine(), silence])
    trimmed = condition(samples, AudioSettings(trim=40))
    assert len(trimmed) == pytest.approx(RATE + 2 * 0.05 * RATE, abs=2 * 0.025 * RATE)
    start = len(silence) - 800
    np.testing.assert_array_equal(trimmed, samples[start : start + len(trimmed)])
    assert len(condition(samples, AudioSettings(trim=120))) == len(samples)


@pytest.mark.parametrize("count", [1, 399, 800, RATE])
def test_conditioning_silence_leaves_it(count):
    conditioned = condition(np.zeros(count, np.float32), AudioSettings(trim=40, level="rms"))
    np.testing.assert_array_equal(conditioned, np.zeros(count))


def test_a_pause_in_the_middle_stays():
    samples = np.concatenate([sine(), np.zeros(RATE, np.float32), sine()])
    assert len(condition(samples, AudioSettings(trim=40))) == len(samples)


@pytest.mark.parametrize("wrong", [{"rate": 100}, {"trim": -1}, {"level": "loud"}, {"gain": 3}])
def test_settings_are_checked(wrong):
    with pytest.raises(ValueError):
        AudioSettings(**wrong)
