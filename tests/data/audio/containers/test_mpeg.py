"""MP3: whole is what is frames from the first byte to the last; what ends inside one is cut."""

import numpy as np
import pytest
from mpeg_frames import frames, mp3, without_header

from unheard.data.audio.loading import read_audio, read_recording
from unheard.errors import AudioError

RATE = 16_000
GENERATOR = np.random.default_rng(0)
NOISE = GENERATOR.normal(0, 0.2, 2 * RATE).astype(np.float32)
FALLING = (NOISE * np.repeat([1.0, 1e-4], RATE)).astype(np.float32)  # long frames, then short ones
RISING = FALLING[::-1].copy()
WHOLE = mp3(NOISE)
ID3V1 = b"TAG" + b"x" * 125
ID3V2 = b"ID3\x04\0\0\0\0\0\x14" + bytes(20)
APE = bytes(range(8)) + b"APETAGEX" + (2000).to_bytes(4, "little") + (32 + 8).to_bytes(4, "little") + bytes(16)


def written(folder, content):
    file = folder / "a.mp3"
    file.write_bytes(content)
    return file


def refused(folder, content):
    with pytest.raises(AudioError) as caught:
        read_audio(written(folder, content))
    return caught.value.problem


@pytest.mark.parametrize("sound", [NOISE, FALLING, RISING], ids=["even", "falling", "rising"])
def test_without_a_header_every_frame_is_heard(tmp_path, sound):
    content = without_header(sound)
    samples, rate = read_recording(written(tmp_path, content))
    assert rate == RATE
    assert len(samples) == 576 * len(frames(content))
    with_header, _ = read_recording(written(tmp_path, mp3(sound)))
    assert len(with_header) == len(sound)
    lag = len(samples) - len(sound) - (-len(sound)) % 576  # of encoder and decoder
    correlation = max(
        float(np.corrcoef(samples[lag + shift : lag + shift + 20_000, 0], with_header[:20_000, 0])[0, 1])
        for shift in range(-1200, 1200)
        if lag + shift >= 0
    )
    assert correlation > 0.999


def test_cut_inside_a_frame(tmp_path):
    for content in (WHOLE, without_header(NOISE)):
        for left in np.random.default_rng(1).integers(300, len(content), 30).tolist():
            at = np.cumsum([len(own) for own in frames(content)]).tolist()
            if left not in at:
                assert "truncated: it ends inside" in refused(tmp_path, content[:left])


def test_frames_are_counted_against_the_header(tmp_path):
    own = frames(WHOLE)
    count = len(own) - 1
    problem = refused(tmp_path, b"".join(own[:-5]))
    assert problem == f"truncated: {count} frames announced, {count - 5} found"
    assert refused(tmp_path, WHOLE + own[-1] * 3) == f"{count} frames announced, {count + 3} found"


@pytest.mark.parametrize("content", [WHOLE, without_header(NOISE)], ids=["header", "none"])
@pytest.mark.parametrize(
    ("before", "behind"),
    [(ID3V2, b""), (b"", ID3V1), (b"", APE), (ID3V2 + bytes(300), APE + ID3V1), (b"", bytes(2000)), (ID3V2 * 2, b"")],
)
def test_tags_and_padding_are_no_sound(tmp_path, content, before, behind):
    samples, _ = read_recording(written(tmp_path, content))
    np.testing.assert_array_equal(read_recording(written(tmp_path, before + content + behind))[0], samples)


@pytest.mark.parametrize("between", [b"", ID3V1, ID3V2])
def test_two_in_a_row_are_both_heard(tmp_path, between):
    other = mp3(FALLING)
    parts = [read_recording(written(tmp_path, content))[0] for content in (WHOLE, other)]
    samples, _ = read_recording(written(tmp_path, WHOLE + between + other))
    np.testing.assert_array_equal(samples, np.concatenate(parts))


def test_two_in_a_row_that_announce_nothing(tmp_path):
    content = without_header(NOISE)
    once, _ = read_recording(written(tmp_path, content))
    assert len(read_recording(written(tmp_path, content + content))[0]) == 2 * len(once)


def test_bytes_that_belong_to_no_frame_are_said(tmp_path):
    own = frames(without_header(NOISE))
    junk = bytes(range(1, 78))
    for place in (1, 20, len(own)):
        content = b"".join(own[:place]) + junk + b"".join(own[place:])
        assert "begin with no frame" in refused(tmp_path, content)
    assert "no recording that is known" in refused(tmp_path, junk + b"".join(own))


def test_frames_of_another_rate_are_said(tmp_path):
    stereo = b"".join(frames(mp3(np.stack([NOISE, NOISE], axis=1)))[1:])
    assert "change in rate, layer or channels" in refused(tmp_path, without_header(NOISE) + stereo)
