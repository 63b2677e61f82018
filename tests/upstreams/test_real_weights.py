"""Whisper base's encoder, where its weights are at hand."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from unheard.features import upstream
from unheard.upstreams.checkpoints import UpstreamSettings
from unheard.upstreams.loading import load_upstream
from upstreams.made import needs_transformers, padded, sounds

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.upstream


@pytest.fixture(scope="module")
def folder():
    needs_transformers()
    models = ROOT / os.environ.get("UNHEARD_MODELS", "../shared/models")
    if not (models / "whisper-base-encoder").is_dir():
        pytest.skip(f"whisper-base-encoder is not under {models}; set UNHEARD_MODELS")
    return models / "whisper-base-encoder"


def test_three_layers_are_ten_million_parameters_and_transformers_own_numbers(folder):
    from transformers import WhisperFeatureExtractor
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    settings = UpstreamSettings(family="whisper", source=str(folder))
    mine = load_upstream(settings, 3)
    assert (mine.rate, mine.stride, mine.size, mine.card.layers) == (16_000, 0.02, 512, 6)
    # Positions are a table of sinusoids, not learnt.
    learned = [p.numel() for name, p in mine.named_parameters() if "embed_positions" not in name]
    assert sum(learned) == 10_365_952
    (wave,) = sounds(1.0)
    theirs = WhisperEncoder.from_pretrained(folder, local_files_only=True, use_safetensors=True).float().eval()
    mel = WhisperFeatureExtractor.from_pretrained(folder, local_files_only=True)(
        wave, sampling_rate=16_000, return_tensors="pt"
    ).input_features
    padded_mine = load_upstream(settings.model_copy(update={"padded": "always"}), 3)
    with torch.inference_mode():
        expected = theirs(mel, output_hidden_states=True).hidden_states
        states, lengths = padded_mine(*padded([wave]))
    assert lengths.tolist() == [50]
    for state, other in zip(states, expected, strict=False):
        torch.testing.assert_close(state, other[:, :50], atol=2e-4, rtol=1e-3)


def test_statistics_of_two_states_are_a_row(folder):
    settings = upstream.Settings(family="whisper", source=str(folder), states=(2, 3), keep="statistics")
    row = upstream.extract(sounds(0.7)[0], 16_000, settings)
    assert row.shape == (1, 2048)
    assert np.isfinite(row).all()
