"""What every registered encoder keeps when a model is exported to ONNX: any batch, any length, the same numbers."""

import numpy as np
import pytest
import torch
from torch import nn

from unheard import registry
from unheard.inference.export.tracing import Port, trace
from unheard.models.masking import frame_mask
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings

onnx = pytest.importorskip("onnx", reason="the extra is missing: pip install 'unheard[onnx]'")
runtime = pytest.importorskip("onnxruntime", reason="the extra is missing: pip install 'unheard[onnx]'")

CHANNELS = 6
NAMES = [name for name in registry.names("encoders") if name != "upstream"]
"""An upstream hears the waveform and needs a checkpoint: tests/models/test_upstream_export.py holds this law."""
SMALL = {
    "tdnn_lstm": [
        {"channels": 8, "recurrent": 4},
        {"channels": 8, "recurrent": 4, "bidirectional": False, "strides": (1, 1)},
        {"channels": 8, "recurrent": 4, "strides": (3, 2)},
    ],
    "pooled": [{"states": 2}],
}
MODELS = [
    *({"encoder": {"name": name, **options}} for name in NAMES for options in [{}, *SMALL.get(name, [])]),
    *({"encoder": {"name": "pooled"}, "pooling": pooling} for pooling in ("mean", "attentive")),
    *({"encoder": {"name": "pooled"}, "normalization": own} for own in ("none", "utterance channels", "training")),
    {"encoder": {"name": "pooled"}, "constants": 2, "pooled_normalization": "training"},
]
SIZES = [(1, 1), (1, 2), (1, 301), (2, 7), (3, 64), (9, 33)]
"""Items and frames; one of each batch has them all, the others fewer."""
LARGEST = 1e-4


class Graph(nn.Module):
    def __init__(self, model):
        super().__init__()
        self.model = model

    def forward(self, features, lengths):
        embedding = self.model.network(features, lengths)
        return self.model.emotion(embedding), embedding


def made_input(items, frames, seed=0):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(1, frames + 1, (items,), generator=generator)
    lengths[0] = frames
    features = 3 * torch.randn(items, frames, CHANNELS, generator=generator) - 2
    return features * frame_mask(lengths, frames).unsqueeze(2), lengths


def made_model(**settings):
    """A model whose every number is another than it was made with."""
    model = build_model(CHANNELS, {"emotion": 3}, ModelSettings(**settings, embedding=5, hidden=7), seed=1).train()
    with torch.no_grad():
        for seed in range(3):
            model(*made_input(4, 50, seed))  # batch norm remembers what it has seen
        generator = torch.Generator().manual_seed(2)
        for name, value in [*model.named_parameters(), *model.named_buffers()]:
            if value.dtype == torch.float32 and not name.endswith("running_var"):
                value.add_(0.1 * torch.randn(value.shape, generator=generator))
    return model.eval()


def session(graph):
    features, lengths = made_input(3, 40, 9)
    inputs = (
        Port("features", {0: "batch", 1: "frames"}, features),
        Port("lengths", {0: "batch"}, lengths),
    )
    outputs = (Port("logits", {0: "batch"}), Port("embedding", {0: "batch"}))
    return runtime.InferenceSession(trace(graph, inputs, outputs).SerializeToString())


@pytest.fixture(scope="module", params=MODELS, ids=str)
def pair(request):
    """The module, and the graph that came of it."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        graph = Graph(made_model(**request.param)).eval()
    return graph, session(graph)


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_a_graph_gives_what_the_model_gives_at_any_batch_and_length(pair, size):
    graph, exported = pair
    features, lengths = made_input(*size, seed=3)
    with torch.inference_mode():
        expected = graph(features, lengths)
    found = exported.run(None, {"features": features.numpy(), "lengths": lengths.numpy()})
    for own, theirs in zip(found, expected, strict=True):
        assert own.shape == tuple(theirs.shape)
        np.testing.assert_allclose(own, theirs.numpy(), atol=LARGEST / 10, rtol=1e-6)


def test_padding_and_company_change_nothing_in_a_graph(pair):
    _, exported = pair
    features, lengths = made_input(4, 30, seed=5)
    longer = torch.cat([features, torch.zeros(4, 13, CHANNELS)], dim=1)
    together = exported.run(None, {"features": longer.numpy(), "lengths": lengths.numpy()})
    for row, length in enumerate(lengths.tolist()):
        alone = {"features": features[row : row + 1, :length].numpy(), "lengths": lengths[row : row + 1].numpy()}
        for own, theirs in zip(exported.run(None, alone), together, strict=True):
            np.testing.assert_allclose(own[0], theirs[row], atol=LARGEST / 10, rtol=1e-6)


def test_batch_and_length_are_free_and_all_else_is_fixed(pair):
    _, exported = pair
    shapes = {port.name: port.shape for port in [*exported.get_inputs(), *exported.get_outputs()]}
    assert shapes == {
        "features": ["batch", "frames", CHANNELS],
        "lengths": ["batch"],
        "logits": ["batch", 3],
        "embedding": ["batch", 5],
    }


def test_a_module_that_counts_in_python_is_found_out():
    """What the comparison is for: a length that became a number for good."""

    class Frozen(nn.Module):
        def forward(self, features, lengths):
            total = (features.sum((1, 2)) + lengths) / len(lengths)
            return total.unsqueeze(1), features.mean(1)

    exported = session(Frozen())
    features, lengths = made_input(2, 9)
    found, _ = exported.run(None, {"features": features.numpy(), "lengths": lengths.numpy()})
    expected, _ = Frozen()(features, lengths)
    assert np.abs(found - expected.numpy()).max() > LARGEST
