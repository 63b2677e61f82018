"""A pretrained upstream in an exported graph: every family, every mixture of lengths, the states that torch gives."""

import numpy as np
import pytest
import torch

from unheard.inference.export.tracing import Port, trace
from unheard.models.encoders.upstream import Encoder, Settings
from unheard.upstreams.upstream import filled, is_traced, nothing_padded
from upstreams.made import KINDS, SIZE, padded, sounds

onnx = pytest.importorskip("onnx", reason="the extra is missing: pip install 'unheard[onnx]'")
runtime = pytest.importorskip("onnxruntime", reason="the extra is missing: pip install 'unheard[onnx]'")

EXAMPLE = (0.21, 0.08, 0.3, 0.12)
SECONDS = [(0.2,), (0.05, 0.31), (0.5, 0.4, 0.1, 0.2, 0.3), (0.01,), (0.0001, 0.02), (0.9, 0.99)]
"""Lengths of the items of a batch; the shortest have not one frame of their own."""
CASES = [
    *((kind, {"states": "weighted"}) for kind in KINDS),
    *((kind, {"above": 1}) for kind in KINDS if kind != "whisper"),
    ("whisper", {"padded": "always"}),
    ("whisper", {"padded": "never", "above": 1}),
    ("hubert group", {"train": "lora", "rank": 2}),
]


def made_encoder(checkpoints, kind, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        settings = Settings(family=KINDS[kind][0], source=str(checkpoints(kind)), layers=2, **options)
        encoder = Encoder(1 if "above" not in options else SIZE, settings).eval()
        with torch.no_grad():
            for name, value in encoder.named_parameters():
                if name.endswith(".up") or name == "weights":  # both begin at zero
                    value.normal_()
    return encoder


def made_input(seconds, options, seed=0):
    samples, lengths = padded(sounds(*seconds, seed=seed))
    if "above" not in options:
        return samples.unsqueeze(2), lengths
    lengths = torch.div(lengths, 320, rounding_mode="floor").clamp(min=1)
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(len(seconds), int(lengths.max()), SIZE, generator=generator), lengths


def session(encoder, options):
    sequence, lengths = made_input(EXAMPLE, options)
    inputs = (Port("sequence", {0: "batch", 1: "samples"}, sequence), Port("lengths", {0: "batch"}, lengths))
    outputs = (Port("encoded", {0: "batch", 1: "frames"}), Port("fewer", {0: "batch"}))
    return runtime.InferenceSession(trace(encoder, inputs, outputs).SerializeToString())


@pytest.mark.parametrize(("kind", "options"), CASES, ids=str)
def test_a_graph_gives_the_states_that_torch_gives(checkpoints, kind, options):
    encoder = made_encoder(checkpoints, kind, **options)
    exported = session(encoder, options)
    for seconds in SECONDS:
        sequence, lengths = made_input(seconds, options, seed=5)
        with torch.inference_mode():
            expected, fewer = encoder(sequence, lengths)
        encoded, counted = exported.run(None, {"sequence": sequence.numpy(), "lengths": lengths.numpy()})
        assert counted.tolist() == fewer.tolist()
        for row, frames in enumerate(counted):
            own, theirs = encoded[row, :frames], expected[row, :frames].numpy()
            np.testing.assert_allclose(own, theirs, atol=2e-5, rtol=1e-4)


def test_only_a_graph_that_is_traced_forgets_how_long_the_example_was():
    assert not is_traced()
    assert nothing_padded(torch.tensor([5, 5]), 5)
    assert not nothing_padded(torch.tensor([5, 4]), 5)
    assert filled(torch.ones(2, 5), 3).shape == (2, 5)
    assert filled(torch.ones(2, 5), 8).tolist() == [[1.0] * 5 + [0.0] * 3] * 2
    told = []

    class Spy(torch.nn.Module):
        def forward(self, lengths):
            told.append((is_traced(), nothing_padded(lengths, 5), filled(torch.ones(1, 5), 3).shape[1]))
            return lengths + 1

    trace(Spy(), (Port("lengths", {0: "batch"}, torch.tensor([5, 5])),), (Port("more", {0: "batch"}),))
    assert (True, False, 8) in told
    assert not is_traced()
