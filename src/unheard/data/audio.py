"""Recordings in: any rate and channel count, from WAV, FLAC, OGG, Opus and MP3, to one mono waveform.

What cannot be used is an error that names the file and the mend; nothing is repaired in silence.
"""

import hashlib
import struct
from pathlib import Path
from typing import Literal

import numpy as np
import soundfile
import soxr
from pydantic import BaseModel, ConfigDict, Field

from unheard.errors import AudioError
from unheard.records import Hertz, Samples, Seconds

__all__ = ["ENDINGS", "AudioSettings", "condition", "read_audio", "read_recording", "recording_digest", "speech_span"]

ENDINGS = {
    ".wav": {"WAV", "WAVEX", "RF64", "NIST"},
    ".flac": {"FLAC"},
    ".ogg": {"OGG"},
    ".oga": {"OGG"},
    ".opus": {"OGG"},
    ".mp3": {"MP3", "MPEG"},
}
"""File ending -> the container formats (libsndfile's names) that may stand behind it."""

_QUIETEST = 1e-7  # full scale; below the last bit of 16 and of 20 bits: nobody speaks there

_BLOCK = 1 << 20  # samples decoded at once
_LARGEST_PAGE = 27 + 255 + 255 * 255  # bytes of an Ogg page


class AudioSettings(BaseModel):
    """How a recording is brought into the form that features are computed from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rate: Hertz = Field(16_000, ge=4_000, le=96_000)
    """Sampling rate that every recording is resampled to, in hertz."""
    trim: float = Field(0.0, ge=0.0, le=120.0)
    """Leading and trailing parts quieter than this many decibels below the loudest 25 ms are cut; 0 cuts nothing."""
    level: Literal["as recorded", "rms"] = "as recorded"
    """'rms' scales every utterance to the same root mean square (-26 dBFS), where the level betrays the label."""


def _check_header(file: Path) -> None:
    """Refuse what libsndfile would accept in silence: a WAV cut short (it reads the rest and says nothing)."""
    if not file.is_file():
        raise AudioError(file, "no such file", "Check the path, or remove it from the table.")
    size = file.stat().st_size
    if size == 0:
        raise AudioError(file, "the file is empty (0 bytes)", "Copy it again from its source, or pass --skip-bad.")
    with file.open("rb") as stream:
        head = stream.read(12)
    if len(head) == 12 and head[:4] == b"RIFF" and head[8:] == b"WAVE":
        announced = int(struct.unpack("<I", head[4:8])[0]) + 8
        # 0 and the maximum are what streaming writers leave behind; an odd byte may be padding.
        if announced < 0xFFFFFFF0 and announced > 8 and announced > size + 1:
            raise AudioError(
                file,
                f"truncated: the header announces {announced} bytes, the file has {size}",
                "Copy it again from its source, or pass --skip-bad.",
            )


def _decode(sound: soundfile.SoundFile) -> np.ndarray:
    """All samples, shape (samples, channels): in blocks, because a header may announce any length, or none."""
    blocks = [sound.read(_BLOCK, dtype="float32", always_2d=True)]
    while len(blocks[-1]) == _BLOCK:
        blocks.append(sound.read(_BLOCK, dtype="float32", always_2d=True))
    return np.concatenate(blocks)


def _ends_inside_a_page(file: Path) -> bool:
    """Whether the last page of an Ogg file is cut (RFC 3533, section 6); libsndfile leaves it out in silence."""
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - _LARGEST_PAGE))
        tail = stream.read()
    page = tail[tail.rfind(b"OggS") :]
    if page[:4] != b"OggS" or len(page) < 27:
        return page[:4] == b"OggS"
    count = page[26]
    return len(page) < 27 + count + sum(page[27 : 27 + count])


def _refuse_cut(file: Path, container: str, announced: int, decoded: int) -> None:
    """Refuse a recording that breaks off."""
    problem = ""
    if container == "OGG" and _ends_inside_a_page(file):
        problem = "it ends inside a page"
    elif 0 < decoded < announced < 2**60:  # beyond that stands what libsndfile writes for 'unknown'
        problem = f"{announced} samples announced, {decoded} decoded"
    if problem:
        raise AudioError(file, f"truncated: {problem}", "Copy it again from its source, or pass --skip-bad.")


def _open_and_decode(file: Path) -> tuple[np.ndarray, Hertz, str]:
    try:
        with soundfile.SoundFile(file) as sound:
            container, rate, announced = sound.format, int(sound.samplerate), int(sound.frames)
            samples = _decode(sound)
    except (soundfile.LibsndfileError, RuntimeError, TypeError) as problem:
        known = ", ".join(sorted(ENDINGS))
        reason = str(problem).split(": ")[-1].rstrip(".")
        if "does not exist" in reason:  # what libsndfile says of an MP3 that holds no frame
            reason = "no audio in it"
        raise AudioError(
            file,
            f"cannot be decoded ({reason})",
            f"It should be one of {known}; convert it, copy it again, or pass --skip-bad.",
        ) from problem
    _refuse_cut(file, container, announced, len(samples))
    return samples, rate, container


def read_recording(file: Path | str) -> tuple[np.ndarray, Hertz]:
    """All channels of a recording as they are on disk.

    Returns:
        The samples, shape (samples, channels), float32, and the sampling rate in hertz.

    Raises:
        AudioError: the file is missing, empty, truncated, not audio, named for another format, or holds
            NaN, infinite or no samples.
    """
    file = Path(file)
    _check_header(file)
    samples, rate, container = _open_and_decode(file)
    expected = ENDINGS.get(file.suffix.lower())
    if expected is not None and container not in expected:
        raise AudioError(file, f"is named {file.suffix} but holds {container} audio", "Give it its true ending.")
    if len(samples) == 0:
        raise AudioError(file, "holds no samples", "Remove it, or pass --skip-bad.")
    if not np.isfinite(samples).all():
        bad = int((~np.isfinite(samples)).any(axis=1).sum())
        raise AudioError(
            file, f"{bad} of {len(samples)} samples are NaN or infinite", "Export it again, or pass --skip-bad."
        )
    return samples, rate


def recording_digest(samples: np.ndarray, rate: Hertz) -> str:
    """The identity of a recording by its content: SHA-256 over rate, channels and decoded samples.

    A lossless copy in another container has the same digest; a renamed file has, too.
    """
    digest = hashlib.sha256(struct.pack("<II", rate, samples.shape[1] if samples.ndim > 1 else 1))
    digest.update(np.ascontiguousarray(samples, dtype="<f4").tobytes())
    return digest.hexdigest()


def _cut(file: Path, samples: np.ndarray, rate: Hertz, start: Seconds, end: Seconds | None) -> np.ndarray:
    length = len(samples) / rate
    last = length if end is None else end
    # Annotators' ends run over the recording by a frame or two; more than that is a wrong table.
    if start < 0 or start >= length or last <= start or last > length + 0.1:
        raise AudioError(
            file,
            f"the part from {start:g} s to {last:g} s does not lie in the recording of {length:.3f} s",
            "Correct start and end in the table, or pass --skip-bad.",
        )
    return samples[round(start * rate) : round(last * rate)]


def read_audio(
    file: Path | str, *, rate: Hertz = 16_000, start: Seconds = 0.0, end: Seconds | None = None
) -> tuple[Samples, str]:
    """One stretch of a recording as a mono waveform, and the digest of the whole recording.

    Args:
        file: WAV, FLAC, OGG, Opus or MP3.
        rate: sampling rate of what is returned, in hertz (soxr, high quality).
        start: in seconds.
        end: in seconds; None is the end of the recording.

    Returns:
        Samples of shape (samples,), float32 (channels are averaged), and the digest of `recording_digest`.

    Raises:
        AudioError: see `read_recording`; also when the stretch lies outside the recording or is silent.
    """
    file = Path(file)
    channels, native = read_recording(file)
    digest = recording_digest(channels, native)
    mono = _cut(file, channels, native, start, end).mean(axis=1, dtype=np.float32)
    if np.abs(mono).max(initial=0.0) < _QUIETEST:
        raise AudioError(file, "is digital silence", "Remove it, or pass --skip-bad.")
    if native != rate:
        mono = soxr.resample(mono, native, rate, quality="HQ")
    return np.ascontiguousarray(mono, dtype=np.float32), digest


def condition(samples: Samples, settings: AudioSettings) -> Samples:
    """Trim silence at both ends and set the level, as the settings say.

    Args:
        samples: shape (samples,) at `settings.rate`.
        settings: what to do.

    Returns:
        Samples of shape (samples,), never empty.
    """
    first, last = speech_span(samples, settings.rate, settings.trim)
    if last - first < len(samples):
        samples = samples[first:last]
    if settings.level == "rms":
        rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))
        samples = (samples * (10 ** (-26 / 20) / max(rms, _QUIETEST))).astype(np.float32)
    return samples


def speech_span(samples: Samples, rate: Hertz, decibels: float) -> tuple[int, int]:
    """Where the speech begins and ends; 50 ms stay on each side, so that no onset is lost.

    Args:
        samples: shape (samples,).
        rate: in hertz.
        decibels: how far below the loudest 25 ms both ends are quiet; 0 takes the whole for speech.

    Returns:
        The first sample, and the one after the last.
    """
    frame = max(1, round(0.025 * rate))
    count = len(samples) // frame
    if count < 2 or decibels <= 0:
        return 0, len(samples)
    power = np.square(samples[: count * frame].reshape(count, frame), dtype=np.float64).mean(axis=1)
    loud = np.flatnonzero(power >= power.max() * 10 ** (-decibels / 10))
    margin = round(0.05 * rate)
    return max(0, int(loud[0]) * frame - margin), min(len(samples), (int(loud[-1]) + 1) * frame + margin)
