"""Recordings of every container, with flipped bits, lost ends, lying sizes and chunks out of order."""

import io
import struct
from pathlib import Path

import numpy as np
import soundfile
from subject import Subject

from unheard.data.audio.loading import AudioSettings, condition, read_audio, read_parts
from unheard.errors import AudioError
from unheard.registry import load

RATE = 16_000
FORMS = {
    "wav": (".wav", {"subtype": "PCM_16"}),
    "wav of unknown size": (".wav", {"subtype": "PCM_24"}),
    "float": (".wav", {"subtype": "FLOAT"}),
    "extensible": (".wav", {"format": "WAVEX", "subtype": "PCM_24"}),
    "adpcm": (".wav", {"subtype": "IMA_ADPCM"}),
    "rf64": (".wav", {"format": "RF64", "subtype": "PCM_16"}),
    "aiff": (".aiff", {"subtype": "PCM_16"}),
    "au": (".au", {"subtype": "PCM_16"}),
    "caf": (".caf", {"subtype": "PCM_16"}),
    "wave64": (".w64", {"format": "W64", "subtype": "PCM_16"}),
    "nist": (".sph", {"format": "NIST", "subtype": "PCM_16"}),
    "flac": (".flac", {"subtype": "PCM_16"}),
    "flac of unknown length": (".flac", {"subtype": "PCM_24"}),
    "vorbis": (".ogg", {"subtype": "VORBIS"}),
    "chained vorbis": (".ogg", {"subtype": "VORBIS"}),
    "opus": (".opus", {"format": "OGG", "subtype": "OPUS"}),
    "mp3": (".mp3", {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
    "mp3 without header": (".mp3", {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
}
OPEN = ("unknown", "without header")  # in a name: nothing is announced, so that an end may look whole
EXTREMES = [
    b"\0" * 4,
    b"\xff" * 4,
    b"\x01\0\0\0",
    b"\0\0\0\x01",
    b"\xff\xff\xff\x7f",
    b"\x7f\xff\xff\xff",
    b"\0\xff\0\xff",
]
WHOLE: dict[str, set[str]] = {}
"""Form -> digests of its originals."""


def _unannounced(form: str, content: bytearray) -> bytearray:
    """The same sound with nothing that says how long it is."""
    if form == "wav of unknown size":
        at = content.index(b"data") + 4
        content[4:8] = content[at : at + 4] = b"\xff" * 4
    elif form == "flac of unknown length":
        content[21:26] = bytes([content[21] & 0xF0]) + bytes(4)
    elif form == "mp3 without header":
        bitrates = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
        content = content[72 * bitrates[content[2] >> 4] * 1000 // RATE + (content[2] >> 1 & 1) :]
    return content


def _originals(form: str, folder: Path) -> list[Path]:
    ending, options = FORMS[form]
    generator = np.random.default_rng(0)
    found, WHOLE[form] = [], set()
    for channels in (1, 2):
        content = bytearray()
        for _ in range(2 if form == "chained vorbis" else 1):
            buffer = io.BytesIO()
            sound = 0.1 * generator.standard_normal((RATE // 2, channels))
            soundfile.write(buffer, sound, RATE, **{"format": ending[1:].upper(), **options})
            content += buffer.getvalue()
        found.append(folder / f"{channels}{ending}")
        found[-1].write_bytes(_unannounced(form, content))
        WHOLE[form].add(read_audio(found[-1])[1])
    return found


def _flip(content: bytearray, generator: np.random.Generator) -> str:
    count = int(generator.integers(1, 9))
    last = len(content) if generator.random() < 0.5 else min(64, len(content))
    for at in generator.integers(0, last, count):
        content[at] ^= 1 << int(generator.integers(8))
    return f"{count} bits flipped before byte {last}"


def _cut(content: bytearray, generator: np.random.Generator) -> str:
    left = int(generator.integers(len(content)))
    del content[left:]
    return f"cut to {left} bytes"


def _lie(content: bytearray, generator: np.random.Generator) -> str:
    at = int(generator.integers(0, min(128, len(content) - 4)))
    content[at : at + 4] = EXTREMES[int(generator.integers(len(EXTREMES)))]
    return f"4 bytes at {at} put to an extreme"


def _lie_a_little(content: bytearray, generator: np.random.Generator) -> str:
    at = int(generator.integers(0, min(128, len(content) - 4)))
    order = generator.choice(["<", ">"])
    (value,) = struct.unpack_from(order + "I", content, at)
    changed = int(value * generator.choice([0.5, 1.01, 2, 256, 65_536])) + int(generator.integers(-2, 3))
    struct.pack_into(order + "I", content, at, changed & 0xFFFFFFFF)
    return f"4 bytes at {at} from {value} to {changed}"


def _two_places(content: bytearray, generator: np.random.Generator) -> tuple[int, int]:
    first, last = sorted(int(at) for at in generator.integers(0, len(content), 2))
    return first, last


def _append(content: bytearray, generator: np.random.Generator) -> str:
    first, last = _two_places(content, generator)
    content += content[first:last]
    return f"{first}:{last} appended"


def _take_out(content: bytearray, generator: np.random.Generator) -> str:
    first, last = _two_places(content, generator)
    del content[first:last]
    return f"{first}:{last} taken out"


def _shuffle(content: bytearray, generator: np.random.Generator) -> str:
    """Pieces out of order; where there are chunks, frames or pages, at their borders."""
    names = (
        b"fmt ",
        b"fact",
        b"data",
        b"LIST",
        b"PEAK",
        b"COMM",
        b"SSND",
        b"desc",
        b"OggS",
        b"\xff\xf8",
        b"\xff\xf3",
    )
    borders = sorted({at for name in names for at in _places(content, name)} | {len(content) // 2})
    if len(borders) > 8:
        borders = sorted(generator.choice(borders, 8, replace=False).tolist())
    pieces = [bytes(content[first:last]) for first, last in zip([0, *borders], [*borders, len(content)], strict=True)]
    order = [0, *(1 + generator.permutation(len(pieces) - 1)).tolist()]
    content[:] = b"".join(pieces[number] for number in order)
    return f"pieces at {borders} in the order {order}"


def _places(content: bytearray, name: bytes) -> list[int]:
    found, at = [], content.find(name)
    while at >= 0 and len(found) < 100:
        found.append(at)
        at = content.find(name, at + 1)
    return found


def _junk(content: bytearray, generator: np.random.Generator) -> str:
    at = int(generator.choice([0, len(content), int(generator.integers(len(content)))]))
    junk = generator.bytes(int(generator.integers(1, 5000))) if generator.random() < 0.7 else bytes(500)
    content[at:at] = junk
    return f"{len(junk)} bytes put in at {at}"


WAYS = (_flip, _cut, _lie, _lie_a_little, _append, _take_out, _shuffle, _junk)


def _mutate(original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
    content = bytearray(original.read_bytes())
    done = WAYS[int(generator.integers(len(WAYS)))](content, generator)
    file = folder / f"damaged{original.suffix}"
    file.write_bytes(content)
    return file, done


def _attempt(form: str, file: Path, done: str) -> None:
    samples, digest = read_audio(file, rate=RATE)
    # The half of a file is never a value.
    lost = done.startswith("cut") and digest not in WHOLE[form]
    assert not lost or any(word in form for word in OPEN), "what is left of a cut recording was taken for the whole"
    feature = load("features", "logmel")
    parts, again = read_parts(file, [(0.1, 0.2), (0.0, None)], AudioSettings())
    assert again == digest
    for own in (samples, *parts):
        if isinstance(own, AudioError):
            continue
        assert len(own)
        assert np.isfinite(own).all()
        frames = feature.extract(condition(own, AudioSettings()), RATE, feature.Settings())
        assert len(frames)
        assert np.isfinite(frames).all()


def _subject(form: str) -> Subject:
    return Subject(
        form,
        "recordings",
        lambda folder: _originals(form, folder),
        _mutate,
        lambda file, done: _attempt(form, file, done),
    )


SUBJECTS = [_subject(form) for form in FORMS]
