"""Tiny members of every family with random weights, written as their owners would: safetensors and two JSON files."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

SIZE, LAYERS, RATE = 16, 3, 16_000
_WAVES = {
    "hidden_size": SIZE,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 2,
    "intermediate_size": 24,
    "conv_dim": [8, 8, 8],
    "conv_kernel": [10, 8, 4],
    "conv_stride": [5, 8, 8],
    "num_conv_pos_embeddings": 6,
    "num_conv_pos_embedding_groups": 2,
    "vocab_size": 8,
}
_STABLE = {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True}
_DATA2VEC = {"num_conv_pos_embeddings": 3, "conv_pos_kernel_size": 5}
_WHISPER = {
    "d_model": SIZE,
    "encoder_layers": LAYERS,
    "encoder_attention_heads": 2,
    "encoder_ffn_dim": 24,
    "decoder_layers": 1,
    "decoder_attention_heads": 2,
    "decoder_ffn_dim": 24,
    "num_mel_bins": 8,
    "max_source_positions": 50,
    "vocab_size": 20,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 1,
    "suppress_tokens": None,
    "begin_suppress_tokens": None,
}
KINDS = {
    "wav2vec2 group": ("wav2vec2", "Wav2Vec2", {**_WAVES, "feat_extract_norm": "group"}),
    "wav2vec2 layer": ("wav2vec2", "Wav2Vec2", {**_WAVES, **_STABLE}),
    "hubert group": ("hubert", "Hubert", {**_WAVES, "feat_extract_norm": "group"}),
    "hubert layer": ("hubert", "Hubert", {**_WAVES, **_STABLE}),
    "hubert norm": ("hubert", "Hubert", {**_WAVES, "feat_extract_norm": "group", "conv_pos_batch_norm": True}),
    "wavlm group": ("wavlm", "WavLM", {**_WAVES, "feat_extract_norm": "group"}),
    "wavlm layer": ("wavlm", "WavLM", {**_WAVES, **_STABLE}),
    "data2vec_audio": ("data2vec_audio", "Data2VecAudio", {**_WAVES, **_DATA2VEC}),
    "whisper": ("whisper", "Whisper", _WHISPER),
}
"""Name -> (family, transformers' prefix, configuration)."""
FAMILIES = ["wav2vec2 layer", "hubert group", "wavlm layer", "data2vec_audio", "whisper"]
"""One kind of each family, for what does not depend on the norm."""


def needs_transformers():
    return pytest.importorskip("transformers", reason="the extra is missing: pip install 'unheard[ssl]'")


def theirs(kind, layers=LAYERS):
    """Transformers' own model of a kind, the same weights every time, in evaluation mode."""
    transformers = needs_transformers()
    _, prefix, options = KINDS[kind]
    options = {**options, "encoder_layers" if prefix == "Whisper" else "num_hidden_layers": layers}
    config = getattr(transformers, f"{prefix}Config")(**options)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = getattr(transformers, f"{prefix}Model")(config)
        with torch.no_grad():  # fresh biases are zero and fresh norms one, which would hide what is left out
            for parameter in model.parameters():
                parameter.add_(0.05 * torch.randn(parameter.shape))
            for name, buffer in model.named_buffers():
                if name.endswith(("running_mean", "running_var")):
                    buffer.add_(torch.rand(buffer.shape))
    return model.eval()


def extractor(kind, *, normalize=True):
    transformers = needs_transformers()
    if kind == "whisper":
        return transformers.WhisperFeatureExtractor(feature_size=8, chunk_length=1)
    return transformers.Wav2Vec2FeatureExtractor(do_normalize=normalize)


def write(folder: Path, kind, *, normalize=True) -> Path:
    """A checkpoint folder of a kind."""
    theirs(kind).save_pretrained(folder)
    extractor(kind, normalize=normalize).save_pretrained(folder)
    file = folder / "preprocessor_config.json"
    if not file.is_file():
        file.write_text(json.dumps(extractor(kind, normalize=normalize).to_dict()))
    return folder


def sounds(*seconds, seed=0):
    generator = np.random.default_rng(seed)
    return [generator.normal(0.02, 0.1, round(one * RATE)).astype(np.float32) for one in seconds]


def padded(waves, extra=0):
    """(batch, samples) and lengths."""
    lengths = torch.tensor([len(wave) for wave in waves])
    samples = torch.zeros(len(waves), int(lengths.max()) + extra)
    for row, wave in enumerate(waves):
        samples[row, : len(wave)] = torch.from_numpy(wave)
    return samples, lengths
