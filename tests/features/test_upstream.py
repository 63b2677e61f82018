"""States of an upstream as a feature: what is cached, under which key, and the laws that all features keep."""

import json
import shutil

import numpy as np
import pytest
import soundfile
import torch
from pydantic import ValidationError

from features.extraction import extract_one
from unheard.data.audio.loading import AudioSettings
from unheard.errors import SettingsError
from unheard.features import logmel, upstream, waveform
from unheard.features.cache import Recipe
from unheard.features.stored import read_entry
from unheard.records import Utterance
from unheard.upstreams.checkpoints import UpstreamSettings
from unheard.upstreams.loading import load_upstream
from upstreams.made import FAMILIES, KINDS, RATE, SIZE, padded, sounds


@pytest.fixture
def utterance(tmp_path):
    (wave,) = sounds(0.31)
    soundfile.write(tmp_path / "a.wav", wave, RATE, subtype="FLOAT")
    return Utterance(tmp_path / "a.wav", "a.wav", "made"), wave


def settings_of(folder, kind="hubert group", **options):
    return upstream.Settings(**{"family": KINDS[kind][0], "source": str(folder), "states": (1, 2), **options})


def test_settings_must_say_which_states(checkpoints):
    with pytest.raises(ValidationError, match="states"):
        upstream.Settings(family="hubert", source="x")
    for wrong in ((), (-1,)):
        with pytest.raises(ValidationError, match="states"):
            settings_of("x", states=wrong)
    settings = settings_of(checkpoints("hubert group"))
    assert upstream.Settings(**settings.model_dump(mode="json")) == settings
    assert hash(settings) == hash(upstream.Settings(**settings.model_dump()))


@pytest.mark.parametrize("kind", FAMILIES)
def test_frozen_is_cached_bit_for_bit(checkpoints, kind, utterance, tmp_path):
    spoken, wave = utterance
    settings = settings_of(checkpoints(kind), kind)
    (key,), _, _ = extract_one(spoken, Recipe("upstream", settings, AudioSettings()), tmp_path / "entries")
    cached = read_entry(tmp_path / "entries", key)
    with torch.inference_mode():
        states, _ = load_upstream(UpstreamSettings(family=KINDS[kind][0], source=settings.source), 2)(*padded([wave]))
    expected = torch.cat([states[1][0], states[2][0]], 1).numpy()
    assert np.array_equal(cached, expected)
    assert np.array_equal(cached, upstream.extract(wave, RATE, settings))
    assert cached.dtype == np.float32
    assert cached.shape[1] == 2 * SIZE == len(upstream.channel_names(settings))
    assert upstream.channel_names(settings)[::SIZE] == ["state1_0", "state2_0"]


def test_statistics_are_numpys_mean_and_deviation(checkpoints):
    (wave,) = sounds(0.5)
    settings = settings_of(checkpoints("hubert group"), keep="statistics")
    frames = upstream.extract(wave, RATE, settings_of(checkpoints("hubert group")))
    row = upstream.extract(wave, RATE, settings)
    parts = [frames[:, :SIZE], frames[:, SIZE:]]
    expected = np.concatenate([np.concatenate([part.mean(0), part.std(0)]) for part in parts])
    np.testing.assert_allclose(row[0], expected, atol=1e-6)
    assert row.shape == (1, 4 * SIZE) == (1, len(upstream.channel_names(settings)))
    assert upstream.channel_names(settings)[SIZE] == "state1_deviation0"


@pytest.mark.parametrize("parts", [2, 3])
def test_parts_stand_behind_the_whole_state_by_state(parts, checkpoints):
    settings = settings_of(checkpoints("hubert group"), keep="statistics", parts=parts)
    names = upstream.channel_names(settings)
    for seconds in (0.5, 0.03):  # the shorter has fewer frames than parts
        (wave,) = sounds(seconds)
        frames = upstream.extract(wave, RATE, settings_of(checkpoints("hubert group")))
        row = dict(zip(names, upstream.extract(wave, RATE, settings)[0], strict=True))
        whole = upstream.extract(wave, RATE, settings_of(checkpoints("hubert group"), keep="statistics"))[0]
        assert [row[f"state2_{kind}{number}"] for kind in ("mean", "deviation") for number in range(SIZE)] == list(
            whole[2 * SIZE :]
        )
        for part in range(parts):
            own = frames[int(part * len(frames) / parts) : -int(-(part + 1) * len(frames) // parts), SIZE:]
            assert row[f"state2_part{part + 1}_mean3"] == pytest.approx(own.mean(0)[3], abs=1e-6)
            assert row[f"state2_part{part + 1}_deviation3"] == pytest.approx(own.std(0)[3], abs=1e-6)
    assert len(names) == 2 * SIZE * 2 * (parts + 1) == len(set(names))


def test_one_part_leaves_what_was_cached_and_trained_before_there_were_parts(checkpoints):
    single, halves = (settings_of(checkpoints("hubert group"), keep="statistics", parts=parts) for parts in (1, 2))
    assert "parts" not in upstream.identity(single)
    assert upstream.identity(halves) == {**upstream.identity(single), "parts": 2}


def test_frames_are_not_cut_into_parts(checkpoints):
    with pytest.raises(ValueError, match="set keep = 'statistics', or leave parts out"):
        settings_of(checkpoints("hubert group"), parts=2)


def test_half_precision_takes_half_the_room_and_comes_back_bit_for_bit(checkpoints, utterance, tmp_path):
    spoken, wave = utterance
    sizes = []
    for storage in ("float32", "float16"):
        settings = settings_of(checkpoints("hubert group"), storage=storage)
        (key,), _, _ = extract_one(spoken, Recipe("upstream", settings, AudioSettings()), tmp_path / storage)
        cached, fresh = read_entry(tmp_path / storage, key), upstream.extract(wave, RATE, settings)
        assert cached.dtype == fresh.dtype == np.float32
        assert np.array_equal(cached, fresh)
        (file,) = list((tmp_path / storage).rglob("*.npy"))
        sizes.append(file.stat().st_size - 128 - 16)  # less the head and the digest
    assert sizes[1] * 2 == sizes[0]
    exact = upstream.extract(wave, RATE, settings_of(checkpoints("hubert group")))
    np.testing.assert_allclose(fresh, exact, atol=1e-2, rtol=1e-3)


def test_the_key_follows_the_weights_and_not_the_place(checkpoints, utterance, tmp_path):
    spoken, _ = utterance
    shutil.copytree(checkpoints("hubert group"), tmp_path / "copy")
    shutil.copytree(checkpoints("hubert group"), tmp_path / "other")
    described = json.loads((tmp_path / "other" / "config.json").read_text())
    (tmp_path / "other" / "config.json").write_text(json.dumps({**described, "layer_norm_eps": 1e-3}))

    def key(**options):
        recipe = Recipe("upstream", settings_of(**{"folder": tmp_path / "copy", **options}), AudioSettings())
        return extract_one(spoken, recipe, tmp_path / "entries")[0]

    mine = key(folder=checkpoints("hubert group"))
    assert key() == mine
    assert len({mine, key(folder=tmp_path / "other"), key(states=(1,)), key(keep="statistics")}) == 4
    assert key(download=True) == mine


def test_keys_of_other_features_are_what_they_were():
    settings = logmel.Settings()
    assert Recipe("logmel", settings, AudioSettings()).identity == settings.model_dump(mode="json")


def test_layers_above_the_highest_state_are_neither_read_nor_kept(checkpoints):
    settings = settings_of(checkpoints("wavlm layer"), "wavlm layer", states=(1, 0))
    upstream.extract(sounds(0.2)[0], RATE, settings)
    held = upstream._loaded(settings, upstream.identity(settings)["weights"])
    assert len(held.blocks) == 1


def test_another_rate_is_refused(checkpoints):
    with pytest.raises(SettingsError, match=r"hears 16000 Hz; set audio\.rate = 16000"):
        upstream.extract(sounds(0.2)[0], 8000, settings_of(checkpoints("hubert group")))


def test_a_state_that_is_not_there_is_refused(checkpoints):
    with pytest.raises(SettingsError, match="7 asked for"):
        upstream.extract(sounds(0.2)[0], RATE, settings_of(checkpoints("hubert group"), states=(7,)))


@pytest.mark.parametrize("samples", [1, 2, 160, 401])
@pytest.mark.parametrize("level", [0.0, 1e-6, 1.0])
@pytest.mark.parametrize("kind", FAMILIES)
def test_finite_whatever_comes(checkpoints, kind, samples, level):
    wave = (np.random.default_rng(0).uniform(-1, 1, samples) * level).astype(np.float32)
    features = upstream.extract(wave, RATE, settings_of(checkpoints(kind), kind))
    assert features.dtype == np.float32
    assert len(features) >= 1
    assert np.isfinite(features).all()


def test_hops_in_seconds(checkpoints):
    assert upstream.hop(settings_of(checkpoints("whisper"), "whisper"), RATE) == 0.02
    assert waveform.hop(waveform.Settings(), 8000) == 1 / 8000


def test_the_waveform_is_the_samples():
    (wave,) = sounds(0.01)
    assert np.array_equal(waveform.extract(wave, RATE, waveform.Settings())[:, 0], wave)
    np.testing.assert_allclose(waveform.extract(wave, RATE, waveform.Settings(gain=2))[:, 0], 2 * wave)
