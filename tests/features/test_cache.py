"""The cache: whole entries or none, keyed by content and by everything that was done to it."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
from joblib import Parallel, delayed

from features.extraction import extract_one
from unheard.data.audio.decoding import Recording
from unheard.data.audio.loading import AudioSettings
from unheard.data.audio.perturbation import Perturbation
from unheard.errors import AudioError
from unheard.features import logmel, mfcc
from unheard.features.cache import Recipe, extract_corpus
from unheard.features.stored import read_entry
from unheard.records import Utterance
from unheard.registry import load

RATE = 16_000
RECIPE = Recipe("logmel", logmel.Settings(channels=8), AudioSettings())


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "entries"


@pytest.fixture
def corpus(tmp_path):
    """Six utterances of a fifth of a second."""
    generator = np.random.default_rng(0)
    utterances = []
    for number in range(6):
        file = tmp_path / f"{number}.wav"
        soundfile.write(file, generator.normal(0, 0.1, RATE // 5), RATE, subtype="PCM_16")
        utterances.append(Utterance(file, file.name, "made"))
    return utterances


def files_of(cache):
    return sorted(file for file in cache.rglob("*") if file.is_file())


def entry_of(cache, key):
    return cache / key[:2] / f"{key}.npy"


def counting(monkeypatch):
    """How many times logmel was computed, as the length of a list."""
    module, calls = load("features", "logmel"), []
    genuine = module.extract
    monkeypatch.setattr(module, "extract", lambda *given: calls.append(given) or genuine(*given))
    return calls


def test_an_entry_is_what_the_feature_gives(corpus, cache):
    (key,), digest, seconds = extract_one(corpus[0], RECIPE, cache)
    samples, _ = soundfile.read(corpus[0].file, dtype="float32")
    expected = logmel.extract(samples, RATE, RECIPE.settings)
    np.testing.assert_array_equal(read_entry(cache, key), expected)
    assert seconds == pytest.approx(0.2)
    assert len(digest) == len(key) == 64
    assert files_of(cache) == [entry_of(cache, key)]


def test_the_level_is_that_of_the_recording_and_not_of_what_was_made_of_it(corpus, cache):
    leveled = dataclasses.replace(RECIPE, audio=RECIPE.audio.model_copy(update={"level": "rms", "trim": 10.0}))
    found = extract_corpus(corpus, leveled, cache)
    for item in corpus:
        samples, _ = soundfile.read(item.file, dtype="float64")
        assert found.levels[item.name] == pytest.approx(10 * np.log10(np.mean(samples**2)), abs=1e-3)


def test_what_is_there_is_not_computed_again(corpus, cache, monkeypatch):
    calls = counting(monkeypatch)
    first = extract_corpus(corpus, RECIPE, cache)
    assert len(calls) == len(corpus)
    assert extract_corpus(corpus, RECIPE, cache) == first
    assert len(calls) == len(corpus)


def test_a_moved_file_hits_the_same_entry(corpus, cache, tmp_path, monkeypatch):
    before = extract_corpus(corpus, RECIPE, cache)
    calls = counting(monkeypatch)
    (tmp_path / "elsewhere").mkdir()
    moved = []
    for utterance in corpus:
        target = utterance.file.rename(tmp_path / "elsewhere" / f"new-{utterance.name}")
        moved.append(utterance.replace(file=target, name=target.name, speaker="someone"))
    after = extract_corpus(moved, RECIPE, cache)
    assert list(after.keys.values()) == list(before.keys.values())
    assert not calls


def test_a_lossless_copy_hits_the_same_entry(corpus, cache, tmp_path):
    samples, _ = soundfile.read(corpus[0].file, dtype="int16")
    soundfile.write(tmp_path / "copy.flac", samples, RATE)
    copy = corpus[0].replace(file=tmp_path / "copy.flac")
    assert extract_one(copy, RECIPE, cache) == extract_one(corpus[0], RECIPE, cache)


@pytest.mark.parametrize(
    "other",
    [
        Recipe("logmel", logmel.Settings(channels=9), AudioSettings()),
        Recipe("logmel", logmel.Settings(channels=8, hop=0.02), AudioSettings()),
        Recipe("logmel", logmel.Settings(channels=8, floor=1e-5), AudioSettings()),
        Recipe("mfcc", mfcc.Settings(channels=8), AudioSettings()),
        Recipe("logmel", logmel.Settings(channels=8), AudioSettings(trim=30)),
        Recipe("logmel", logmel.Settings(channels=8), AudioSettings(level="rms")),
        Recipe("logmel", logmel.Settings(channels=8), AudioSettings(rate=8000)),
        Recipe("logmel", logmel.Settings(channels=8), AudioSettings(), (Perturbation(speed=1.1),)),
        Recipe("logmel", logmel.Settings(channels=8), AudioSettings(), (Perturbation(semitones=1.0),)),
        Recipe("logmel", logmel.Settings(channels=8), AudioSettings(), (Perturbation(semitones=-1.0),)),
    ],
    ids=str,
)
def test_everything_done_to_it_makes_another_key(corpus, cache, other):
    assert extract_one(corpus[0], RECIPE, cache)[0] != extract_one(corpus[0], other, cache)[0]
    assert len(files_of(cache)) == 2


def test_another_part_of_a_recording_is_another_key(corpus, cache):
    parts = [corpus[0], corpus[0].replace(start=0.05), corpus[0].replace(end=0.15), corpus[1]]
    assert len({extract_one(part, RECIPE, cache)[0] for part in parts}) == 4
    assert len({extract_one(part, RECIPE, cache)[1] for part in parts[:3]}) == 1


def test_perturbed_copies_have_keys_of_their_own_in_order(corpus, cache):
    copies = (Perturbation(), Perturbation(speed=0.9), Perturbation(semitones=2.0))
    recipe = Recipe("logmel", logmel.Settings(channels=8), AudioSettings(), copies)
    keys, _, _ = extract_one(corpus[0], recipe, cache)
    assert len(set(keys)) == 3
    assert keys[0] == extract_one(corpus[0], RECIPE, cache)[0][0]
    lengths = [len(read_entry(cache, key)) for key in keys]
    assert lengths[1] > lengths[0] == lengths[2]


def damage_truncated(file):
    file.write_bytes(file.read_bytes()[:-10])


def damage_emptied(file):
    file.write_bytes(b"")


def damage_text(file):
    file.write_text("these are not numbers", encoding="utf-8")


def damage_header(file):
    file.write_bytes(file.read_bytes()[:40])


def damage_zip(file):
    np.savez(file.with_suffix(".npz"), a=np.zeros((3, 8), np.float32))
    file.with_suffix(".npz").rename(file)


def damage_zip_cut(file):
    file.write_bytes(b"PK\x03\x04" + bytes(50))


def damage_announces_too_much(file):
    content = file.read_bytes()
    file.write_bytes(content.replace(b"'shape': (18, 8), }          ", b"'shape': (999999999999, 8), }"))
    assert file.read_bytes() != content


def damage_other_type(file):
    np.save(file, np.zeros((18, 8), np.float64))


def damage_one_axis(file):
    np.save(file, np.zeros(18, np.float32))


def damage_no_frames(file):
    np.save(file, np.zeros((0, 8), np.float32))


def damage_objects(file):
    np.save(file, np.array([[{"a": 1}]], dtype=object), allow_pickle=True)


@pytest.mark.parametrize("damage", [value for name, value in sorted(globals().items()) if name.startswith("damage_")])
def test_a_damaged_entry_counts_as_missing_and_is_computed_again(corpus, cache, damage):
    (key,), _, _ = extract_one(corpus[0], RECIPE, cache)
    whole = read_entry(cache, key)
    damage(entry_of(cache, key))
    assert read_entry(cache, key) is None
    extract_one(corpus[0], RECIPE, cache)
    np.testing.assert_array_equal(read_entry(cache, key), whole)


class Bomb:
    def __init__(self, target):
        self.target = target

    def __reduce__(self):
        return Path.touch, (self.target,)


def test_nothing_is_unpickled(cache, tmp_path):
    key = "ab" * 32
    entry_of(cache, key).parent.mkdir(parents=True)
    np.save(entry_of(cache, key), np.array([[Bomb(tmp_path / "burst")]], dtype=object), allow_pickle=True)
    assert read_entry(cache, key) is None
    assert not (tmp_path / "burst").exists()
    np.load(entry_of(cache, key), allow_pickle=True)
    assert (tmp_path / "burst").exists()  # it would have


def test_an_absent_entry_is_none(cache):
    assert read_entry(cache, "00" * 32) is None


def spoil(corpus, *numbers):
    for number in numbers:
        corpus[number].file.write_bytes(b"RIFF, but no more")


def test_without_skip_bad_the_first_is_named_and_the_others_counted(corpus, cache):
    spoil(corpus, 1, 3, 4)
    with pytest.raises(AudioError) as caught:
        extract_corpus(corpus, RECIPE, cache)
    assert caught.value.file == corpus[1].file
    assert str(caught.value).startswith(f"{corpus[1].file}: ")
    assert "(2 more recordings have problems, too.)" in str(caught.value)
    assert len(files_of(cache)) == 3


def test_one_bad_recording_is_not_counted(corpus, cache):
    spoil(corpus, 5)
    with pytest.raises(AudioError) as caught:
        extract_corpus(corpus, RECIPE, cache)
    assert "more recordings" not in str(caught.value)


def test_skip_bad_lists_the_bad_and_loses_nothing_else(corpus, cache):
    whole = extract_corpus(corpus, RECIPE, cache)
    spoil(corpus, 0, 4)
    corpus[2].file.unlink()
    found = extract_corpus(corpus, RECIPE, cache, skip_bad=True)
    assert [name for name, _ in found.skipped] == ["0.wav", "2.wav", "4.wav"]
    assert [problem for _, problem in found.skipped][1] == "no such file"
    for column in ("keys", "contents", "seconds"):
        kept = {name: value for name, value in getattr(whole, column).items() if name in {"1.wav", "3.wav", "5.wav"}}
        assert getattr(found, column) == kept


def test_a_feature_that_is_not_finite_is_refused(corpus, cache, monkeypatch):
    monkeypatch.setattr(load("features", "logmel"), "extract", lambda *_: np.full((3, 8), np.nan, np.float32))
    with pytest.raises(AudioError, match="logmel is not finite"):
        extract_one(corpus[0], RECIPE, cache)
    assert not files_of(cache)


def test_progress_counts_to_the_end(corpus, cache):
    steps = []
    extract_corpus(corpus, RECIPE, cache, progress=lambda *step: steps.append(step))
    assert steps == [(number, 6) for number in range(1, 7)]


def test_several_processes_at_once_give_whole_entries(corpus, cache, tmp_path):
    alone = extract_corpus(corpus, RECIPE, tmp_path / "alone")
    together = Parallel(n_jobs=2)(delayed(extract_corpus)(corpus, RECIPE, cache) for _ in range(4))
    assert all(extraction == alone for extraction in together)
    assert extract_corpus(corpus, RECIPE, tmp_path / "two", jobs=2) == alone
    for folder in (cache, tmp_path / "two"):
        assert [file.name for file in files_of(folder)] == [file.name for file in files_of(tmp_path / "alone")]
        for (key,) in alone.keys.values():
            np.testing.assert_array_equal(read_entry(folder, key), read_entry(tmp_path / "alone", key))


# Forks writers after the imports, and kills each in the middle of its work.
KILLED = """
import os, signal, sys, time
from pathlib import Path
from unheard.data.audio.loading import AudioSettings
from unheard.features import logmel
from unheard.features.cache import Recipe, extract_corpus
from unheard.records import Utterance

cache, corpus = Path(sys.argv[1]), Path(sys.argv[2])
utterances = [Utterance(file, file.name, "made") for file in sorted(corpus.glob("*.wav"))]
for attempt in range(12):
    child = os.fork()
    if child == 0:
        number = 1
        while True:
            settings = logmel.Settings(channels=128, low=20 + attempt, high=4000 + number)
            extract_corpus(utterances, Recipe("logmel", settings, AudioSettings()), cache)
            number += 1
    written = len(list(cache.rglob("*.npy")))
    while len(list(cache.rglob("*.npy"))) < written + 2:  # however busy the machine is, it is at work by now
        time.sleep(0.002)
    time.sleep(0.003 * attempt)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork and SIGKILL")
def test_a_killed_process_leaves_no_half_entry(corpus, cache, tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, str(cache), str(tmp_path)], check=True, timeout=120)
    entries = list(cache.rglob("*.npy"))
    assert len(entries) > 12
    for file in entries:
        frames = np.load(file, allow_pickle=False)
        assert frames.shape == (18, 128)
        assert read_entry(cache, file.stem) is not None


def test_flipped_bits_make_an_entry_missing(corpus, cache):
    (key,), _, _ = extract_one(corpus[0], RECIPE, cache)
    file = entry_of(cache, key)
    content, generator = file.read_bytes(), np.random.default_rng(0)
    for bits in [1] * 30 + [50] * 5:
        changed = bytearray(content)
        for at in generator.integers(0, len(content), bits):
            changed[at] ^= 1 << int(generator.integers(8))
        file.write_bytes(changed)
        assert read_entry(cache, key) is None


def test_an_entry_without_a_digest_counts_as_missing(corpus, cache):
    (key,), _, _ = extract_one(corpus[0], RECIPE, cache)
    file, expected = entry_of(cache, key), read_entry(cache, key)
    np.testing.assert_array_equal(np.load(file), expected)  # what reads .npy reads ours
    np.save(file, expected)
    assert read_entry(cache, key) is None
    extract_one(corpus[0], RECIPE, cache)
    np.testing.assert_array_equal(read_entry(cache, key), expected)


def test_segments_of_a_recording_are_read_once_and_stay_in_order(tmp_path, corpus, monkeypatch):
    file = tmp_path / "long.flac"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, 20 * RATE), RATE)
    segments = [
        Utterance(file, f"s{at}", "long", start=float(at), end=at + 0.5, speaker="x") for at in (7, 3, 19, 0, 12)
    ]
    mixed = [segments[0], corpus[0], *segments[1:3], corpus[1], *segments[3:]]
    passes = []
    blocks = Recording.blocks
    monkeypatch.setattr(Recording, "blocks", lambda self: (passes.append(self.file), blocks(self))[1])
    extraction = extract_corpus(mixed, RECIPE, tmp_path / "together")
    assert list(extraction.keys) == [item.name for item in mixed]
    assert passes.count(file) == 1
    alone = [extract_one(item, RECIPE, tmp_path / "alone") for item in mixed]
    assert [extraction.keys[item.name] for item in mixed] == [keys for keys, _, _ in alone]
    for (key,), _, _ in alone:
        np.testing.assert_array_equal(read_entry(tmp_path / "together", key), read_entry(tmp_path / "alone", key))


def test_a_segment_that_cannot_be_used_spoils_no_other(tmp_path, corpus):
    file = tmp_path / "long.wav"
    soundfile.write(file, np.random.default_rng(0).normal(0, 0.1, 2 * RATE), RATE)
    ends = {"good": (0.0, 1.0), "beyond": (1.0, 9.0), "nothing": (1.0, 1.0), "short": (1.0, 1.001), "too": (1.0, 2.0)}
    segments = [Utterance(file, name, "x", start=start, end=end) for name, (start, end) in ends.items()]
    extraction = extract_corpus(segments, RECIPE, tmp_path / "cache", skip_bad=True)
    assert list(extraction.keys) == ["good", "too"]
    assert [name for name, _ in extraction.skipped] == ["beyond", "nothing", "short"]


def test_bounds_of_a_recording_make_no_other_key(corpus):
    plain = RECIPE.key("digest", corpus[0], Perturbation())
    bounded = Recipe(RECIPE.feature, RECIPE.settings, AudioSettings(longest=60, lowest_rate=8000))
    assert bounded.key("digest", corpus[0], Perturbation()) == plain
    # Written out, for a key that moves throws every cache away.
    assert plain == "114778ef8d3c34ecfa63b17cb7b2d14b47b6f0b965cd601849105676a322ab20"
