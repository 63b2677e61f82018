"""Batches of dialogues: an encoder that reads the turns before it, made here, through the whole loop."""

import sys
import types

import numpy as np
import pytest
import torch
from pydantic import BaseModel, ConfigDict
from torch import nn

from unheard.models.model import ModelSettings, build_model
from unheard.objectives import dat, plain
from unheard.records import FRAMES, UNLABELED, Batch, Input
from unheard.training.dataset import Dataset, evaluation_batches
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings
from unheard.training.whole import embed_all, predict_all

CHANNELS, TEXT = 3, 2


class Settings(BaseModel):
    """Whether it reads a row of text beside the frames."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: bool = False


class Encoder(nn.Module):
    """One frame an utterance, to the mean of the utterances of its dialogue so far: (batch, 1, size)."""

    def __init__(self, channels, settings):
        super().__init__()
        self.reads = ("dialogue", "turns", "text") if settings.text else ("dialogue", "turns")
        self.layer = nn.Linear(channels + TEXT * settings.text, 5)
        self.size = 10
        self.told = None

    def forward(self, sequence, lengths, batch):
        self.told = batch
        rows = sequence[:, 0]
        if "text" in self.reads:
            rows = torch.cat([rows, batch.inputs["text"].values.to(rows)], 1)
        own = torch.tanh(self.layer(rows))
        dialogue, turns = batch.columns["dialogue"], batch.turns
        together = (dialogue.unsqueeze(1) == dialogue) & (dialogue != UNLABELED)
        before = (together & (turns <= turns.unsqueeze(1))) | torch.eye(len(turns), dtype=torch.bool)
        context = before.to(own) @ own / before.sum(1, keepdim=True)
        return torch.cat([own, context], 1).unsqueeze(1), lengths


@pytest.fixture(autouse=True)
def _registered(monkeypatch):
    """The encoder under the name 'context', as a plug-in would have it."""
    module = types.ModuleType("context_encoder")
    module.Encoder, module.Settings = Encoder, Settings
    monkeypatch.setitem(sys.modules, "context_encoder", module)
    monkeypatch.setattr("unheard.models.model.load", lambda kind, name: module)


def made_part(dialogues=6, turns=4, seed=0, alone=3):
    """Dialogues whose emotion is told by the mean of what was said so far; and utterances of no dialogue."""
    generator = np.random.default_rng(seed)
    items = dialogues * turns + alone
    order = generator.permutation(items)  # as they come in a corpus: in no order
    dialogue = np.where(np.arange(items) < dialogues * turns, np.arange(items) // turns, UNLABELED)[order]
    turn = (np.arange(items) % turns)[order]
    columns = {
        "emotion": generator.integers(0, 2, items),
        "speaker": np.where(dialogue == UNLABELED, 0, dialogue % 3),
        "dialogue": dialogue,
    }
    frames = [[generator.normal(emotion, 0.3, (1, CHANNELS)).astype(np.float32)] for emotion in columns["emotion"]]
    text = generator.normal(size=(items, TEXT)).astype(np.float32)
    return Dataset(tuple(map(str, range(items))), frames, columns, rows={"text": text}, turns=turn)


def made_model(*, text=False, seed=0):
    settings = ModelSettings(
        dropout=0.0,
        encoder={"name": "context", "text": text},
        normalization="none",
        pooling="mean",
        embedding=6,
        hidden=5,
    )
    return build_model(CHANNELS, {"emotion": 2, "speaker": 3}, settings, seed=seed)


def whole(part):
    return part.batch(np.arange(len(part)), [one[0] for one in part.frames])


def test_evaluation_batches_hold_whole_dialogues_and_every_item_once():
    part = made_part(dialogues=9, turns=5, alone=4)
    seen = []
    for positions, batch in evaluation_batches(part, size=12):
        dialogues = part.columns["dialogue"][positions]
        for number in set(dialogues.tolist()) - {UNLABELED}:
            assert (dialogues == number).sum() == 5
        assert len(positions) <= 12
        assert torch.equal(batch.turns, torch.from_numpy(part.turns[positions]))
        assert torch.equal(batch.inputs["text"].values, torch.from_numpy(part.rows["text"][positions]))
        seen.extend(positions.tolist())
    assert sorted(seen) == list(range(len(part)))
    longer = next(evaluation_batches(part, size=2))[0]  # a dialogue is never cut
    assert len(longer) == 5


def test_a_turn_is_read_with_those_before_it_and_no_other():
    part, model = made_part(), made_model().eval()
    batch = whole(part)
    clean = model.embed(batch)
    row = int(((batch.columns["dialogue"] == 2) & (batch.turns == 1)).nonzero())
    louder = batch.features.clone()
    louder[row] += 5.0
    moved = (model.embed(batch.with_features(louder)) != clean).any(1)
    expected = (batch.columns["dialogue"] == 2) & (batch.turns >= 1)
    assert torch.equal(moved, expected)


def test_the_order_of_a_batch_and_other_dialogues_in_it_change_nothing():
    part, model = made_part(), made_model(text=True).eval()
    batch = whole(part)
    clean = model.embed(batch)
    order = torch.randperm(len(batch), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.embed(batch.select(order)), clean[order])
    two = torch.isin(batch.columns["dialogue"], torch.tensor([1, 4]))
    torch.testing.assert_close(model.embed(batch.select(two)), clean[two])
    everything = embed_all(model, part)
    np.testing.assert_allclose(everything, clean.detach().numpy(), atol=1e-6)


def test_an_encoder_is_told_what_it_reads_and_nothing_else():
    part, model = made_part(), made_model()
    model.embed(whole(part))
    told = model.network.encoder.told
    assert set(told.columns) == {"dialogue"}
    assert set(told.inputs) == {FRAMES}
    assert told.turns is not None
    model = made_model(text=True)
    model.embed(whole(part))
    assert set(model.network.encoder.told.inputs) == {FRAMES, "text"}
    assert Batch({FRAMES: Input(torch.zeros(2, 3, 4), torch.tensor([3, 2]))}, {}).only(()).turns is None


SETTINGS = TrainingSettings(
    epochs=40, learning_rate=0.03, selection="fixed-epoch", device="cpu", speakers_per_batch=3, average=0.5,
    utterances_per_speaker=9,
)  # fmt: skip


@pytest.mark.parametrize("text", [False, True])
@pytest.mark.parametrize(
    "objective",
    [plain.Objective(plain.Settings(), {}), dat.Objective(dat.Settings(weight=-0.1, inner_steps=2), {})],
    ids=["plain", "dat"],
)
def test_training_on_dialogues_learns_and_predicts_by_whole_dialogues(objective, text):
    part = made_part(dialogues=9)
    trained = Trainer(made_model(text=text), objective, part, made_part(seed=1), SETTINGS, seed=0).run()
    assert trained.history[-1]["emotion_loss"] < trained.history[0]["emotion_loss"]
    assert trained.history[-1]["dev_uar"] > 0.9
    named = predict_all(trained.model, part).argmax(1)
    assert (named == part.columns["emotion"]).mean() > 0.9
