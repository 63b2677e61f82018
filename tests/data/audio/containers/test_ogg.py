"""Ogg: every link of a chain is heard, and no page may be cut, damaged or missing."""

import struct
import zlib

import numpy as np
import pytest
import soundfile

from unheard.data.audio.loading import read_audio, read_recording
from unheard.errors import AudioError

RATE = 16_000
CODECS = ["VORBIS", "OPUS"]


def noise(seed, seconds=1.0, channels=1, rate=RATE):
    return np.random.default_rng(seed).normal(0, 0.1, (round(seconds * rate), channels)).astype(np.float32)


def link(folder, seed, codec="VORBIS", rate=RATE, **options):
    file = folder / f"part{seed}.ogg"
    soundfile.write(file, noise(seed, rate=rate, **options), rate, format="OGG", subtype=codec)
    return file


def pages(content):
    """First and last byte of each page."""
    found, at = [], 0
    while at < len(content):
        count = content[at + 26]
        end = at + 27 + count + sum(content[at + 27 : at + 27 + count])
        found.append((at, end))
        at = end
    return found


def problem_of(folder, content):
    file = folder / "broken.ogg"
    file.write_bytes(content)
    with pytest.raises(AudioError) as caught:
        read_audio(file)
    return caught.value.problem


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("seeds", [(0, 1), (0, 0), (2, 1, 0)])
def test_a_chain_is_all_of_its_links(tmp_path, codec, seeds):
    links = [link(tmp_path, seed, codec) for seed in seeds]
    chained = tmp_path / "chained.ogg"
    chained.write_bytes(b"".join(own.read_bytes() for own in links))
    expected = np.concatenate([read_recording(own)[0] for own in links])
    np.testing.assert_array_equal(read_recording(chained)[0], expected)


def test_two_that_begin_alike_are_two(tmp_path):
    first, second = link(tmp_path, 0), link(tmp_path, 1)
    chained = tmp_path / "chained.ogg"
    chained.write_bytes(first.read_bytes() + second.read_bytes())
    assert read_audio(chained)[1] != read_audio(first)[1]


@pytest.mark.parametrize("other", [{"rate": 8000}, {"channels": 2}])
def test_links_of_another_rate_or_with_other_channels_are_said(tmp_path, other):
    content = link(tmp_path, 0).read_bytes() + link(tmp_path, 1, **other).read_bytes()
    assert "its part 2 of 2 has" in problem_of(tmp_path, content)


@pytest.mark.parametrize("codec", CODECS)
def test_cut_anywhere(tmp_path, codec):
    content = link(tmp_path, 0, codec, seconds=3).read_bytes()
    borders = {end for _, end in pages(content)[:-1]}
    for left in {*borders, *np.random.default_rng(0).integers(30, len(content), 40).tolist()}:
        problem = problem_of(tmp_path, content[:left])
        assert ("marked as the last" if left in borders else "ends inside a page") in problem


def test_cut_in_the_second_link(tmp_path):
    first, second = link(tmp_path, 0).read_bytes(), link(tmp_path, 1).read_bytes()
    assert "truncated" in problem_of(tmp_path, first + second[: len(second) // 2])
    assert "truncated" in problem_of(tmp_path, first[: pages(first)[-2][1]] + second)


def test_a_missing_and_a_damaged_page(tmp_path):
    content = bytearray(link(tmp_path, 0, seconds=5).read_bytes())
    first, last = pages(content)[-2]
    assert "a page is missing" in problem_of(tmp_path, content[:first] + content[last:])
    content[(first + last) // 2] ^= 1
    assert "checksum" in problem_of(tmp_path, content)


def test_what_is_no_page(tmp_path):
    content = link(tmp_path, 0).read_bytes()
    middle = pages(content)[1][1]
    junk = bytes(range(1, 100))
    assert "begin with no page" in problem_of(tmp_path, content + junk)
    assert "begin with no page" in problem_of(tmp_path, content[:middle] + junk + content[middle:])
    assert "no recording that is known" in problem_of(tmp_path, junk + content)


@pytest.mark.parametrize("behind", [bytes(500), b"TAG" + b"x" * 125])
def test_padding_and_tags_behind_are_no_sound(tmp_path, behind):
    file = link(tmp_path, 0)
    samples, _ = read_recording(file)
    file.write_bytes(file.read_bytes() + behind)
    np.testing.assert_array_equal(read_recording(file)[0], samples)


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (b"Speex   1.2.0" + bytes(67), "holds Speex in Ogg"),
        (b"\x7fFLAC\x01\0" + bytes(44), "holds FLAC in Ogg"),
        (b"\x80theora" + bytes(35), "no Vorbis and no Opus"),
    ],
)
def test_what_is_not_read_is_named(tmp_path, packet, said):
    page = b"OggS\0\6" + bytes(8) + struct.pack("<II", 7, 0) + bytes(4) + bytes([1, len(packet)]) + packet
    mirrored = bytes(int(f"{byte:08b}"[::-1], 2) for byte in page)  # see the survey: zlib has bits the other way
    checksum = int(f"{zlib.crc32(mirrored, 0xFFFFFFFF) ^ 0xFFFFFFFF:032b}"[::-1], 2)
    assert said in problem_of(tmp_path, page[:22] + struct.pack("<I", checksum) + page[26:])
