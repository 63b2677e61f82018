"""What segments of a long recording cost beside as many short ones, in one run: `python benchmarks/segments.py`.

For each container an hour of noise-like speech is written once whole and 200 stretches of it as files of their own.
Prints, in seconds of processor time: features of the 200 files; features of the 200 segments (one pass over the
hour, all segments together); reading the files alone and the segments one by one, where they are read by a seek; and
the ratios.
"""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile

from unheard.data.audio.loading import AudioSettings, read_audio
from unheard.features.cache import Recipe, extract_corpus
from unheard.records import Utterance
from unheard.registry import load

RATE, SECONDS, COUNT, LENGTH = 16_000, 3600, 200, 2.0
FORMS = {
    "wav": {"subtype": "PCM_16"},
    "flac": {"subtype": "PCM_16"},
    "ogg": {"subtype": "VORBIS"},
    "opus": {"format": "OGG", "subtype": "OPUS"},
    "mp3": {"format": "MP3", "subtype": "MPEG_LAYER_III"},
}
SOUGHT = {"wav", "flac", "ogg"}  # a seek in the others does not give the same samples


def _sound() -> np.ndarray:
    """An hour, so that no two seconds are the same, at a level that moves."""
    generator = np.random.default_rng(0)
    level = np.repeat(generator.uniform(0.01, 0.2, SECONDS), RATE).astype(np.float32)
    return level * generator.standard_normal(SECONDS * RATE, dtype=np.float32)


def _write(file: Path, sound: np.ndarray, options: dict[str, str]) -> None:
    with soundfile.SoundFile(file, "w", RATE, 1, **options) as sink:
        for begin in range(0, len(sound), RATE):  # Vorbis takes no large pieces
            sink.write(sound[begin : begin + RATE])


def _took(function: Callable[[], object]) -> float:
    begin = time.process_time()
    function()
    return time.process_time() - begin


def _measure(folder: Path, form: str, sound: np.ndarray) -> dict[str, float]:
    options = FORMS[form]
    whole = folder / f"whole.{form}"
    _write(whole, sound, options)
    starts = [SECONDS / COUNT * number for number in range(COUNT)]
    segments = [Utterance(whole, f"s{at:g}", "long", start=at, end=at + LENGTH) for at in starts]
    files = []
    for number, at in enumerate(starts):
        files.append(Utterance(folder / f"{number}.{form}", f"f{number}", "short"))
        _write(files[-1].file, sound[round(at * RATE) : round((at + LENGTH) * RATE)], options)
    recipe = Recipe("logmel", load("features", "logmel").Settings(), AudioSettings())
    extract_corpus(files[:1], recipe, folder / "warm")
    own = {
        "features of files": _took(lambda: extract_corpus(files, recipe, folder / "files")),
        "features of segments": _took(lambda: extract_corpus(segments, recipe, folder / "segments")),
    }
    own["features, ratio"] = own["features of segments"] / own["features of files"]
    if form in SOUGHT:
        own["reading files"] = _took(lambda: [read_audio(item.file) for item in files])
        own["reading segments"] = _took(lambda: [read_audio(whole, start=at, end=at + LENGTH) for at in starts])
        own["reading, ratio"] = own["reading segments"] / own["reading files"]
    return {name: round(value, 3) for name, value in own.items()}


def main() -> None:
    """Print the figures as JSON."""
    sound = _sound()
    figures = {}
    for form in sys.argv[1:] or FORMS:
        with tempfile.TemporaryDirectory() as folder:
            figures[form] = _measure(Path(folder), form, sound)
    print(json.dumps(figures, indent=1))


if __name__ == "__main__":
    main()
