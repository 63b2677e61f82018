"""A whole part through a model, no gradient taken: probabilities, embeddings, the scale of what is pooled."""

import numpy as np
import torch

from unheard.models.model import EmbeddingNetwork, Model
from unheard.training.dataset import Dataset, evaluation_batches

__all__ = ["choose_device", "embed_all", "fit_pooled", "predict_all"]


def choose_device(setting: str) -> torch.device:
    """'auto' is the GPU where there is one."""
    if setting == "auto":
        setting = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(setting)


def predict_all(model: Model, data: Dataset, device: torch.device | str = "cpu") -> np.ndarray:
    """Emotion probabilities of every item, shape (items, classes), float64, in the order of the items."""
    result = np.zeros((len(data), model.classes["emotion"]))
    model.eval()
    with torch.inference_mode():
        for positions, batch in evaluation_batches(data):
            moved = batch.to(device)
            logits = model(moved.features, moved.lengths)
            result[positions] = torch.softmax(logits.double(), dim=1).cpu().numpy()
    return result


def embed_all(model: Model, data: Dataset, device: torch.device | str = "cpu") -> np.ndarray:
    """Embeddings of every item, shape (items, size), float32, in the order of the items."""
    result = np.zeros((len(data), model.settings.embedding), dtype=np.float32)
    model.eval()
    with torch.inference_mode():
        for positions, batch in evaluation_batches(data):
            moved = batch.to(device)
            result[positions] = model.embed(moved.features, moved.lengths).cpu().numpy()
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
        batches = (batch.to(device) for _, batch in evaluation_batches(data))
        found = [network.pooled(network.normalizer(one.features, one.lengths), one.lengths) for one in batches]
        network.pooled_normalizer.fit(torch.cat(found))
    network.to(home).train(training)
