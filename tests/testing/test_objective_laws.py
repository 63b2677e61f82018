"""A test of the tests: objectives with a planted fault, each of which a law must catch, and sound ones that pass."""

from types import SimpleNamespace
from typing import ClassVar

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from unheard.errors import ObjectiveError
from unheard.objectives import dat, plain
from unheard.objectives.auxiliary import signed_head
from unheard.objectives.losses import accuracy
from unheard.objectives.objective import Phase
from unheard.objectives.reversal import signed_gradient
from unheard.records import UNLABELED
from unheard.targets import EMOTION, Target
from unheard.testing.batches import CHANNELS, CLASSES, made_batch, shouting_batch, without_labels
from unheard.testing.objectives import LAWS, ObjectiveCase, check_objective


def named(settings, objective):
    return SimpleNamespace(Settings=settings, Objective=objective, __name__=f"planted.{objective.__name__}")


class DeadAdversary(dat.Objective):
    """A softmax over one unit: it always answers 1, its loss is always 0, and nothing is learned."""

    def _domain_loss(self, model, embedding, batch, weight):
        logits = model.heads["speaker"](signed_gradient(embedding, weight))[:, :1]
        loss = -torch.softmax(logits, 1).log().mean()
        seen = {"speaker_loss": loss.detach(), "speaker_accuracy": accuracy(logits, batch.columns["speaker"])}
        return loss, seen


class ClimbingAdversary(dat.Objective):
    """The weight multiplies the adversary's own loss: its head climbs, and never names anybody."""

    def _domain_loss(self, model, embedding, batch, weight):
        loss, seen = signed_head(model, embedding, batch, "speaker", 1.0)
        return weight * loss, seen


class ReversedTwice(dat.Objective):
    """Two reversals are none: the encoder helps the adversary."""

    def _domain_loss(self, model, embedding, batch, weight):
        return signed_head(model, signed_gradient(embedding, -1.0), batch, "speaker", weight)


class WeightedTwice(dat.Objective):
    """The weight in the loss and in the reversal: the encoder feels its square."""

    def _domain_loss(self, model, embedding, batch, weight):
        return signed_head(model, signed_gradient(embedding, abs(weight)), batch, "speaker", weight)


class ReversesItsHead(dat.Objective):
    """The reversed loss reaches a watching head's embedding: weight 0 adds a gradient."""

    def _domain_loss(self, model, embedding, batch, weight):
        return signed_head(model, embedding, batch, "speaker", weight or -0.01)


class DrawsMore(dat.Objective):
    """A head that looks through noise draws from the generator that dropout draws from."""

    def _embedding(self, model, batch):
        torch.randn(1)
        return super()._embedding(model, batch)


class Decoder(nn.Linear):
    """Embedding to the mean frame."""


class KeepsItsDecoder(plain.Objective):
    """A decoder that is no part of the model: no optimizer knows it."""

    def __init__(self, settings, class_weights):
        super().__init__(settings, class_weights)
        self.decoder = Decoder(12, CHANNELS).double()

    def losses(self, phase, model, batch, progress):
        found = super().losses(phase, model, batch, progress)
        return {**found, "loss": found["loss"] + self.decoder(model.embed(batch)).square().mean()}


class Reconstructs(plain.Objective):
    """A decoder that is a part of the model, and moves with it: sound."""

    def modules(self, sizes):
        return {"decoder": lambda: Decoder(sizes.settings.embedding, sizes.channels)}

    def losses(self, phase, model, batch, progress):
        found = super().losses(phase, model, batch, progress)
        rebuilt = model.parts["decoder"](model.embed(batch))
        mean = batch.features.sum(1) / batch.lengths.unsqueeze(1)
        return {**found, "loss": found["loss"] + F.mse_loss(rebuilt, mean)}


class ForgetsItsDecoder(Reconstructs):
    """A decoder that no phase names."""

    def __init__(self, settings, class_weights):
        super().__init__(settings, class_weights)
        self.phases = (Phase("joint", steps=("network", "heads")),)


class DetachesItsDecoder(Reconstructs):
    """A decoder that a phase names and no gradient reaches."""

    def losses(self, phase, model, batch, progress):
        found = super(Reconstructs, self).losses(phase, model, batch, progress)
        with torch.no_grad():
            rebuilt = model.parts["decoder"](model.embed(batch))
        return {**found, "loss": found["loss"] + rebuilt.mean()}


class WritesWeights(plain.Objective):
    """Clips weights where it should compute losses."""

    def losses(self, phase, model, batch, progress):
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.clamp_(-0.05, 0.05)
        return super().losses(phase, model, batch, progress)


class SpeakerAsInput(dat.Objective):
    """Adds who speaks to the frames: the emotion is learned of known people, and of nobody else."""

    def losses(self, phase, model, batch, progress):
        told = F.one_hot(batch.columns["speaker"].clamp(min=0), CHANNELS).to(batch.features.dtype).unsqueeze(1)
        return super().losses(phase, model, batch.with_features(batch.features + told), progress)


class SpeakerAsLabel(dat.Objective):
    """Where the emotion is missing, the speaker's number is taken for it."""

    def losses(self, phase, model, batch, progress):
        emotion = batch.columns["emotion"]
        taken = torch.where(emotion == UNLABELED, batch.columns["speaker"], emotion)
        return super().losses(phase, model, batch.with_column("emotion", taken), progress)


class ReadsUnlabeled(plain.Objective):
    """A missing label becomes class 0."""

    def losses(self, phase, model, batch, progress):
        taken = batch.with_column("emotion", batch.columns["emotion"].clamp(min=0))
        return super().losses(phase, model, taken, progress)


class ReadsSentences(plain.Objective):
    """A column that its settings do not name."""

    def losses(self, phase, model, batch, progress):
        found = super().losses(phase, model, batch, progress)
        return {**found, "loss": found["loss"] + batch.columns["sentence"].double().mean()}


class IndexesSentences(plain.Objective):
    """A column that its settings do not name, as an index."""

    def losses(self, phase, model, batch, progress):
        found = super().losses(phase, model, batch, progress)
        return {**found, "loss": found["loss"] + torch.ones(CLASSES)[batch.columns["sentence"]].mean()}


class ReadsPadding(plain.Objective):
    """The mean over all frames, those behind an item's end among them."""

    def losses(self, phase, model, batch, progress):
        found = super().losses(phase, model, batch, progress)
        return {**found, "loss": found["loss"] + batch.features.square().mean()}


class FirstHalfIsSource(plain.Objective):
    """A domain by its place in the batch."""

    def losses(self, phase, model, batch, progress):
        found = super().losses(phase, model, batch, progress)
        half = model.embed(batch)[: len(batch) // 2]
        return {**found, "loss": found["loss"] + half.square().mean()}


class LogsNoLoss(plain.Objective):
    """Nobody learns how its heads do."""

    def losses(self, phase, model, batch, progress):
        return {"loss": super().losses(phase, model, batch, progress)["loss"]}


class LogsGraphs(plain.Objective):
    """Keeps the graph of every step alive in the log."""

    def losses(self, phase, model, batch, progress):
        found = super().losses(phase, model, batch, progress)
        return {**found, "norm": model.embed(batch).norm()}


class Explodes(plain.Objective):
    """A logarithm of 0."""

    def losses(self, phase, model, batch, progress):
        found = super().losses(phase, model, batch, progress)
        return {**found, "bound": torch.zeros(()).log()}


DAT = {"weight": -0.4, "warmup": 0.0}
FAULTS = [
    (DeadAdversary, dat.Settings, DAT, "the adversary lives"),
    (ClimbingAdversary, dat.Settings, DAT, "the adversary lives"),
    (ReversedTwice, dat.Settings, DAT, "the encoder feels the stated weight"),
    (WeightedTwice, dat.Settings, DAT, "the encoder feels the stated weight"),
    (ReversesItsHead, dat.Settings, DAT, "weight zero is plain"),
    (DrawsMore, dat.Settings, DAT, "weight zero is plain"),
    (KeepsItsDecoder, plain.Settings, {}, "all that should move moves"),
    (ForgetsItsDecoder, plain.Settings, {}, "all that should move moves"),
    (DetachesItsDecoder, plain.Settings, {}, "all that should move moves"),
    (WritesWeights, plain.Settings, {}, "all that should move moves"),
    (SpeakerAsInput, dat.Settings, DAT, "no identity leaks"),
    (SpeakerAsLabel, dat.Settings, DAT, "unlabeled is never read"),
    (ReadsUnlabeled, plain.Settings, {}, "unlabeled is never read"),
    (ReadsSentences, plain.Settings, {}, "no identity leaks"),
    (IndexesSentences, plain.Settings, {}, "no identity leaks"),
    (ReadsPadding, plain.Settings, {}, "padding changes nothing"),
    (FirstHalfIsSource, plain.Settings, {}, "order changes nothing"),
    (LogsNoLoss, plain.Settings, {}, "what is logged"),
    (LogsGraphs, plain.Settings, {}, "what is logged"),
    (Explodes, plain.Settings, {}, "what is logged"),
]
SAYS = {
    "DeadAdversary": "names 0.25 of the domains",
    "ReversedTwice": "the weight of 'speaker' is -0.4, and the encoder feels 0.4",
    "WeightedTwice": "the weight of 'speaker' is -0.4, and the encoder feels -0.1",
    "KeepsItsDecoder": "its loss reaches a parameter of shape",
    "ForgetsItsDecoder": "parts.decoder.weight (and 1 more) can learn and moves in no phase",
    "DetachesItsDecoder": "parts.decoder.weight does not move",
    "SpeakerAsInput": "'emotion_loss' hangs on the column 'speaker'",
}


@pytest.mark.parametrize(("objective", "settings", "options", "law"), FAULTS, ids=[own[0].__name__ for own in FAULTS])
def test_a_planted_fault_is_caught_by_its_law(objective, settings, options, law):
    case = ObjectiveCase(named(settings, objective), options)
    with pytest.raises(ObjectiveError) as caught:
        LAWS[law](case)
    assert SAYS.get(objective.__name__, "") in str(caught.value)


@pytest.mark.parametrize("objective", [DeadAdversary, ReversedTwice, KeepsItsDecoder, SpeakerAsInput])
def test_one_call_finds_them_too(objective):
    settings, options = next((own[1], own[2]) for own in FAULTS if own[0] is objective)
    with pytest.raises(ObjectiveError):
        check_objective(named(settings, objective), options)


def test_a_sound_objective_with_a_part_of_its_own_passes_all():
    class Settings(plain.Settings):
        neutral: ClassVar = None

    check_objective(named(Settings, Reconstructs), {"auxiliary": {"speaker": -0.3, "gender": 0.1}})


def test_numbers_and_several_targets_keep_the_laws():
    arousal = Target(name="arousal", kind="numbers")
    valence = Target(name="valence", kind="numbers", loss="mse", weight=0.5, range=(-1.0, 1.0))
    for targets in ((arousal,), (EMOTION, arousal, valence)):
        model = ObjectiveCase(plain).model.model_copy(update={"targets": targets})
        check_objective(plain, {"auxiliary": {"speaker": -0.3}}, model=model)
        check_objective(dat, DAT, model=model)


def test_neutral_settings_that_are_not_neutral_are_caught():
    class Settings(dat.Settings):
        neutral: ClassVar = {"weight": -0.1, "warmup": 0.0}

    with pytest.raises(ObjectiveError, match="it is not plain training"):
        LAWS["weight zero is plain"](ObjectiveCase(named(Settings, dat.Objective)))


def test_a_made_batch_has_every_label_and_no_two_columns_alike():
    numbers = Target(name="arousal", kind="numbers", range=(1.0, 7.0))
    batch = made_batch(["speaker", "gender", "language", "corpus"], [EMOTION, numbers], items=64)
    columns = [tuple(batch.columns[name].tolist()) for name in batch.columns]
    assert len(set(columns)) == len(columns)
    assert all(set(column) == set(range(CLASSES)) for column in columns)
    assert (batch.numbers["arousal"].min(), batch.numbers["arousal"].max()) == (1.0, 7.0)
    assert batch.turns.place.tolist() == [0, 1, 2, 3] * 16
    assert batch.turns.dialogue.tolist() == [number for number in range(16) for _ in range(4)]
    pairs = set(zip(*(batch.columns[name].tolist() for name in ("emotion", "speaker", "gender")), strict=True))
    assert len(pairs) == 64  # of which no one tells anything about another


def test_a_shouting_batch_shouts():
    batch = shouting_batch(["speaker", "gender"], [EMOTION])
    said = batch.features.mean(1).unflatten(1, (2, CLASSES)).argmax(2)
    assert torch.equal(said[:, 0], batch.columns["speaker"])
    assert torch.equal(said[:, 1], batch.columns["gender"])


def test_labels_are_taken_from_a_copy():
    batch = made_batch(["speaker"], [EMOTION, Target(name="arousal", kind="numbers")])
    rows = torch.tensor([1, 5])
    less = without_labels(batch, ["speaker", "arousal"], rows)
    assert (less.columns["speaker"][rows] == UNLABELED).all()
    assert less.numbers["arousal"][rows].isnan().all()
    assert less.numbers["arousal"].isnan().sum() == 2
    assert (batch.columns["speaker"] != UNLABELED).all()
    assert torch.equal(less.columns["emotion"], batch.columns["emotion"])
