"""MP3s made of frames, so that each may have the header that a test needs."""

import io

import numpy as np
import soundfile

__all__ = ["frames", "mp3", "without_header"]

BITRATES = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)  # kbit/s of MPEG-2, layer III


def mp3(sound: np.ndarray, rate: int = 16_000) -> bytes:
    """As libsndfile writes it: with a header frame."""
    buffer = io.BytesIO()
    soundfile.write(buffer, sound, rate, format="MP3", subtype="MPEG_LAYER_III")
    return buffer.getvalue()


def frames(content: bytes) -> list[bytes]:
    """The frames of an MP3 of 16 kHz; the first is the header."""
    found, at = [], 0
    while at < len(content):
        length = 72 * BITRATES[content[at + 2] >> 4] * 1000 // 16_000 + (content[at + 2] >> 1 & 1)
        found.append(content[at : at + length])
        at += length
    return found


def without_header(sound: np.ndarray) -> bytes:
    """An MP3 that announces nothing."""
    return b"".join(frames(mp3(sound))[1:])
