"""The index leads to every copy, to few others, and takes no more than it says."""

import functools
from itertools import combinations, pairwise

import numpy as np
import soxr

from unheard.data.audit.fingerprints import compare, fingerprint, is_one_sound, near_duplicates
from unheard.data.audit.landmarks import meetings
from unheard.testing.faults import murmur

RATE = 16_000


@functools.cache
def recordings(count: int) -> list[np.ndarray]:
    """Stretches of 1.1 to 1.6 s that have nothing in common."""
    generator, waves = np.random.default_rng(0), []
    pool = murmur(150.0, 60.0, generator)
    for speed in (0.6, 0.8, 1.1, 1.5):
        own = soxr.resample(pool, RATE * speed, RATE)
        ends = np.cumsum(generator.uniform(1.1, 1.6, 100) * RATE).astype(int)
        waves += [own[begin:end] for begin, end in pairwise(ends) if end <= len(own)]
    return waves[:count]


def changed(wave: np.ndarray) -> np.ndarray:
    """At half the rate, later, softer, and in a little noise."""
    half = soxr.resample(soxr.resample(wave, RATE, RATE // 2), RATE // 2, RATE)
    noise = 0.02 * wave.std() * np.random.default_rng(1).standard_normal(len(half))
    return np.pad(0.3 * (half + noise), (1_777, 0)).astype(np.float32)


def test_the_index_finds_what_comparing_each_with_each_finds() -> None:
    waves = recordings(90)
    fingerprints = {f"{number:03d}": fingerprint(wave, RATE) for number, wave in enumerate(waves)}
    fingerprints |= {f"{number:03d} again": fingerprint(changed(waves[number]), RATE) for number in range(0, 90, 6)}
    every = [
        pair
        for pair in combinations(sorted(fingerprints), 2)
        if is_one_sound(compare(fingerprints[pair[0]], fingerprints[pair[1]]))
    ]
    assert len(every) == 15
    assert [(twins.first, twins.second) for twins in near_duplicates(fingerprints)] == every


def test_few_recordings_meet_that_are_no_copies() -> None:
    waves = recordings(150)
    fingerprints = [fingerprint(wave, RATE) for wave in [*waves, *map(changed, waves[:10])]]
    found = {(own.first, own.second) for own in meetings(fingerprints)}
    assert {(number, 150 + number) for number in range(10)} <= found
    assert len(found) < len(fingerprints)


def test_the_lag_is_how_much_later_the_landmark_comes() -> None:
    wave = recordings(1)[0]
    found = meetings([fingerprint(wave, RATE), fingerprint(np.pad(wave, (1_280, 0)), RATE)])
    assert {(own.first, own.second) for own in found} == {(0, 1)}
    assert 10 in {own.lag for own in found}


def test_a_sound_that_all_recordings_hold_leads_to_some_of_each_only() -> None:
    beep = fingerprint(np.sin(np.arange(8_000) * 2 * np.pi / 16).astype(np.float32), RATE)
    fingerprints = [np.concatenate([beep, fingerprint(wave, RATE)]) for wave in recordings(150)]
    found = {(own.first, own.second) for own in meetings(fingerprints)}
    assert len(found) < 0.8 * 150 * 149 / 2


def test_the_order_of_names_and_a_second_run_change_nothing() -> None:
    waves = recordings(40)
    fingerprints = {str(number): fingerprint(wave, RATE) for number, wave in enumerate([*waves, changed(waves[7])])}
    backwards = dict(reversed(fingerprints.items()))
    assert near_duplicates(fingerprints) == near_duplicates(backwards) == near_duplicates(fingerprints)


def test_silence_and_nothing_meet_nobody() -> None:
    silence = np.zeros((100, 16), np.int8)
    assert meetings([]) == []
    assert meetings([silence, silence]) == []
    assert meetings([silence, fingerprint(recordings(1)[0], RATE)]) == []
