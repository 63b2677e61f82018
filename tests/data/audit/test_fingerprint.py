"""A fingerprint stays what it is through coding, level and cut ends, and tells renditions apart."""

import functools
import io
import os
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile
import soxr

from unheard.data.audio.loading import read_recording
from unheard.data.audit.fingerprints import ALIKE, HOP, compare, fingerprint, is_one_sound, near_duplicates
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


def breath(seed: int, seconds: float = 2.0) -> np.ndarray:
    """Noise with the rhythm of speech: nothing of it comes twice."""
    generator, count = np.random.default_rng(seed), round(seconds * RATE)
    envelope = np.interp(np.arange(count) / RATE, np.arange(0, seconds + 0.2, 0.1), generator.uniform(0.05, 1, 22))
    noise = scipy.signal.lfilter([1], [1, -0.9], envelope * generator.standard_normal(count))
    return (0.003 * noise / noise.std()).astype(np.float32)


def burst(seconds: float = 0.2) -> np.ndarray:
    return np.random.default_rng(7).uniform(-1, 1, round(seconds * RATE))


def beep(seconds: float = 0.5) -> np.ndarray:
    return 0.7 * np.sin(2 * np.pi * 1000 * np.arange(round(seconds * RATE)) / RATE)


def jingle(seconds: float = 1.0) -> np.ndarray:
    time = np.arange(round(0.125 * RATE)) / RATE
    notes = [220 * 2 ** (step / 12) for step in (0, 7, 4, 12, 9, 16, 5, 11)]
    tones = [sum(np.sin(2 * np.pi * note * n * time) / n for n in range(1, 6)) * np.exp(-20 * time) for note in notes]
    return 0.3 * np.concatenate(tones)[: round(seconds * RATE)]


def hum(wave: np.ndarray) -> np.ndarray:
    time = np.arange(len(wave)) / RATE
    return 0.1 * sum(np.sin(2 * np.pi * 50 * n * time + n) / n for n in range(1, 30))


def room(wave: np.ndarray) -> np.ndarray:
    noise = scipy.signal.lfilter([1], [1, -0.95], np.random.default_rng(9).standard_normal(len(wave)))
    return 0.1 * wave.std() * noise / noise.std()


def placed(wave: np.ndarray, what: np.ndarray, at: int) -> np.ndarray:
    return wave + np.pad(what, (at, len(wave) - at - len(what)))


SHARED = {
    "a click": lambda wave, turn: placed(wave, burst(), 8_000),
    "a click elsewhere": lambda wave, turn: placed(wave, burst(), (8_000, 12_345)[turn]),
    "a click at the end and at the beginning": lambda wave, turn: placed(wave, burst(), (len(wave) - 3_200, 0)[turn]),
    "two clicks": lambda wave, turn: placed(placed(wave, burst(), 4_000), burst(0.1), 20_000),
    "a beep before": lambda wave, turn: np.concatenate([beep(), wave]),
    "a beep over it": lambda wave, turn: placed(wave, beep(), 0),
    "a jingle before": lambda wave, turn: np.concatenate([jingle(), wave]),
    "hum": lambda wave, turn: wave + hum(wave),
    "room tone": lambda wave, turn: wave + room(wave),
    "long room tone": lambda wave, turn: (padded := np.pad(wave, (16_000, 48_000))) + room(padded),
}


@pytest.mark.parametrize("voice", ["noise", "tones", "softer tones"])
@pytest.mark.parametrize("what", SHARED)
def test_recordings_that_share_less_than_they_differ_in_are_not_alike(what: str, voice: str) -> None:
    voices = {"noise": breath, "tones": sound, "softer tones": lambda seed: 0.1 * sound(seed)}
    for seed in (0, 2):
        waves = [SHARED[what](voices[voice](seed + turn), turn).astype(np.float32) for turn in range(2)]
        fingerprints = {str(turn): fingerprint(wave, RATE) for turn, wave in enumerate(waves)}
        assert not is_one_sound(compare(fingerprints["0"], fingerprints["1"]))
        assert near_duplicates(fingerprints) == []


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("what", ["a click", "two clicks", "a jingle before"])
def test_a_changed_copy_that_holds_something_loud_is_alike(what: str, change: str) -> None:
    wave = SHARED[what](sound(3), 0).astype(np.float32)
    fingerprints = {
        "a": fingerprint(wave, RATE),
        "b": fingerprint(CHANGES[change](wave).astype(np.float32), RATE),
    }
    assert [(pair.first, pair.second) for pair in near_duplicates(fingerprints)] == [("a", "b")]


def test_a_copy_stays_alike_where_only_its_pauses_differ() -> None:
    wave = np.pad(sound(4), (16_000, 24_000))
    noise = 0.1 * wave.std() * np.random.default_rng(5).standard_normal(len(wave))
    assert is_one_sound(compare(fingerprint(wave, RATE), fingerprint((wave + noise).astype(np.float32), RATE)))


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_another_rate_and_channel_count_is_alike(rate: int) -> None:
    wave = soxr.resample(sound(0), RATE, rate)
    stereo = np.stack([wave, wave], axis=1)
    assert compare(fingerprint(sound(0), RATE), fingerprint(stereo, rate)).likeness >= 0.98


def test_other_sounds_of_one_voice_are_not_alike() -> None:
    fingerprints = {str(seed): fingerprint(sound(seed), RATE) for seed in range(12)}
    assert near_duplicates(fingerprints) == []
    closest = max(compare(fingerprints["0"], fingerprints[str(seed)]).likeness for seed in range(1, 12))
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
    fingerprints = {"whole": fingerprint(wave, RATE), "part": fingerprint(wave[16_000:], RATE)}
    (twins,) = near_duplicates(fingerprints)
    assert (twins.first, twins.second) == ("part", "whole")
    assert twins.offset == pytest.approx(1.0, abs=HOP)
    assert near_duplicates({"whole": fingerprints["whole"], "scrap": fingerprint(wave[-9_600:], RATE)}) == []


def test_the_search_finds_what_comparing_each_with_each_finds() -> None:
    pool = sound(0, seconds=60.0)  # cut without overlap, so that it is made once
    lengths = [12_000 + 1_200 * (seed % 3) for seed in range(70)]
    starts = np.cumsum([0, *lengths])
    waves = [pool[start : start + length] for start, length in zip(starts, lengths, strict=False)]
    assert starts[-1] <= len(pool)
    fingerprints = {f"{seed:03d}": fingerprint(wave, RATE) for seed, wave in enumerate(waves)}
    fingerprints |= {f"copy of {seed}": fingerprint(0.3 * waves[seed], RATE) for seed in (4, 31, 69)}
    found = [(pair.first, pair.second) for pair in near_duplicates(fingerprints)]
    assert found == [("004", "copy of 4"), ("031", "copy of 31"), ("069", "copy of 69")]


def test_silence_scraps_and_nothing_are_never_alike() -> None:
    silence, scrap = np.zeros(RATE, np.float32), sound(0)[:2_000]
    fingerprints = {
        name: fingerprint(wave, RATE) for name, wave in {"a": silence, "b": silence, "c": scrap, "d": scrap}.items()
    }
    assert near_duplicates(fingerprints) == []
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
    fingerprints = {file.stem: fingerprint(*read_recording(file)) for file in sorted(folder.iterdir())}
    found = [(pair.first, pair.second) for pair in near_duplicates(fingerprints)]
    assert found == [("03-01-03-01-02-01-07", "03-01-03-01-02-02-07")]
