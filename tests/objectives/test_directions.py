"""Where the perturbations of CGT point, what looking costs nobody, and what no loss ever reads."""

import pytest
import torch
from pydantic import ValidationError
from torch.nn import functional as F

from models.made import SETTINGS, double, made_batch, made_model, unlabeled
from unheard.models.masking import frame_mask
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.objectives import cgt, speaker_normalization
from unheard.objectives.losses import accuracy, cross_entropy, watched_embedding
from unheard.objectives.schedules import ramp
from unheard.records import UNLABELED

ENCODERS = ("shared", "two")
EMBEDDING_TOO = [("input", "shared"), ("input", "two"), ("embedding", "shared")]


class Watched:
    """What CGT gives its networks and heads to read, in the order of reading."""

    def __init__(self, model):
        self.points, self.read = {"network": [], "companion": []}, {"emotion": [], "speaker": []}
        for name, network in (("network", model.network), *model.parts.items()):
            network.from_normalized = self._spy(network.from_normalized, self.points[name])
        for name in self.read:
            model.heads[name].register_forward_pre_hook(
                lambda _module, given, name=name: self.read[name].append(given[0].detach().clone())
            )

    @staticmethod
    def _spy(original, kept):
        def spy(features, lengths, batch=None):
            kept.append(features.detach().clone())
            return original(features, lengths, batch)

        return spy


def cgt_losses(model, batch, **settings):
    return cgt.Objective(cgt.Settings(**settings), {}).losses("joint", model, batch, 0.5)


@pytest.mark.parametrize("rows", [[], [1, 2, 5]], ids=["labeled", "partly labeled"])
@pytest.mark.parametrize("encoders", ENCODERS)
def test_the_perturbation_is_epsilon_times_the_clipped_gradient_of_the_other_tasks_summed_loss(encoders, rows):
    batch = unlabeled(unlabeled(double(made_batch()), "emotion", rows), "speaker", [3, *rows])
    model = made_model(companion=encoders == "two").double()
    x = model.network.normalizer(batch.features, batch.lengths).requires_grad_()
    theirs = model.parts["companion"] if encoders == "two" else model.network
    mask = frame_mask(batch.lengths, x.shape[1]).unsqueeze(2)
    steps = {}
    for name, network in (("emotion", model.network), ("speaker", theirs)):
        logits = model.heads[name](network.from_normalized(x, batch.lengths))
        summed = F.cross_entropy(logits, batch.columns[name], ignore_index=UNLABELED, reduction="sum")
        steps[name] = 2.0 * torch.autograd.grad(summed, x)[0].clamp(-0.001, 0.001) * mask
    assert 0 < (steps["speaker"].abs() == 0.002).double().mean() < 1  # some are clipped, not all
    watched = Watched(model)
    cgt_losses(model, batch, epsilon=2.0, clip=0.001, encoders=encoders)
    x_s = watched.points["network"][1]
    x_e = watched.points["network"][2] if encoders == "shared" else watched.points["companion"][1]
    torch.testing.assert_close(x_s, (x + steps["speaker"]).detach(), atol=1e-12, rtol=1e-9)
    torch.testing.assert_close(x_e, (x + steps["emotion"]).detach(), atol=1e-12, rtol=1e-9)
    assert (x_s[~mask.squeeze(2)] == 0).all()
    assert (x_e[~mask.squeeze(2)] == 0).all()


@pytest.mark.parametrize(("where", "encoders"), EMBEDDING_TOO)
@pytest.mark.parametrize("seed", range(4))
def test_each_loss_rises_along_its_own_gradient(where, encoders, seed):
    wide = SETTINGS.model_copy(update={"embedding": 16, "hidden": 16})  # five hidden units may all be silent
    batch, model = made_batch(seed), made_model(companion=encoders == "two", seed=seed, settings=wide)
    watched = Watched(model)
    logged = cgt_losses(model, batch, epsilon=0.05, clip=1.0, where=where, encoders=encoders)
    assert logged["perturbed_speaker_loss"] > logged["speaker_loss"]
    if where == "embedding":
        x_e = watched.read["speaker"][2]
        clean, moved = (model.heads["emotion"](z) for z in (watched.read["emotion"][0], x_e))
    else:
        x_e = watched.points["network"][2] if encoders == "shared" else watched.points["companion"][1]
        clean, moved = (
            model.heads["emotion"](model.network.from_normalized(x, batch.lengths))
            for x in (watched.points["network"][0], x_e)
        )
    assert cross_entropy(moved, batch.columns["emotion"]) > cross_entropy(clean, batch.columns["emotion"])


@pytest.mark.parametrize("clip", [1e-5, 1e-3])
def test_no_component_moves_further_than_epsilon_times_the_clip(clip):
    model, batch = made_model(), made_batch()
    watched = Watched(model)
    cgt_losses(model, batch, epsilon=10.0, clip=clip)
    clean, *moved = watched.points["network"]
    for point in moved:
        assert 0 < (point - clean).abs().max() <= 10.0 * clip * (1 + 1e-2) + 1e-6


def test_the_perturbation_of_an_item_does_not_shrink_with_the_batch():
    model, batch = made_model().eval(), made_batch()
    twice = batch.select(torch.arange(8).repeat(2))
    watched = Watched(model)
    cgt_losses(model, batch, epsilon=1.0, clip=1.0)
    cgt_losses(model, twice, epsilon=1.0, clip=1.0)
    torch.testing.assert_close(watched.points["network"][4][:8], watched.points["network"][1])


def test_the_rise_is_read_by_the_speaker_sides_own_encoder():
    batch, model = made_batch(), made_model(companion=True)
    logged = cgt_losses(model, batch, epsilon=0.0, encoders="two")
    torch.testing.assert_close(logged["perturbed_speaker_loss"], logged["speaker_loss"])


def test_two_encoders_have_no_common_embedding_to_move_in():
    with pytest.raises(ValidationError, match="perturb the 'input'"):
        cgt.Settings(where="embedding", encoders="two")


def test_a_batch_of_the_adversarys_own_leaves_no_trace_in_the_encoder():
    settings = SETTINGS.model_copy(update={"dropout": 0.5})
    objective = speaker_normalization.Objective(speaker_normalization.Settings(adversary_batch=8), {})
    model, batch = made_model(settings=settings), made_batch()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    state = torch.get_rng_state()
    objective.losses("adversary", model, batch, 0.5)["loss"].backward()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_what_is_watched_is_what_training_sees():
    settings = ModelSettings(**{**SETTINGS.model_dump(), "dropout": 0.5})
    model, batch = made_model(settings=settings), made_batch()
    normalized = model.network.normalizer(batch.features, batch.lengths)
    watched = watched_embedding(model.network, normalized, batch)
    assert not watched.requires_grad
    assert torch.equal(watched, model.embed(batch))


def test_the_ramp_is_monotone_for_every_warmup_and_stays_in_range():
    for warmup in (0.0, 0.05, 0.3, 0.9):
        values = [ramp(step / 200, warmup=warmup) for step in range(201)]
        assert values == sorted(values)
        assert values[-1] == 1.0
        assert all(value == 0.0 for step, value in enumerate(values) if step / 200 <= warmup)
        assert all(value > 0.0 for step, value in enumerate(values) if step / 200 > warmup)
    assert ramp(1.5) == 1.0


def test_the_loss_takes_logits_and_not_probabilities():
    logits = torch.tensor([[4.0, 0.0, -1.0], [0.0, 3.0, 9.0]])
    labels = torch.tensor([0, 1])
    by_hand = -(logits - logits.exp().sum(1, keepdim=True).log())[[0, 1], labels].mean()
    torch.testing.assert_close(cross_entropy(logits, labels), by_hand)
    torch.testing.assert_close(cross_entropy(logits + 100, labels), by_hand)  # a softmax before it would not forget


@pytest.mark.parametrize("domains", [2, 24])
def test_the_adversary_has_as_many_outputs_as_there_are_domains(domains):
    model = build_model(4, {"emotion": 3, "speaker": domains}, SETTINGS)
    assert model.heads["speaker"](torch.zeros(5, 6)).shape == (5, domains)
    assert isinstance(list(model.heads["speaker"])[-1], torch.nn.Linear)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("weighted", [False, True])
def test_an_unlabeled_item_feels_no_gradient_whatever_stands_in_its_logits(smoothing, weighted):
    weight = torch.tensor([0.5, 1.0, 3.0]) if weighted else None
    logits = torch.randn(6, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, UNLABELED, 2, 1, UNLABELED, 2])
    known = labels != UNLABELED
    wild = logits.clone()
    wild[~known] *= 1e4
    wild.requires_grad_()
    loss = cross_entropy(wild, labels, weight=weight, smoothing=smoothing)
    expected = F.cross_entropy(logits[known], labels[known], weight=weight, label_smoothing=smoothing)
    torch.testing.assert_close(loss, expected)
    loss.backward()
    assert (wild.grad[~known] == 0).all()
    assert accuracy(wild, labels) == (logits[known].argmax(1) == labels[known]).float().mean()


def test_the_accuracy_of_no_labels_is_not_a_number():
    assert accuracy(torch.zeros(3, 2), torch.full((3,), UNLABELED)).isnan()
