"""A made corpus in which an audit finds nothing, and the faults that can be planted in it.

    table = write_sound_corpus(folder)      # two folds, no speaker, session or recording in both
    FAULTS["a duplicated file"].plant(table)

An audit must find each fault by its kind; whoever writes a reader or a check of folds can try it on them.
"""

import csv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr

from unheard.records import Samples, Seconds

__all__ = ["FAULTS", "Fault", "murmur", "write_sound_corpus"]

_RATE = 16_000
_PITCH = {"anger": 1.35, "neutral": 1.0, "sadness": 0.8}
_FIRST, _OTHER = "s00-anger-0.wav", "s03-anger-0.wav"  # of two folds

Rows = list[dict[str, str]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a corpus or its folds.

    Args:
        kind: of the finding that an audit must come to.
        leak: whether it is a leak, and not a caution only.
        change: rewrites recordings in the folder and gives the rows of the table.
    """

    kind: str
    leak: bool
    change: Callable[[Path, Rows], Rows]

    def plant(self, table: Path) -> None:
        """Spoil a corpus of `write_sound_corpus` in place."""
        with table.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        _write(table, self.change(table.parent, rows))


def murmur(pitch: float, seconds: Seconds, generator: np.random.Generator) -> Samples:
    """Something with the rhythm of speech: random syllables, each with a glide of pitch and a color of its own.

    Args:
        pitch: mean fundamental frequency, in hertz.
        seconds: length.
        generator: of syllables, glides and noise; no two calls murmur the same.

    Returns:
        Shape (samples,), float32, at 16 kHz; the root mean square lies between 0.03 and 0.06.
    """
    count = round(seconds * _RATE)
    wave = np.zeros(count)
    at = 0
    while at < count:
        length = int(generator.uniform(0.09, 0.22) * _RATE)
        first, last = generator.uniform(0.85, 1.2, size=2)
        glide = pitch * np.geomspace(first, last, length)
        phase = 2 * np.pi * np.cumsum(glide) / _RATE
        formants = generator.uniform((300, 900), (800, 2600))
        for order in range(1, 25):
            near = np.exp(-(((order * pitch - formants) / 250.0) ** 2)).sum() + 0.02
            end = min(count, at + length)
            syllable = near * np.sin(order * phase) * np.hanning(length) * generator.uniform(0.4, 1.0)
            wave[at:end] += syllable[: end - at]
        at += length + int(generator.uniform(0.0, 0.06) * _RATE)
    wave += 0.002 * np.abs(wave).max() * generator.standard_normal(count)
    return np.asarray(wave * (generator.uniform(0.03, 0.06) / np.sqrt(np.mean(np.square(wave)))), dtype=np.float32)


def write_sound_corpus(folder: Path, *, speakers: int = 6, each: int = 2, seed: int = 0) -> Path:
    """Write recordings and a manifest that an audit has nothing to say of.

    Args:
        folder: where to; made if it is missing.
        speakers: voices, each with a session of its own; the first half is fold 1, the other fold 2.
        each: utterances of each speaker and emotion.
        seed: of everything random.

    Returns:
        The manifest: file, speaker, gender, emotion, session, fold.
    """
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(speakers):
        own = (200.0 if number % 2 else 110.0) * (1 + 0.05 * number)
        for emotion, height in _PITCH.items():
            for take in range(each):
                name = f"s{number:02d}-{emotion}-{take}.wav"
                wave = murmur(own * height, generator.uniform(1.2, 1.6), generator)
                soundfile.write(folder / name, wave, _RATE, subtype="PCM_16")
                fold = "1" if number < speakers / 2 else "2"
                row = {"file": name, "speaker": f"s{number:02d}", "gender": "mf"[number % 2], "emotion": emotion}
                rows.append(row | {"session": f"day {number}", "fold": fold})
    _write(folder / "manifest.csv", rows)
    return folder / "manifest.csv"


def _write(table: Path, rows: Rows) -> None:
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def _share_speaker(folder: Path, rows: Rows) -> Rows:
    del folder
    return [row | {"speaker": "s00"} if row["file"] == _OTHER else row for row in rows]


def _copy(folder: Path, rows: Rows) -> Rows:
    (folder / _OTHER).write_bytes((folder / _FIRST).read_bytes())
    return rows


def _reencode(ending: str, form: str, subtype: str) -> Callable[[Path, Rows], Rows]:
    def change(folder: Path, rows: Rows) -> Rows:
        wave, rate = soundfile.read(folder / _FIRST, dtype="float32")
        (folder / _OTHER).unlink()
        name = Path(_OTHER).with_suffix(ending).name
        soundfile.write(folder / name, wave, rate, format=form, subtype=subtype)
        return [row | {"file": name} if row["file"] == _OTHER else row for row in rows]

    return change


def _soften(folder: Path, rows: Rows) -> Rows:
    wave, rate = soundfile.read(folder / _FIRST, dtype="float32")
    soundfile.write(folder / _OTHER, 0.25 * wave, rate, subtype="PCM_16")
    return rows


def _cut_ends(folder: Path, rows: Rows) -> Rows:
    wave, rate = soundfile.read(folder / _FIRST, dtype="float32")
    moved = np.concatenate([np.zeros(rate // 7, dtype=np.float32), wave[rate // 33 :]])
    soundfile.write(folder / _OTHER, moved, rate, subtype="PCM_16")
    return rows


def _share_session(folder: Path, rows: Rows) -> Rows:
    del folder
    return [row | {"session": "day 0"} if row["speaker"] == "s03" else row for row in rows]


def _lower_rate(folder: Path, rows: Rows) -> Rows:
    for row in rows:
        if row["emotion"] == "anger":
            wave, rate = soundfile.read(folder / row["file"], dtype="float32")
            soundfile.write(folder / row["file"], soxr.resample(wave, rate, 8_000), 8_000, subtype="PCM_16")
    return rows


def _lower_bandwidth(folder: Path, rows: Rows) -> Rows:
    for row in rows:
        if row["emotion"] == "anger":
            wave, rate = soundfile.read(folder / row["file"], dtype="float32")
            narrow = soxr.resample(soxr.resample(wave, rate, 8_000), 8_000, rate)
            soundfile.write(folder / row["file"], narrow, rate, subtype="PCM_16")
    return rows


FAULTS = {
    "a shared speaker": Fault("speaker", leak=True, change=_share_speaker),
    "a duplicated file": Fault("recording", leak=True, change=_copy),
    "a duplicate as OGG Vorbis": Fault("near-duplicate", leak=True, change=_reencode(".ogg", "OGG", "VORBIS")),
    "a duplicate as Opus": Fault("near-duplicate", leak=True, change=_reencode(".opus", "OGG", "OPUS")),
    "a duplicate as MP3": Fault("near-duplicate", leak=True, change=_reencode(".mp3", "MP3", "MPEG_LAYER_III")),
    "a duplicate at another level": Fault("near-duplicate", leak=True, change=_soften),
    "a duplicate with other ends": Fault("near-duplicate", leak=True, change=_cut_ends),
    "a leaking session": Fault("session", leak=True, change=_share_session),
    "an emotion-specific sampling rate": Fault("rate", leak=False, change=_lower_rate),
    "an emotion-specific bandwidth": Fault("bandwidth", leak=False, change=_lower_bandwidth),
}
"""Name -> fault."""
