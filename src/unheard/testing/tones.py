"""A made-up corpus of harmonic tones: voices that differ in pitch and timbre, emotions in melody and tempo.

It takes a fraction of a second, needs no voice engine, and is easy enough that a tiny model learns it; tests of
the whole way use it.
"""

import csv
from pathlib import Path

import numpy as np
import soundfile

from unheard.records import Samples

__all__ = ["EMOTIONS", "tone", "write_tones"]

EMOTIONS = {"anger": (1.35, 6.0), "neutral": (1.0, 2.0), "sadness": (0.8, 0.7)}
"""Emotion -> (pitch relative to the speaker's own, melody cycles a second)."""
_RATE = 16_000


def tone(pitch: float, cycles: float, brightness: float, seconds: float, generator: np.random.Generator) -> Samples:
    """One utterance: a gliding harmonic tone in a little noise.

    Args:
        pitch: mean fundamental frequency, in hertz.
        cycles: of the melody, a second.
        brightness: amplitude ratio of neighboring harmonics, in (0, 1).
        seconds: length.
        generator: of phase and noise.

    Returns:
        Shape (samples,), float32, at 16 kHz.
    """
    time = np.arange(round(seconds * _RATE)) / _RATE
    melody = pitch * (1 + 0.15 * np.sin(2 * np.pi * (cycles * time + generator.random())))
    phase = 2 * np.pi * np.cumsum(melody) / _RATE
    wave = sum((brightness**order * np.sin((order + 1) * phase) for order in range(8)), np.zeros_like(time))
    noisy = 0.1 * wave + 0.003 * generator.standard_normal(len(time))
    return np.asarray(noisy, dtype=np.float32)


def write_tones(folder: Path, *, speakers: int = 6, each: int = 3, seed: int = 0) -> Path:
    """Write recordings and their table, readable by the corpus `table`.

    Args:
        folder: where to; made if it is missing.
        speakers: voices, alternately female and male.
        each: utterances of each speaker and emotion; the number is the sentence.
        seed: of everything random.

    Returns:
        The table: file, speaker, gender, emotion, sentence, language.
    """
    generator = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    table = folder / "tones.csv"
    with table.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "speaker", "gender", "emotion", "sentence", "language"])
        for number in range(speakers):
            gender = "fm"[number % 2]
            own = (200.0 if gender == "f" else 110.0) * (1 + 0.05 * number)
            brightness = 0.5 + 0.4 * generator.random()
            for emotion, (height, cycles) in EMOTIONS.items():
                for sentence in range(each):
                    seconds = 0.5 + 0.1 * sentence
                    name = f"s{number:02d}-{emotion}-{sentence}.wav"
                    wave = tone(own * height, cycles, brightness, seconds, generator)
                    soundfile.write(folder / name, wave, _RATE, subtype="PCM_16")
                    writer.writerow([name, f"s{number:02d}", gender, emotion, sentence, "en"])
    return table
