"""Log-mel with contours: the bands are log-mel's own, and the contours are where and what the voice is."""

import numpy as np
import pydantic
import pytest

from unheard.features import functionals, logmel
from unheard.features.logmel_voice import CONTOURS, Settings, bands, channel_names, constants, extract

RATE = 16_000
COARSE = Settings(channels=40, window=0.064, hop=0.030)


def glide(first, last, seconds=1.0, rate=RATE):
    """Harmonics whose pitch moves evenly in semitones."""
    time = np.arange(round(seconds * rate)) / rate
    hertz = first * (last / first) ** (time / seconds)
    phase = 2 * np.pi * np.cumsum(hertz) / rate
    return (0.05 * sum(np.sin(k * phase) / k for k in range(1, 12))).astype(np.float32)


def contour(frames, name, settings=COARSE):
    return frames[:, channel_names(settings).index(name)]


@pytest.mark.parametrize("settings", [Settings(), COARSE, Settings(window=0.1, hop=0.005)])
def test_the_bands_are_log_mels_own_and_the_frames_are_as_many(settings):
    own = {key: getattr(settings, key) for key in logmel.Settings.model_fields}
    plain = logmel.extract(glide(120, 240), RATE, logmel.Settings(**own))
    frames = extract(glide(120, 240), RATE, settings)
    assert bands(settings) == settings.channels == frames.shape[1] - len(CONTOURS)
    np.testing.assert_array_equal(frames[:, : bands(settings)], plain)


@pytest.mark.parametrize("settings", [Settings(), COARSE])
def test_pitch_follows_the_voice_frame_by_frame(settings):
    frames = extract(glide(110, 220), RATE, settings)
    middles = np.arange(len(frames)) * settings.hop + settings.window / 2
    expected = 12 * np.log2(110 / 27.5) + 12 * middles
    inner = slice(3, -3)
    np.testing.assert_allclose(contour(frames, "pitch", settings)[inner], expected[inner], atol=0.4)
    assert contour(frames, "voicing", settings)[inner].min() > 0.99
    assert contour(frames, "hnr", settings)[inner].min() > 15


def test_where_there_is_no_voice_there_is_no_pitch():
    noise = np.random.default_rng(0).normal(0, 0.05, RATE).astype(np.float32)
    frames = extract(np.concatenate([glide(150, 150), noise]), RATE, COARSE)
    half = len(frames) // 2
    silent = contour(frames, "voicing") == 0
    assert silent[half + 4 :].mean() > 0.8
    assert not contour(frames, "pitch")[silent].any()
    assert not contour(frames, "hnr")[silent].any()
    assert contour(frames, "cpp")[5 : half - 5].mean() > contour(frames, "cpp")[half + 5 :].mean() + 3
    assert contour(frames, "flux")[5 : half - 5].mean() < contour(frames, "flux")[half + 5 :].mean()


def test_the_mean_over_frames_is_the_functionals_own():
    sound = glide(130, 180, seconds=2.0)
    frames = extract(sound, RATE, COARSE)
    row = dict(
        zip(
            functionals.channel_names(functionals.Settings()),
            functionals.extract(sound, RATE, functionals.Settings())[0],
            strict=True,
        )
    )
    for name in ("pitch", "hnr", "cpp", "flux"):
        assert contour(frames, name).mean() == pytest.approx(row[f"{name}_mean"], rel=0.05)


def test_a_pitch_range_that_is_none_is_refused():
    with pytest.raises(pydantic.ValidationError, match="twice pitch_low"):
        Settings(pitch_low=200, pitch_high=300)


def test_functionals_follow_the_same_in_every_frame():
    sound, settings = glide(130, 180), COARSE.model_copy(update={"functionals": True})
    frames, without = extract(sound, RATE, settings), extract(sound, RATE, COARSE)
    whole = functionals.extract(sound, RATE, settings.contours)
    assert constants(COARSE) == 0
    assert constants(settings) == whole.shape[1] == frames.shape[1] - without.shape[1]
    assert channel_names(settings)[-1] == functionals.channel_names(settings.contours)[-1]
    assert len(channel_names(settings)) == frames.shape[1]
    np.testing.assert_array_equal(frames[:, : without.shape[1]], without)
    np.testing.assert_array_equal(frames[:, without.shape[1] :], np.repeat(whole, len(frames), axis=0))
