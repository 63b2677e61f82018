"""FLAC: the samples announced are those that come out, and nothing lies behind them."""

import io
import struct

import numpy as np
import pytest
import soundfile

from unheard.data.audio.loading import read_audio, read_recording
from unheard.errors import AudioError

RATE = 16_000
SOUND = (np.random.default_rng(0).normal(0, 0.1, 2 * RATE) * 32767).astype(np.int16)


def flac(sound, rate=RATE):
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, rate, format="FLAC")
    return buffer.getvalue()


WHOLE = flac(SOUND)
FRAMES = WHOLE.index(b"\xff\xf8")


def announcing(count, content=WHOLE):
    """The same with another count of samples; 0 is unknown."""
    return (
        content[:21]
        + bytes([content[21] & 0xF0 | count >> 32])
        + struct.pack(">I", count & 0xFFFFFFFF)
        + content[26:]
    )


def written(folder, content):
    file = folder / "a.flac"
    file.write_bytes(content)
    return file


def refused(folder, content):
    with pytest.raises(AudioError) as caught:
        read_audio(written(folder, content))
    return caught.value.problem


@pytest.mark.parametrize(
    "content",
    [WHOLE, announcing(0), b"ID3\x04\0\0\0\0\0\x0a" + bytes(10) + WHOLE, WHOLE + b"TAG" + b"x" * 125],
    ids=["plain", "unknown count", "tag before", "tag behind"],
)
def test_intact(tmp_path, content):
    np.testing.assert_array_equal(read_recording(written(tmp_path, content))[0][:, 0], SOUND / np.float32(32768))


@pytest.mark.parametrize("announced", [1, RATE, 2 * RATE - 1, 2 * RATE + 1, 2**36 - 1])
def test_another_count_is_said(tmp_path, announced):
    problem = refused(tmp_path, announcing(announced))
    assert problem.endswith(f"{announced} samples announced, {2 * RATE} decoded")
    assert problem.startswith("truncated") == (announced > 2 * RATE)


@pytest.mark.parametrize("count", [0, 2 * RATE])
def test_cut_anywhere(tmp_path, count):
    for left in np.random.default_rng(0).integers(50, len(WHOLE) - 1, 20).tolist():
        refused(tmp_path, announcing(count)[:left])


@pytest.mark.parametrize("behind", [b"\x01" * 300, WHOLE[FRAMES:]], ids=["junk", "frames"])
@pytest.mark.parametrize("count", [0, 2 * RATE])
def test_what_is_behind(tmp_path, behind, count):
    content = announcing(count) + behind
    if count or behind[0] == 1:
        refused(tmp_path, content)
    else:
        assert len(read_recording(written(tmp_path, content))[0]) == 4 * RATE


def test_two_in_a_row_are_both_heard(tmp_path):
    other = SOUND[::-1].copy()
    samples, _ = read_recording(written(tmp_path, WHOLE + flac(other)))
    np.testing.assert_array_equal(samples[:, 0], np.concatenate([SOUND, other]) / np.float32(32768))
    assert "its part 2 of 2 has 8000 Hz" in refused(tmp_path, WHOLE + flac(other, 8000))
