"""A recognizer to one ONNX file: traced, described, sealed with a digest, compared with the model, put in place."""

import json
from pathlib import Path

import torch

from unheard.errors import RunError, UnknownNameError
from unheard.files import aside
from unheard.inference.export.graph import RecognizerGraph
from unheard.inference.export.parity import check_parity, made_waves
from unheard.inference.export.tracing import OPSET, Port, trace
from unheard.inference.networks import Networks
from unheard.inference.onnx_model import BLANK, HEADER, OnnxModel, digest_of
from unheard.registry import load

__all__ = ["export"]


def export(networks: Networks, file: Path) -> float:
    """Write networks as one file that onnxruntime alone runs.

    Args:
        networks: models of one objective, with their temperature.
        file: where to, NAME.onnx.

    Returns:
        The largest difference between the file's answers and the networks' (see `check_parity`).

    Raises:
        RunError: the features have no graph, or the graph answers otherwise than the networks. Nothing is written.
        MissingExtraError: onnx or onnxruntime is not installed.
    """
    if file.suffix != ".onnx":
        raise RunError(f"{file}: the name of an ONNX file ends in .onnx")
    graph = RecognizerGraph(networks)
    rate = networks.audio.rate
    waves = [torch.from_numpy(own) for own in made_waves(rate, (0.5, 0.7), 99)]
    inputs = (
        Port("waveform", {0: "batch", 1: "samples"}, torch.nn.utils.rnn.pad_sequence(waves, batch_first=True)),
        Port("lengths", {0: "batch"}, torch.tensor([len(own) for own in waves])),
    )
    outputs = [Port(name, {0: "batch"}) for name in ("probabilities", "embedding", *graph.numbers)]
    model = trace(graph, inputs, tuple(outputs))
    model.doc_string = "waveform: mono, float in [-1, 1], zero behind each item's end; lengths: samples of each item"
    header = {
        "digest": BLANK.decode(),
        "labels": list(networks.classes),
        "numbers": graph.numbers,
        "rate": rate,
        "longest": graph.longest,
        "calibration": networks.calibration,
        "temperature": networks.temperature,
        "license": _license(networks.headers[0].get("corpus")),
        "corpus": networks.headers[0].get("corpus"),
        "objective": networks.headers[0].get("objective"),
        "models": [{key: own.get(key) for key in ("seed", "fold", "fingerprint")} for own in networks.headers],
        "opset": OPSET,
    }
    for key, value in ((HEADER, json.dumps(header)), ("labels", ",".join(networks.classes)), ("rate", str(rate))):
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    content = _sealed(model.SerializeToString())
    with aside(file) as beside:
        beside.write_bytes(content)
        return check_parity(networks, OnnxModel(beside))


def _license(corpus: object) -> str | None:
    """That of the corpus, which took part in the training; None where nobody knows the corpus here."""
    try:
        return str(load("corpora", str(corpus)).CARD.license)
    except UnknownNameError:
        return None


def _sealed(content: bytes) -> bytes:
    """The bytes with their own digest in the place that was left for it."""
    if content.count(BLANK) != 1:
        raise RunError("the place of the digest in the exported file is not the only one of its kind")
    return content.replace(BLANK, digest_of(content, BLANK.decode()).encode())
