"""Batches of dialogues: an encoder that reads the turns before it, made here, through the whole loop."""

import sys
import types
from dataclasses import replace

import numpy as np
import pytest
import torch
from pydantic import BaseModel, ConfigDict
from torch import nn

from unheard.errors import SettingsError
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.objectives import dat, plain, speaker_normalization
from unheard.records import FRAMES, Batch, Input
from unheard.training.dataset import Dataset, evaluation_batches, steps_per_epoch, training_batches
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
        self.reads = ("turns", "text") if settings.text else ("turns",)
        self.layer = nn.Linear(channels + TEXT * settings.text, 5)
        self.size = 10
        self.told = None

    def forward(self, sequence, lengths, batch):
        self.told = batch
        rows = sequence[:, 0]
        if "text" in self.reads:
            rows = torch.cat([rows, batch.inputs["text"].values.to(rows)], 1)
        own = torch.tanh(self.layer(rows))
        dialogue, place = batch.turns.dialogue, batch.turns.place
        before = (dialogue.unsqueeze(1) == dialogue) & (place <= place.unsqueeze(1))
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
    lone = np.arange(items) >= dialogues * turns
    dialogue = np.where(lone, np.arange(items), np.arange(items) // turns)[order]
    turn = np.where(lone, 0, np.arange(items) % turns)[order]
    columns = {"emotion": generator.integers(0, 2, items), "speaker": dialogue % 3}
    frames = [[generator.normal(emotion, 0.3, (1, CHANNELS)).astype(np.float32)] for emotion in columns["emotion"]]
    text = generator.normal(size=(items, TEXT)).astype(np.float32)
    return Dataset(
        tuple(map(str, range(items))), frames, columns, rows={"text": text}, dialogues=dialogue, turns=turn
    )


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
    seen, counts = [], dict(zip(*np.unique(part.dialogues, return_counts=True), strict=True))
    for positions, batch in evaluation_batches(part, size=12, dialogues=True):
        dialogues = part.dialogues[positions]
        assert all((dialogues == number).sum() == counts[number] for number in dialogues)
        assert len(positions) <= 12
        assert torch.equal(batch.turns.place, torch.from_numpy(part.turns[positions]))
        assert torch.equal(batch.turns.dialogue, torch.from_numpy(dialogues))
        assert torch.equal(batch.inputs["text"].values, torch.from_numpy(part.rows["text"][positions]))
        seen.extend(positions.tolist())
    assert sorted(seen) == list(range(len(part)))
    longer = next(evaluation_batches(part, size=2, dialogues=True))[0]  # a dialogue is never cut
    assert len(longer) == 5


def test_a_turn_is_read_with_those_before_it_and_no_other():
    part, model = made_part(), made_model().eval()
    batch = whole(part)
    clean = model.embed(batch)
    row = int(((batch.turns.dialogue == 2) & (batch.turns.place == 1)).nonzero())
    louder = batch.features.clone()
    louder[row] += 5.0
    moved = (model.embed(batch.with_features(louder)) != clean).any(1)
    expected = (batch.turns.dialogue == 2) & (batch.turns.place >= 1)
    assert torch.equal(moved, expected)


def test_the_order_of_a_batch_and_other_dialogues_in_it_change_nothing():
    part, model = made_part(), made_model(text=True).eval()
    batch = whole(part)
    clean = model.embed(batch)
    order = torch.randperm(len(batch), generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(model.embed(batch.select(order)), clean[order])
    two = torch.isin(batch.turns.dialogue, torch.tensor([1, 4]))
    torch.testing.assert_close(model.embed(batch.select(two)), clean[two])
    everything = embed_all(model, part)
    np.testing.assert_allclose(everything, clean.detach().numpy(), atol=1e-6)


def test_an_encoder_is_told_what_it_reads_and_nothing_else():
    part, model = made_part(), made_model()
    model.embed(whole(part))
    told = model.network.encoder.told
    assert not told.columns
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


def test_the_loop_shows_such_a_network_whole_dialogues_in_every_phase():
    part = made_part(dialogues=9, turns=5, alone=4)
    counts = dict(zip(*np.unique(part.dialogues, return_counts=True), strict=True))
    own = speaker_normalization.Settings(inner_steps=2, adversary_batch=12)
    objective, seen = speaker_normalization.Objective(own, {}), []
    losses = objective.losses

    def spy(phase, model, batch, progress):
        seen.append((phase, batch.turns.dialogue.tolist()))
        return losses(phase, model, batch, progress)

    objective.losses = spy
    training = Trainer(made_model(), objective, part, part, SETTINGS.model_copy(update={"epochs": 2}), seed=0)
    assert training.steps == steps_per_epoch(part, SETTINGS, dialogues=True)
    training.run()
    assert len(seen) == 2 * training.steps * 3
    for phase, dialogues in seen:
        assert all(dialogues.count(number) == counts[number] for number in dialogues)
        assert phase == "joint" or len(dialogues) <= 12
    told = [dialogues for phase, dialogues in seen if phase == "joint"]
    for epoch in (told[: training.steps], told[training.steps :]):
        assert sorted(number for batch in epoch for number in batch) == sorted(part.dialogues.tolist())


def test_a_part_whose_dialogues_nobody_knows_is_refused():
    part = replace(made_part(), dialogues=None, turns=None)
    with pytest.raises(SettingsError, match="it reads turns, and the corpus names no dialogues"):
        Trainer(made_model(), plain.Objective(plain.Settings(), {}), part, part, SETTINGS, seed=0)


def test_other_networks_are_shown_what_they_were_shown_before():
    part = made_part()
    bare = replace(part, dialogues=None, turns=None)
    for epoch in (1, 2):
        batches = [list(training_batches(own, SETTINGS, seed=3, epoch=epoch)) for own in (part, bare)]
        for one, two in zip(*batches, strict=True):
            assert torch.equal(one.features, two.features)
