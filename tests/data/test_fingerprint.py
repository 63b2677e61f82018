"""A fingerprint stays what it is through coding, level and cut ends, and tells renditions apart."""

import functools
import io
import os
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from unheard.data.audio import read_recording
from unheard.data.fingerprint import ALIKE, HOP, compare, fingerprint, near_duplicates
from unheard.testing.faults import murmur

CORPORA = Path(os.environ.get("UNHEARD_CORPORA", Path(__file__).parents[3] / "shared" / "corpora"))
RATE = 16_000


@functools.cache
def sound(seed: int, seconds: float = 1.6) -> np.ndarray:
    return murmur(150.0, seconds, np.random.default_rng(seed))


def coded(wave: np.ndarray, form: str, subtype: str, **options: float) -> np.ndarray:
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, RATE, format=form, subtype=subtype, **options)
    buffer.seek(0)
    samples, rate = soundfile.read(buffer, dtype="float32")
    assert rate == RATE
    return samples


CHANGES = {
    "ogg": lambda wave: coded(wave, "OGG", "VORBIS"),
    "ogg, lowest": lambda wave: coded(wave, "OGG", "VORBIS", compression_level=0.99),
    "opus": lambda wave: coded(wave, "OGG", "OPUS"),
    "mp3": lambda wave: coded(wave, "MP3", "MPEG_LAYER_III"),
    "mp3, lowest": lambda wave: coded(wave, "MP3", "MPEG_LAYER_III", compression_level=0.99),
    "louder": lambda wave: 4 * wave,
    "softer, 16 bit": lambda wave: np.round(0.05 * wave * 32768).astype(np.float32) / 32768,
    "upside down": lambda wave: -wave,
    "later": lambda wave: np.concatenate([np.zeros(1_777, np.float32), wave]),
    "longer": lambda wave: np.concatenate([wave, np.zeros(8_000, np.float32)]),
    "cut": lambda wave: wave[1_000:-1_000],
    "noisy": lambda wave: wave + 0.002 * np.random.default_rng(9).standard_normal(len(wave)).astype(np.float32),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_copy_is_alike(change: str) -> None:
    for seed in range(2):
        wave = sound(seed)
        found = compare(fingerprint(wave, RATE), fingerprint(CHANGES[change](wave).astype(np.float32), RATE))
        assert found.likeness >= ALIKE + 0.02, change


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_another_rate_and_channel_count_is_alike(rate: int) -> None:
    wave = soxr.resample(sound(0), RATE, rate)
    stereo = np.stack([wave, wave], axis=1)
    assert compare(fingerprint(sound(0), RATE), fingerprint(stereo, rate)).likeness >= 0.98


def test_other_sounds_of_one_voice_are_not_alike() -> None:
    prints = {str(seed): fingerprint(sound(seed), RATE) for seed in range(12)}
    assert near_duplicates(prints) == []
    closest = max(compare(prints["0"], prints[str(seed)]).likeness for seed in range(1, 12))
    assert closest < 0.7


def test_the_offset_is_how_much_later_the_sound_comes() -> None:
    wave = sound(1)
    later = np.concatenate([np.zeros(3_200, np.float32), wave])
    found = compare(fingerprint(wave, RATE), fingerprint(later, RATE))
    back = compare(fingerprint(later, RATE), fingerprint(wave, RATE))
    assert found.offset == pytest.approx(0.2, abs=HOP)
    assert back.offset == pytest.approx(-0.2, abs=HOP)
    assert back.likeness == pytest.approx(found.likeness)


def test_a_part_of_a_recording_is_found_and_a_scrap_is_not() -> None:
    wave = sound(2, seconds=3.0)
    prints = {"whole": fingerprint(wave, RATE), "part": fingerprint(wave[16_000:], RATE)}
    (twins,) = near_duplicates(prints)
    assert (twins.first, twins.second) == ("part", "whole")
    assert twins.offset == pytest.approx(1.0, abs=HOP)
    assert near_duplicates({"whole": prints["whole"], "scrap": fingerprint(wave[-9_600:], RATE)}) == []


def test_the_search_finds_what_comparing_each_with_each_finds() -> None:
    pool = sound(0, seconds=60.0)  # cut without overlap, so that it is made once
    lengths = [12_000 + 1_200 * (seed % 3) for seed in range(70)]
    starts = np.cumsum([0, *lengths])
    waves = [pool[start : start + length] for start, length in zip(starts, lengths, strict=False)]
    assert starts[-1] <= len(pool)
    prints = {f"{seed:03d}": fingerprint(wave, RATE) for seed, wave in enumerate(waves)}
    prints |= {f"copy of {seed}": fingerprint(0.3 * waves[seed], RATE) for seed in (4, 31, 69)}
    found = [(pair.first, pair.second) for pair in near_duplicates(prints)]
    assert found == [("004", "copy of 4"), ("031", "copy of 31"), ("069", "copy of 69")]


def test_silence_scraps_and_nothing_are_never_alike() -> None:
    silence, scrap = np.zeros(RATE, np.float32), sound(0)[:2_000]
    prints = {
        name: fingerprint(wave, RATE) for name, wave in {"a": silence, "b": silence, "c": scrap, "d": scrap}.items()
    }
    assert near_duplicates(prints) == []
    assert near_duplicates({}) == []
    assert not fingerprint(silence, RATE).any()
    assert fingerprint(sound(0)[:1], RATE).shape[1] == 16


def test_a_fingerprint_is_small_and_the_same_every_time() -> None:
    own = fingerprint(sound(0), RATE)
    assert own.dtype == np.int8
    assert own.nbytes < 0.1 * 2 * len(sound(0))
    assert np.array_equal(own, fingerprint(sound(0), RATE))


@pytest.mark.corpus
def test_the_known_copy_in_ravdess_is_the_only_one_of_its_speaker() -> None:
    folder = CORPORA / "ravdess" / "Actor_07"
    if not folder.is_dir():
        pytest.skip(f"{folder} is missing: set UNHEARD_CORPORA to the folder of the real corpora")
    prints = {file.stem: fingerprint(*read_recording(file)) for file in sorted(folder.iterdir())}
    found = [(pair.first, pair.second) for pair in near_duplicates(prints)]
    assert found == [("03-01-03-01-02-01-07", "03-01-03-01-02-02-07")]
