"""WAV: intact is what holds all that its data chunk announces, whatever else its header says."""

import struct

import numpy as np
import pytest
import soundfile

from unheard.data.audio.loading import read_audio, read_recording
from unheard.errors import AudioError

RATE = 16_000
SOUND = (np.random.default_rng(0).uniform(-0.5, 0.5, RATE) * 32767).astype("<i2")
BYTES = SOUND.tobytes()
COUNT = len(BYTES)


def chunk(name, body, size=None):
    return name + struct.pack("<I", len(body) if size is None else size) + body


def form(channels=1, rate=RATE, bits=16):
    block = channels * bits // 8
    return chunk(b"fmt ", struct.pack("<HHIIHH", 1, channels, rate, rate * block, block, bits))


def wav(*chunks, size=None, magic=b"RIFF"):
    body = b"WAVE" + b"".join(chunks)
    return magic + struct.pack("<I", len(body) if size is None else size) + body


def data(body=BYTES, size=None):
    return chunk(b"data", body, size)


def written(folder, content):
    file = folder / "a.wav"
    file.write_bytes(content)
    return file


def refused(file):
    with pytest.raises(AudioError) as caught:
        read_audio(file)
    return caught.value.problem


INTACT = {
    "plain": wav(form(), data()),
    "a container's size that is too large": wav(form(), data(), size=COUNT + 1000),
    "a container's size that is too small": wav(form(), data(), size=100),
    "no container's size": wav(form(), data(), size=0),
    "nothing announced": wav(form(), data(size=0), size=0),
    "the largest announced": wav(form(), data(size=0xFFFFFFFF), size=0xFFFFFFFF),
    "the largest of a signed number, rounded": wav(form(), data(size=0x7FFFF000), size=0x7FFFF024),
    "the largest of a recorder": wav(form(), data(size=0x7FFFFF00), size=0x7FFFFF24),
    "text before": wav(chunk(b"LIST", b"INFOabcd"), form(), chunk(b"bext", bytes(602)), data()),
    "text behind": wav(form(), data(), chunk(b"LIST", b"INFOabcd")),
    "text of odd length before": wav(form(), chunk(b"LIST", b"INFOabc") + b"\0", data()),
    "text of odd length, not padded": wav(form(), chunk(b"LIST", b"INFOabc"), data()),
    "text behind that is cut": wav(form(), data(), chunk(b"LIST", b"INFO", 5000)),
    "a tag behind": wav(form(), data()) + b"TAG" + b"title" * 25,
    "zeros behind": wav(form(), data()) + bytes(4096),
    "a stray byte behind": wav(form(), data()) + b"\x01",
    "nothing announced, text before": wav(form(), chunk(b"LIST", b"INFOabcd"), data(size=0xFFFFFFFF)),
}


@pytest.mark.parametrize("what", INTACT)
def test_intact(tmp_path, what):
    samples, rate = read_recording(written(tmp_path, INTACT[what]))
    assert rate == RATE
    assert samples.shape == (RATE, 1)
    np.testing.assert_array_equal(samples[:, 0], SOUND / np.float32(32768))


@pytest.mark.parametrize("magic", [b"RF64", b"BW64"])
@pytest.mark.parametrize("announced", [COUNT, 2 * COUNT])
def test_sizes_of_64_bits(tmp_path, magic, announced):
    large = chunk(b"ds64", struct.pack("<QQQI", announced + 60, announced, announced // 2, 0))
    file = written(tmp_path, wav(large, form(), data(size=0xFFFFFFFF), size=0xFFFFFFFF, magic=magic))
    if announced == COUNT:
        np.testing.assert_array_equal(read_recording(file)[0][:, 0], SOUND / np.float32(32768))
    else:
        assert refused(file) == f"truncated: {2 * COUNT} bytes of sound announced, {COUNT} found"


@pytest.mark.parametrize("size", [COUNT + 36, 0xFFFFFFFF, 0, COUNT // 2 + 36])
@pytest.mark.parametrize("left", [0, 1, COUNT // 2, COUNT - 2])
def test_cut(tmp_path, size, left):
    file = written(tmp_path, wav(form(), data(BYTES[:left], COUNT), size=size))
    assert refused(file) == f"truncated: {COUNT} bytes of sound announced, {left} found"


def test_without_an_announced_length_it_may_not_end_inside_a_sample(tmp_path):
    for body, channels in ((BYTES[:-1], 1), (BYTES[:-2], 2)):
        file = written(tmp_path, wav(form(channels), data(body, 0xFFFFFFFF), size=0xFFFFFFFF))
        assert "ends inside a sample" in refused(file)


@pytest.mark.parametrize(
    ("behind", "said"),
    [
        (wav(form(), data()), "another recording"),
        (data(), "a second data chunk"),
        (BYTES[:2000], "no chunk"),
    ],
)
def test_sound_behind_the_announced_end_is_said(tmp_path, behind, said):
    problem = refused(written(tmp_path, wav(form(), data()) + behind))
    assert f"{COUNT} bytes of sound announced, and {len(behind)} bytes more" in problem
    assert said in problem


def test_a_size_that_ran_over_is_said(tmp_path):
    # What a writer of 32-bit sizes leaves of a larger recording.
    assert "more behind them" in refused(written(tmp_path, wav(form(), data(size=1000), size=1036)))


def test_an_empty_recording_is_empty_and_not_open(tmp_path):
    for chunks in ([data(b"")], [data(b""), chunk(b"LIST", b"INFOabcd")]):
        assert refused(written(tmp_path, wav(form(), *chunks))) == "holds no samples"


@pytest.mark.parametrize("content", [wav(form()), wav(form(), b"dat"), wav(), b"RIFF\0\0\0\0WAVE"])
def test_without_sound(tmp_path, content):
    assert "ends before its sound" in refused(written(tmp_path, content))


def test_24_bits_with_padding_and_no_length(tmp_path):
    body = bytes(3 * 1001) + b"\0"
    samples, _ = read_recording(written(tmp_path, wav(form(bits=24), data(body, 0xFFFFFFFF), size=0xFFFFFFFF)))
    assert len(samples) == 1001


@pytest.mark.parametrize("subtype", ["ULAW", "ALAW", "IMA_ADPCM", "MS_ADPCM", "GSM610", "DOUBLE", "PCM_U8"])
def test_other_codings(tmp_path, subtype):
    rate = 8000 if subtype == "GSM610" else RATE
    whole = tmp_path / "a.wav"
    soundfile.write(whole, SOUND, rate, subtype=subtype)
    expected, _ = soundfile.read(whole, dtype="float32")
    np.testing.assert_array_equal(read_recording(whole)[0][:, 0], expected)
    content = whole.read_bytes()
    at = content.index(b"data") + 4
    open_end = content[:4] + b"\xff" * 4 + content[8:at] + b"\xff" * 4 + content[at + 4 :]
    np.testing.assert_array_equal(read_recording(written(tmp_path, open_end))[0][:, 0], expected)
    whole.write_bytes(content[: len(content) // 2])
    assert "truncated" in refused(whole)


@pytest.mark.parametrize("rate", [1, 100, 3999, 384_001, 10**8, 2**31 - 1])
def test_a_rate_that_no_recording_has(tmp_path, rate):
    problem = refused(written(tmp_path, wav(form(rate=rate), data())))
    assert f"its header says {rate} Hz" in problem


def test_mpeg_audio_in_wav_is_named(tmp_path):
    kind = chunk(b"fmt ", struct.pack("<HHIIHHH", 0x55, 1, RATE, 4000, 1, 0, 0))
    assert "holds MPEG audio in WAV" in refused(written(tmp_path, wav(kind, data())))
