"""The spoken corpus: voices differ, emotions follow their rules, the knob ties them together."""

import csv
import itertools
import math
from collections import Counter

import numpy as np
import pytest

from unheard.corpora.table import read
from unheard.data.audio.loading import read_audio
from unheard.errors import MissingExtraError, RunError, SettingsError
from unheard.testing import _espeak
from unheard.testing.spoken import _VARIANTS, plan_clips, speak_corpus

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


@pytest.mark.parametrize("voices", [2, 4, 6, 8, 16])
def test_more_of_the_knob_is_never_less_dependence(voices):
    measured = [bits(plan_clips(voices=voices, dependence=step / 24)) for step in range(25)]
    assert measured[0] == pytest.approx(0, abs=1e-12)
    assert all(one <= other + 1e-12 for one, other in itertools.pairwise(measured))


@pytest.mark.parametrize("knob", [0.5, 1.0])
def test_the_knob_ties_emotion_to_the_voice_and_not_to_its_gender_or_language(knob):
    pairs = Counter((c.emotion, c.speaker.gender, c.speaker.language) for c in plan_clips(dependence=knob))
    assert len(pairs) == 16
    assert len(set(pairs.values())) == 1


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


@pytest.mark.parametrize("variant", sorted(itertools.chain(*_VARIANTS.values())))
def test_every_variant_sounds_the_same_each_time(variant):
    spoken = []
    for _ in range(5):
        with _espeak.Engine() as engine:
            spoken.append(engine.speak("seven", _espeak.Voice(f"en+{variant}", 180, 50, 50)).tobytes())
    assert len(set(spoken)) == 1


def test_what_was_lost_is_spoken_again_and_nothing_else(tmp_path):
    table = speak_corpus(tmp_path, seed=1, **SMALL)
    files = sorted(tmp_path.rglob("*.wav"))
    lost, kept = files[0].read_bytes(), files[1].stat().st_mtime_ns
    files[0].unlink()
    assert speak_corpus(tmp_path, seed=1, **SMALL) == table
    assert files[0].read_bytes() == lost
    assert files[1].stat().st_mtime_ns == kept


def test_a_default_that_is_spelt_out_is_the_same_corpus(spoken):
    assert speak_corpus(spoken.parent, seed=1, dependence=0, repetitions=1, **SMALL) == spoken


def test_several_processes_give_the_same_samples(spoken, tmp_path):
    again = speak_corpus(tmp_path, seed=1, jobs=2, **SMALL)
    for file in sorted(spoken.parent.rglob("*.wav")):
        assert file.read_bytes() == (again.parent / file.relative_to(spoken.parent)).read_bytes()


def test_a_table_of_the_users_own_is_kept(tmp_path):
    (tmp_path / "corpus.csv").write_text("file\nmine.wav\n")
    with pytest.raises(SettingsError, match="is kept"):
        speak_corpus(tmp_path, **SMALL)
    assert "mine" in (tmp_path / "corpus.csv").read_text()


@pytest.mark.parametrize("content", ["{", "[]", "{}"])
def test_a_damaged_mark_is_another_corpus(content, tmp_path):
    (tmp_path / "corpus.json").write_text(content)
    with pytest.raises(SettingsError, match="other settings"):
        speak_corpus(tmp_path, **SMALL)


def test_nothing_is_clipped(spoken):
    assert max(np.abs(read_audio(file)[0]).max() for file in spoken.parent.rglob("*.wav")) < 0.995


def test_the_engine_speaks_from_deep_in_the_file_system(tmp_path, monkeypatch):
    import espeakng_loader

    deep = tmp_path / ("a" * 100) / ("b" * 100) / "espeak-ng-data"
    deep.parent.mkdir(parents=True)
    deep.symlink_to(espeakng_loader.get_data_path(), target_is_directory=True)
    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: str(deep))
    with _espeak.Engine() as engine:
        assert len(engine.speak("hello", _espeak.Voice("en+f1", 160, 50, 50))) > engine.rate / 4


def test_an_engine_without_data_is_an_error_and_not_the_end_of_the_process(tmp_path, monkeypatch):
    import espeakng_loader

    monkeypatch.setattr(espeakng_loader, "get_data_path", lambda: str(tmp_path / "none"))
    with pytest.raises(RunError, match="Reinstall"):
        _espeak.Engine()


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
    "wrong",
    [
        {"voices": 1},
        {"voices": 4.0},
        {"sentences": 7},
        {"dependence": 1.5},
        {"dependence": math.nan},
        {"seed": -1},
        {"jobs": 0},
        {"emotions": ("bliss",)},
        {"emotions": ("anger", "anger")},
        {"languages": ()},
    ],
)
def test_bad_settings_name_the_key(wrong, tmp_path):
    with pytest.raises(SettingsError, match=next(iter(wrong))):
        speak_corpus(tmp_path, **wrong)


def test_without_the_extra_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "espeakng_loader", None)
    with pytest.raises(MissingExtraError, match=r"unheard\[demo\]"):
        _espeak.Engine()
