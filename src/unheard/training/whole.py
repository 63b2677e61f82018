"""A whole part through a model, no gradient taken: probabilities, embeddings, the scale of what is pooled."""

from collections.abc import Iterator
from functools import partial

import numpy as np
import torch

from unheard.errors import SettingsError
from unheard.models.batch_norm import reestimate
from unheard.models.model import EmbeddingNetwork, Model
from unheard.records import UNLABELED, Batch
from unheard.training.dataset import Dataset, evaluation_batches

__all__ = [
    "answer_all",
    "check_batch_norms",
    "choose_device",
    "embed_all",
    "fit_batch_norms",
    "fit_pooled",
    "predict_all",
]


def choose_device(setting: str) -> torch.device:
    """'auto' is the GPU where there is one."""
    if setting == "auto":
        setting = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(setting)


def answer_all(model: Model, data: Dataset, device: torch.device | str = "cpu") -> dict[str, np.ndarray]:
    """What a model says of every item, target by target, in the order of the items.

    Returns:
        Name of a target -> probabilities, shape (items, classes), or values, shape (items,); float64.
    """
    shapes = {one.name: (model.classes[one.name],) if one.kind == "classes" else () for one in model.targets}
    result = {name: np.zeros((len(data), *shape)) for name, shape in shapes.items()}
    model.eval()
    with torch.inference_mode():
        for positions, batch in evaluation_batches(data, dialogues=model.network.in_dialogues):
            for name, answer in model.answers(model.embed(batch.to(device))).items():
                said = torch.softmax(answer.double(), dim=1) if shapes[name] else answer.double()
                result[name][positions] = said.cpu().numpy()
    return result


def predict_all(model: Model, data: Dataset, device: torch.device | str = "cpu") -> np.ndarray:
    """What a model says of every item for its first target (see `answer_all`): emotion probabilities, as a rule."""
    return answer_all(model, data, device)[model.targets[0].name]


def embed_all(model: Model, data: Dataset, device: torch.device | str = "cpu") -> np.ndarray:
    """Embeddings of every item, shape (items, size), float32, in the order of the items."""
    result = np.zeros((len(data), model.settings.embedding), dtype=np.float32)
    model.eval()
    with torch.inference_mode():
        for positions, batch in evaluation_batches(data, dialogues=model.network.in_dialogues):
            result[positions] = model.embed(batch.to(device)).cpu().numpy()
    return result


def fit_pooled(network: EmbeddingNetwork, data: Dataset, device: torch.device | str = "cpu") -> None:
    """Set the statistics of what a network pools from all items of a part, where it wants them.

    It comes back on the device and in the mode that it came in.
    """
    if network.pooled_normalizer is None:
        return
    home, training = network.projection.weight.device, network.training
    network.to(device).eval()
    with torch.inference_mode():
        batches = (batch.to(device) for _, batch in evaluation_batches(data, dialogues=network.in_dialogues))
        found = [_pooled(network, one) for one in batches]
        network.pooled_normalizer.fit(torch.cat(found))
    network.to(home).train(training)


def _pooled(network: EmbeddingNetwork, batch: Batch) -> torch.Tensor:
    return network.pooled(network.normalizer(batch.features, batch.lengths), batch.lengths, batch)


def fit_batch_norms(model: Model, train: Dataset, device: torch.device | str = "cpu") -> None:
    """Estimate the statistics of batch norm anew on the unlabeled items of a training part, where the model wants it.

    It is AdaBN, the last step of a training with model.batch_norm.mode = 'adabn': no label is read, but whether there
    is one. The model comes back in evaluation mode.
    """
    if model.settings.batch_norm.mode != "adabn":
        return
    target = train.subset(np.flatnonzero(~_labeled(model, train)))
    model.eval()
    for network in model.networks():
        reestimate(network, partial(_embeddings, network, target, device))


def _embeddings(network: EmbeddingNetwork, data: Dataset, device: torch.device | str) -> Iterator[torch.Tensor]:
    return (network.embed(batch.to(device)) for _, batch in evaluation_batches(data))


def check_batch_norms(model: Model, train: Dataset) -> None:
    """Hold that there is a target where statistics are to be estimated on it.

    Raises:
        SettingsError: every item of the training part is labeled.
    """
    if model.settings.batch_norm.mode == "adabn" and bool(_labeled(model, train).all()):
        problem = "'adabn' estimates statistics on unlabeled items, and every item of the training part is labeled"
        raise SettingsError("model.batch_norm", "mode", problem)


def _labeled(model: Model, part: Dataset) -> np.ndarray:
    """Which items have a label of some target."""
    known = [
        part.columns[one.name] != UNLABELED if one.kind == "classes" else ~np.isnan(part.numbers[one.name])
        for one in model.targets
    ]
    found: np.ndarray = np.logical_or.reduce(known)
    return found
