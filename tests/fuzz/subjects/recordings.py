"""Recordings of every container, with flipped bits, lost ends, lying sizes and chunks out of order."""

from pathlib import Path

import numpy as np
import soundfile
from subject import Subject

from unheard.data.audio import AudioSettings, condition, read_audio
from unheard.registry import load

RATE = 16_000
FORMS = {
    "wav": ("a.wav", {"subtype": "PCM_16"}),
    "float": ("a.wav", {"subtype": "FLOAT"}),
    "extensible": ("a.wav", {"format": "WAVEX", "subtype": "PCM_24"}),
    "rf64": ("a.wav", {"format": "RF64", "subtype": "PCM_16"}),
    "flac": ("a.flac", {"subtype": "PCM_16"}),
    "vorbis": ("a.ogg", {"subtype": "VORBIS"}),
    "opus": ("a.opus", {"format": "OGG", "subtype": "OPUS"}),
    "mp3": ("a.mp3", {"format": "MP3", "subtype": "MPEG_LAYER_III"}),
}


def _originals(form: str, folder: Path) -> list[Path]:
    name, options = FORMS[form]
    generator = np.random.default_rng(0)
    found = []
    for number, channels in enumerate((1, 2)):
        sound = 0.1 * generator.standard_normal((RATE // 2, channels))
        found.append(folder / f"{number}-{name}")
        soundfile.write(found[-1], sound, RATE, **options)
    return found


def _flip(content: bytearray, generator: np.random.Generator, first: int, last: int) -> str:
    count = int(generator.integers(1, 9))
    for at in generator.integers(first, last, count):
        content[at] ^= 1 << int(generator.integers(8))
    return f"{count} bits flipped in {first}:{last}"


def _mutate(original: Path, folder: Path, generator: np.random.Generator) -> tuple[Path, str]:
    content = bytearray(original.read_bytes())
    way = int(generator.integers(6))
    if way == 0:
        done = _flip(content, generator, 0, len(content))
    elif way == 1:
        done = _flip(content, generator, 0, min(64, len(content)))
    elif way == 2:
        left = int(generator.integers(len(content)))
        del content[left:]
        done = f"cut to {left} bytes"
    elif way == 3:
        at = int(generator.integers(0, min(128, len(content) - 4)))
        content[at : at + 4] = generator.choice([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x01\0\0\0", b"\0\0\0\x7f"])
        done = f"4 bytes at {at} put to an extreme"
    elif way == 4:
        first, last = sorted(int(at) for at in generator.integers(0, len(content), 2))
        content += content[first:last]
        done = f"{first}:{last} appended"
    else:
        first, last = sorted(int(at) for at in generator.integers(0, len(content), 2))
        del content[first:last]
        done = f"{first}:{last} taken out"
    file = folder / f"damaged{original.suffix}"
    file.write_bytes(content)
    return file, done


def _attempt(file: Path, done: str) -> None:
    samples, digest = read_audio(file, rate=RATE)
    assert len(digest) == 64
    assert len(samples)
    assert np.isfinite(samples).all()
    feature = load("features", "logmel")
    frames = feature.extract(condition(samples, AudioSettings()), RATE, feature.Settings())
    assert len(frames)
    assert np.isfinite(frames).all()


def _subject(form: str) -> Subject:
    return Subject(form, "recordings", lambda folder: _originals(form, folder), _mutate, _attempt)


SUBJECTS = [_subject(form) for form in FORMS]
