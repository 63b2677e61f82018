"""What every feature keeps that can stand in an exported graph: it is `extract`, of any batch of any lengths."""

import numpy as np
import pytest
import torch

from unheard import registry
from unheard.inference.export.tracing import Port, trace
from upstreams.made import KINDS

pytest.importorskip("onnx", reason="the extra is missing: pip install 'unheard[onnx]'")
runtime = pytest.importorskip("onnxruntime", reason="the extra is missing: pip install 'unheard[onnx]'")

RATE = 16_000
CASES = [
    ("logmel", {}),
    ("logmel", {"channels": 23, "window": 0.04, "hop": 0.0213, "low": 60.0, "high": 5000.0, "floor": 1e-8}),
    ("mfcc", {}),
    ("mfcc", {"coefficients": 13, "differences": 2, "lifter": 0.0}),
    ("mfcc", {"channels": 20, "coefficients": 40, "differences": 1}),
    ("waveform", {}),
    ("waveform", {"gain": 3.5}),
    ("upstream", {"states": [0, 2]}),
    ("upstream", {"states": [1], "keep": "statistics", "parts": 3}),
    ("upstream", {"states": [2, 1], "keep": "statistics", "storage": "float16"}),
]
REFUSED = {"functionals", "logmel_voice", "voice"}
"""Those that follow a pitch from frame to frame, or sort and count: no graph has them."""


def waves(*seconds, seed=0):
    """Speech-like: a pulse train of falling pitch under a vowel's colours, a hiss, some silence."""
    generator, found = np.random.default_rng(seed), []
    for one in seconds:
        time = np.arange(round(one * RATE)) / RATE
        phase = 2 * np.pi * np.cumsum(180 - 30 * time + 4 * np.sin(9 * time)) / RATE
        tone = sum(np.sin(n * phase) / n for n in range(1, 20)) * (0.5 + 0.5 * np.sin(7 * time))
        wave = 0.1 * tone + generator.normal(0, 0.01, len(time))
        found.append(wave.astype(np.float32))
    return found


def padded(items, extra=0):
    lengths = torch.tensor([len(one) for one in items])
    samples = torch.zeros(len(items), int(lengths.max()) + extra)
    for row, one in enumerate(items):
        samples[row, : len(one)] = torch.from_numpy(one)
    return samples, lengths


@pytest.fixture(scope="module", params=CASES, ids=str)
def case(request, checkpoints):
    name, options = request.param
    if name == "upstream":
        kind = "wav2vec2 group"
        options = {"family": KINDS[kind][0], "source": str(checkpoints(kind)), **options}
    feature = registry.load("features", name)
    settings = feature.Settings(**options)
    module = feature.graph(settings, RATE).eval()
    samples, lengths = padded(waves(0.3, 0.2))
    inputs = (Port("samples", {0: "batch", 1: "samples"}, samples), Port("lengths", {0: "batch"}, lengths))
    outputs = (Port("features", {0: "batch", 1: "frames"}), Port("frames", {0: "batch"}))
    session = runtime.InferenceSession(trace(module, inputs, outputs).SerializeToString())
    return feature, settings, module, session


def close(own, expected):
    """What is left is the last digits of the largest numbers that went into a sum: of a log-mel, some 1e-4."""
    np.testing.assert_allclose(own, expected, atol=2e-3, rtol=1e-3)
    assert np.abs(own - expected).mean() < 2e-5 * max(1.0, np.abs(expected).mean())


@pytest.mark.parametrize("extra", [0, 777])
@pytest.mark.parametrize("seconds", [(0.5,), (0.31, 0.044, 0.7), (0.003,), (0.0251, 0.025, 0.0249, 0.4)], ids=str)
def test_a_graph_gives_what_extract_gives(case, seconds, extra):
    feature, settings, module, session = case
    items = waves(*seconds, seed=3)
    samples, lengths = padded(items, extra)
    with torch.inference_mode():
        features, frames = module(samples, lengths)
    exported, counted = session.run(None, {"samples": samples.numpy(), "lengths": lengths.numpy()})
    assert counted.tolist() == frames.tolist()
    for row, one in enumerate(items):
        expected = feature.extract(one, RATE, settings)
        assert len(expected) == frames[row]
        close(features[row, : len(expected)].numpy(), expected)
        close(exported[row, : len(expected)], expected)


@pytest.mark.parametrize("level", [0.0, 1e-6, 1.0])
def test_silence_and_full_scale_are_finite_and_the_same(case, level):
    feature, settings, _, session = case
    items = [np.full(4000, level, np.float32), (level * np.sign(np.sin(np.arange(3000)))).astype(np.float32)]
    samples, lengths = padded(items)
    exported, frames = session.run(None, {"samples": samples.numpy(), "lengths": lengths.numpy()})
    for row, one in enumerate(items):
        expected = feature.extract(one, RATE, settings)
        assert np.isfinite(exported[row, : frames[row]]).all()
        np.testing.assert_allclose(exported[row, : frames[row]], expected, atol=2e-2, rtol=1e-3)


def test_a_table_of_sines_is_not_stored(case):
    feature, settings, module, _ = case
    if feature.__name__.endswith(("logmel", "mfcc")):
        samples, lengths = padded(waves(0.3, 0.2))
        inputs = (Port("samples", {0: "batch", 1: "samples"}, samples), Port("lengths", {0: "batch"}, lengths))
        outputs = (Port("features", {0: "batch", 1: "frames"}), Port("frames", {0: "batch"}))
        assert trace(module, inputs, outputs).ByteSize() < 4 * 257 * 85 + 40_000
        assert settings.window < 0.05


def test_which_features_can_be_exported_and_which_cannot():
    names = registry.names("features")
    able = {name for name in names if hasattr(registry.load("features", name), "graph")}
    assert {name for name, _ in CASES} == able
    assert set(names) - able == REFUSED & set(names)
