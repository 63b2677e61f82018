"""The spoken corpus: voices differ, emotions follow their rules, the knob ties them together."""

import csv
import itertools
import math
from collections import Counter

import numpy as np
import pytest

from unheard.corpora.table import read
from unheard.data.audio import read_audio
from unheard.errors import MissingExtraError, SettingsError
from unheard.testing import _espeak
from unheard.testing.spoken import plan_clips, speak_corpus

SMALL = {"voices": 4, "sentences": 2}


def bits(clips) -> float:
    """I(emotion; speaker), by hand."""
    pairs = Counter((clip.emotion, clip.speaker.name) for clip in clips)
    total = sum(pairs.values())
    emotions, speakers = Counter(), Counter()
    for (emotion, speaker), count in pairs.items():
        emotions[emotion] += count
        speakers[speaker] += count
    return sum(
        count / total * math.log2(count * total / (emotions[emotion] * speakers[speaker]))
        for (emotion, speaker), count in pairs.items()
    )


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    return speak_corpus(tmp_path_factory.mktemp("spoken"), seed=1, **SMALL)


def test_the_default_plan_is_as_promised():
    clips = plan_clips()
    assert len({clip.speaker.name for clip in clips}) == 16
    assert len({clip.emotion for clip in clips}) == 4
    assert len({(clip.speaker.language, clip.sentence) for clip in clips}) == 12
    assert Counter(clip.speaker.gender for clip in clips)["f"] == len(clips) // 2
    assert len({clip.file for clip in clips}) == len(clips)


def test_the_knob_goes_from_no_dependence_to_all_of_it():
    measured = [bits(plan_clips(dependence=knob)) for knob in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert measured[0] == pytest.approx(0, abs=1e-12)
    assert measured[-1] == pytest.approx(2, abs=1e-12)
    assert all(one < other for one, other in itertools.pairwise(measured))


@pytest.mark.parametrize("knob", [0.0, 0.4, 1.0])
def test_every_voice_keeps_its_number_of_clips_and_their_names(knob):
    clips = plan_clips(dependence=knob, repetitions=2)
    assert set(Counter(clip.speaker.name for clip in clips).values()) == {48}
    assert len({clip.file for clip in clips}) == len(clips)


def test_our_own_reader_reads_it(spoken):
    utterances = read(spoken)
    assert len(utterances) == 4 * 4 * 2
    assert {item.language for item in utterances} == {"en", "de"}
    assert all(item.transcript and item.sentence and item.gender in "fm" for item in utterances)


def test_the_same_settings_give_the_same_samples(spoken, tmp_path):
    again = speak_corpus(tmp_path / "again", seed=1, **SMALL)
    for file in sorted(spoken.parent.rglob("*.wav")):
        assert file.read_bytes() == (again.parent / file.relative_to(spoken.parent)).read_bytes()


def test_what_was_lost_is_spoken_again_and_nothing_else(tmp_path):
    table = speak_corpus(tmp_path, seed=1, **SMALL)
    files = sorted(tmp_path.rglob("*.wav"))
    lost, kept = files[0].read_bytes(), files[1].stat().st_mtime_ns
    files[0].unlink()
    assert speak_corpus(tmp_path, seed=1, **SMALL) == table
    assert files[0].read_bytes() == lost
    assert files[1].stat().st_mtime_ns == kept


def test_another_corpus_is_not_overwritten(spoken):
    with pytest.raises(SettingsError, match="other settings"):
        speak_corpus(spoken.parent, seed=2, **SMALL)


def test_emotions_move_length_and_level_as_the_rules_say(spoken):
    with spoken.open() as stream:
        rows = list(csv.DictReader(stream))
    seconds, level = {}, {}
    for row in rows:
        samples, _ = read_audio(spoken.parent / row["file"])
        seconds.setdefault(row["emotion"], []).append(len(samples))
        level.setdefault(row["emotion"], []).append(np.sqrt(np.mean(samples**2)))
    assert np.mean(seconds["sadness"]) > np.mean(seconds["neutral"]) > np.mean(seconds["anger"])
    assert np.mean(level["sadness"]) < np.mean(level["neutral"]) < np.mean(level["anger"])


@pytest.mark.parametrize(
    "wrong", [{"voices": 1}, {"sentences": 7}, {"dependence": 1.5}, {"emotions": ("bliss",)}, {"languages": ()}]
)
def test_bad_settings_name_the_key(wrong, tmp_path):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        speak_corpus(tmp_path, **wrong)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "espeakng_loader", None)
    with pytest.raises(MissingExtraError, match=r"unheard\[demo\]"):
        _espeak.Engine()
