"""What the search for copies costs as a corpus grows, and how many copies it finds, beside comparing all with all.

    python benchmarks/copies.py                 # a table
    python benchmarks/copies.py --json FILE     # the same as rows

Made recordings of 1.5 to 3.5 s without copies for the time; 200 copies of each kind among them for what is found.
Seconds are of the process's own processor time. The exponent is that of time ~ recordings ** exponent between two
rows; comparing each with each has 2.
"""

import argparse
import io
import json
import resource
import time
from collections import Counter
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import scipy.signal
import soundfile
import soxr

from unheard.data.audit.fingerprints import Fingerprint, compare, fingerprint, is_one_sound, near_duplicates
from unheard.testing.faults import murmur

RATE = 16_000
SIZES = (1000, 2000, 4000, 8000)
SPEEDS = (0.6, 0.72, 0.86, 1.04, 1.24, 1.5)
COPIES = 200
BESIDE = 300  # recordings that are compared each with each, for the ratio
Wave = np.ndarray


def coded(wave: Wave, form: str, subtype: str, rate: int = RATE, **options: float) -> Wave:
    """Through a codec and back."""
    buffer = io.BytesIO()
    soundfile.write(buffer, soxr.resample(wave, RATE, rate), rate, format=form, subtype=subtype, **options)
    buffer.seek(0)
    samples, own = soundfile.read(buffer, dtype="float32")
    return np.asarray(soxr.resample(samples, own, RATE), dtype=np.float32)


def telephone(wave: Wave) -> Wave:
    """300 to 3400 Hz, 8 kHz, mu-law."""
    band = scipy.signal.butter(4, (300, 3400), "bandpass", fs=RATE, output="sos")
    filtered = scipy.signal.sosfilt(band, wave)
    return coded(0.7 * filtered / np.abs(filtered).max(), "WAV", "ULAW", 8_000)


def noisy(wave: Wave, decibels: float) -> Wave:
    """White noise that many decibels below the recording."""
    noise = np.random.default_rng(len(wave)).standard_normal(len(wave))
    return wave + noise * np.sqrt(np.mean(np.square(wave))) * 10 ** (-decibels / 20)


CHANGES: dict[str, Callable[[Wave], Wave]] = {
    "MP3, lowest rate": lambda wave: coded(wave, "MP3", "MPEG_LAYER_III", compression_level=0.99),
    "MP3, lowest rate, 8 kHz": lambda wave: coded(wave, "MP3", "MPEG_LAYER_III", 8_000, compression_level=0.99),
    "Ogg Vorbis, lowest rate": lambda wave: coded(wave, "OGG", "VORBIS", compression_level=0.99),
    "Opus, lowest rate": lambda wave: coded(wave, "OGG", "OPUS", compression_level=0.99),
    "GSM": lambda wave: coded(wave, "WAV", "GSM610", 8_000),
    "telephone band, mu-law": telephone,
    "a fiftieth of the level, 16 bit": lambda wave: np.round(0.02 * wave * 32_768) / 32_768,
    "111 ms later": lambda wave: np.pad(wave, (1777, 0)),
    "a tenth cut from both ends": lambda wave: wave[len(wave) // 10 : -(len(wave) // 10)],
    "the latter 60 %, as MP3": lambda wave: coded(wave[-int(0.6 * len(wave)) :], "MP3", "MPEG_LAYER_III"),
    "noise at 20 dB": lambda wave: noisy(wave, 20.0),
    "noise at 10 dB": lambda wave: noisy(wave, 10.0),
    "high-pass at 300 Hz": lambda wave: scipy.signal.sosfilt(
        scipy.signal.butter(2, 300, "highpass", fs=RATE, output="sos"), wave
    ),
}


def made(count: int) -> list[Wave]:
    """Recordings that have nothing in common, cut from longer ones at speeds that lie far apart."""
    generator, waves = np.random.default_rng(0), []
    while len(waves) < count:
        pool = murmur(float(generator.uniform(110, 220)), 60.0, generator)
        for speed in SPEEDS:
            own = soxr.resample(pool, RATE * speed, RATE)
            ends = np.cumsum(generator.uniform(1.5, 3.5, 60) * RATE).astype(int)
            waves += [own[begin:end] for begin, end in pairwise(ends) if end <= len(own)]
    return waves[:count]


def seconds(work: Callable[[], object]) -> float:
    """Processor seconds of one call."""
    begun = time.process_time()
    work()
    return time.process_time() - begun


def growth(prints: dict[str, Fingerprint]) -> list[dict[str, object]]:
    """Seconds of the search at each size, its exponent, and how many times as long comparing all with all takes."""
    names = list(prints)
    few = [prints[name] for name in names[:BESIDE]]
    pair = seconds(lambda: [compare(one, other) for one, other in combinations(few, 2)]) / (BESIDE * (BESIDE - 1) / 2)
    rows: list[dict[str, object]] = []
    for size in SIZES:
        own = {name: prints[name] for name in names[:size]}
        spent = seconds(lambda own=own: near_duplicates(own))
        exponent = np.log2(spent / float(str(rows[-1]["seconds"]))) if rows else None
        rows.append(
            {
                "recordings": size,
                "seconds": spent,
                "exponent": exponent,
                "times": pair * size * (size - 1) / 2 / spent,
            }
        )
    return rows


def recall(waves: list[Wave], prints: dict[str, Fingerprint]) -> list[dict[str, object]]:
    """Of the copies of each kind: how many comparing with the original finds, and how many of these the search."""
    own, wanted = dict(prints), {}
    for number, kind in ((number, kind) for kind in CHANGES for number in range(COPIES)):
        name, copy = f"{number:05d}", f"{number:05d} {kind}"
        own[copy] = fingerprint(np.asarray(CHANGES[kind](waves[number]), dtype=np.float32), RATE)
        if is_one_sound(compare(own[name], own[copy])):
            wanted[name, copy] = kind
    found = {(twins.first, twins.second) for twins in near_duplicates(own)}
    alike, kept = Counter(wanted.values()), Counter(wanted[pair] for pair in found if pair in wanted)
    return [{"change": kind, "copies": COPIES, "alike": alike[kind], "found": kept[kind]} for kind in CHANGES]


def main() -> None:
    """Measure and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    waves = made(max(SIZES))
    prints = {f"{number:05d}": fingerprint(wave, RATE) for number, wave in enumerate(waves)}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    grown = growth(prints)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before
    for row in grown:
        exponent = "" if row["exponent"] is None else f", exponent {row['exponent']:.2f}"
        print(
            f"{row['recordings']:6} recordings {row['seconds']:7.2f} s{exponent}; all with all {row['times']:.0f} x"
        )
    size = sum(own.nbytes for own in prints.values()) / 2**20
    print(f"memory on top of {size:.0f} MB of fingerprints: {memory:.0f} MB")
    found = recall(waves, prints)
    for row in found:
        print(f"{row['change']:32} {row['found']} of {row['alike']} that comparing finds, of {row['copies']} copies")
    if options.json:
        options.json.write_text(json.dumps({"growth": grown, "memory": memory, "recall": found}, indent=1) + "\n")


if __name__ == "__main__":
    main()
