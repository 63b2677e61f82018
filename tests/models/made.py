"""Tiny models and batches that the tests of laws share."""

import torch

from unheard.models.masking import frame_mask
from unheard.models.model import EmbeddingNetwork, build_model
from unheard.models.model_settings import ModelSettings
from unheard.records import UNLABELED, Batch

SETTINGS = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4, "dropout": 0.0},
    embedding=6,
    hidden=5,
    dropout=0.0,
)
CHANNELS, EMOTIONS, SPEAKERS = 4, 3, 4


def made_batch(seed=0, items=8) -> Batch:
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(4, 15, (items,), generator=generator)
    features = torch.randn(items, int(lengths.max()), CHANNELS, generator=generator)
    features = features * frame_mask(lengths, features.shape[1]).unsqueeze(2)
    columns = {"emotion": torch.arange(items) % EMOTIONS, "speaker": torch.arange(items) % SPEAKERS}
    return Batch.of_frames(features, lengths, columns)


def made_model(*, companion=False, seed=0, settings=SETTINGS, heads=("speaker",)):
    classes = {"emotion": EMOTIONS, **dict.fromkeys(heads, SPEAKERS)}
    parts = {"companion": lambda: EmbeddingNetwork(CHANNELS, settings)} if companion else {}
    return build_model(CHANNELS, classes, settings, parts=parts, seed=seed).train()


def double(batch: Batch) -> Batch:
    return batch.with_features(batch.features.double())


def unlabeled(batch: Batch, column: str, rows) -> Batch:
    labels = batch.columns[column].clone()
    labels[rows] = UNLABELED
    return batch.with_column(column, labels)
