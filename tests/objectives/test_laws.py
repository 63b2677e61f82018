"""Laws of the objectives, each step beside the same step written out by hand."""

import copy

import pytest
import torch
from torch.nn import functional as F

from unheard.models.masking import frame_mask
from unheard.models.model import Model, Sizes
from unheard.models.model_settings import ModelSettings
from unheard.objectives import cgt, dat, plain
from unheard.objectives.losses import cross_entropy
from unheard.objectives.reversal import signed_gradient
from unheard.objectives.schedules import ramp
from unheard.records import UNLABELED, Batch

SETTINGS = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4, "dropout": 0.0},
    embedding=6,
    hidden=5,
    dropout=0.0,
)


def made_batch(seed=0, items=8):
    generator = torch.Generator().manual_seed(seed)
    lengths = torch.randint(4, 15, (items,), generator=generator)
    features = torch.randn(items, int(lengths.max()), 4, generator=generator)
    features = features * frame_mask(lengths, features.shape[1]).unsqueeze(2)
    emotion, speaker = torch.arange(items) % 3, torch.arange(items) % 4
    return Batch.of_frames(features, lengths, {"emotion": emotion, "speaker": speaker})


def made_model(objective=None, seed=0):
    sizes = Sizes(4, {"emotion": 3, "speaker": 4}, SETTINGS)
    return Model(sizes, objective.modules(sizes) if objective else {}, seed).train()


def gradients(model, loss):
    model.zero_grad()
    loss.backward()
    return {name: None if p.grad is None else p.grad.clone() for name, p in model.named_parameters()}


def same(mine, theirs, exact=False):
    assert mine.keys() == theirs.keys()
    for name in mine:
        value = torch.zeros(1) if mine[name] is None else mine[name]
        other = torch.zeros(1) if theirs[name] is None else theirs[name]
        if exact:
            assert torch.equal(value.expand_as(other) if value.numel() == 1 else value, other.expand_as(value)), name
        else:
            torch.testing.assert_close(*torch.broadcast_tensors(value, other), atol=1e-6, rtol=1e-4, msg=name)


def test_the_encoder_climbs_exactly_weight_times_what_the_adversary_descends():
    head = made_model().heads["speaker"]
    embedding = torch.randn(8, 6, requires_grad=True)
    labels = torch.arange(8) % 4
    (down,) = torch.autograd.grad(F.cross_entropy(head(embedding), labels), embedding)
    for weight in (-0.3, -1.0, 0.7):
        (felt,) = torch.autograd.grad(F.cross_entropy(head(signed_gradient(embedding, weight)), labels), embedding)
        assert torch.equal(felt, down * weight)


def test_the_adversarys_own_weights_feel_the_plain_gradient():
    head = made_model().heads["speaker"]
    embedding, labels = torch.randn(8, 6, requires_grad=True), torch.arange(8) % 4
    expected = torch.autograd.grad(F.cross_entropy(head(embedding), labels), list(head.parameters()))
    for weight in (-5.0, 0.0, 2.0):
        loss = F.cross_entropy(head(signed_gradient(embedding, weight)), labels)
        for mine, theirs in zip(torch.autograd.grad(loss, list(head.parameters())), expected, strict=True):
            assert torch.equal(mine, theirs)


def test_weight_zero_adds_not_even_a_zero():
    embedding = torch.randn(3, 2, requires_grad=True)
    assert not signed_gradient(embedding, 0.0).requires_grad


def test_the_adversary_lives():
    """On embeddings that shout their speaker, the head of DAT learns to name more than nine in ten."""
    torch.manual_seed(0)
    head = made_model().heads["speaker"]
    labels = torch.arange(200) % 4
    embedding = F.one_hot(labels, 6).float() + 0.1 * torch.randn(200, 6)
    optimizer = torch.optim.Adam(head.parameters(), lr=0.02)
    for _ in range(100):
        optimizer.zero_grad()
        cross_entropy(head(signed_gradient(embedding, -1.0)), labels).backward()
        optimizer.step()
    assert (head(embedding).argmax(1) == labels).float().mean() > 0.9
    assert head(embedding).shape[1] == 4
    assert not torch.allclose(head(embedding).sum(1), torch.ones(200))  # logits, not probabilities


def test_the_schedule_starts_at_nothing_and_reaches_its_maximum():
    assert ramp(0.0) == 0.0
    assert ramp(1.0) == 1.0
    assert ramp(0.2, warmup=0.2) == 0.0
    assert ramp(1.0, warmup=0.2) == 1.0
    steps = [ramp(step / 50, warmup=0.1) for step in range(51)]
    assert steps == sorted(steps)
    assert ramp(0.5) == pytest.approx((2 / (1 + 2.718281828459045**-5) - 1), abs=1e-4)


@pytest.mark.parametrize("progress", [0.0, 0.05, 0.5, 1.0])
def test_the_weight_of_dat_follows_the_schedule(progress):
    objective = dat.Objective(dat.Settings(weight=-0.8, warmup=0.1), {})
    assert objective.weight_at(progress) == -0.8 * ramp(progress, warmup=0.1)


def test_plain_is_cross_entropy_by_hand():
    model, batch = made_model(), made_batch()
    weights = torch.tensor([1.0, 2.0, 0.5])
    objective = plain.Objective(plain.Settings(auxiliary={}, smoothing=0.1), {"emotion": weights})
    mine = gradients(model, objective.losses("joint", model, batch, 0.5)["loss"])
    by_hand = made_model()
    logits = by_hand.heads["emotion"](by_hand.network(batch.features, batch.lengths))
    loss = F.cross_entropy(logits, batch.columns["emotion"], weight=weights, label_smoothing=0.1)
    same(mine, gradients(by_hand, loss))


def test_a_watching_head_changes_no_gradient_of_the_rest():
    alone, watched, batch = made_model(), made_model(), made_batch()
    without = plain.Objective(plain.Settings(auxiliary={}), {}).losses("joint", alone, batch, 0.5)["loss"]
    with_head = plain.Objective(plain.Settings(), {}).losses("joint", watched, batch, 0.5)["loss"]
    mine, theirs = gradients(alone, without), gradients(watched, with_head)
    rest = [name for name in mine if not name.startswith("heads.speaker")]
    same({n: mine[n] for n in rest}, {n: theirs[n] for n in rest}, exact=True)
    assert any(theirs[name] is not None for name in theirs if name.startswith("heads.speaker"))


def test_dat_is_written_out_by_hand():
    """theta_f feels dL_emo - lambda dL_spk, each head feels its own loss."""
    model, batch = made_model(), made_batch()
    objective = dat.Objective(dat.Settings(weight=-0.7, warmup=0.0), {})
    mine = gradients(model, objective.losses("joint", model, batch, 1.0)["loss"])
    hand = made_model()
    embedding = hand.network(batch.features, batch.lengths)
    emotion = F.cross_entropy(hand.heads["emotion"](embedding), batch.columns["emotion"])
    speaker = F.cross_entropy(hand.heads["speaker"](embedding), batch.columns["speaker"])
    names, parameters = zip(*hand.named_parameters(), strict=True)
    of_emotion = torch.autograd.grad(emotion, parameters, retain_graph=True, allow_unused=True)
    of_speaker = torch.autograd.grad(speaker, parameters, allow_unused=True)
    expected = {}
    for name, one, other in zip(names, of_emotion, of_speaker, strict=True):
        if name.startswith("network"):
            expected[name] = one - 0.7 * other
        else:
            expected[name] = one if name.startswith("heads.emotion") else other
    same(mine, expected)


def test_confusion_is_written_out_by_hand():
    model, batch = made_model(), made_batch()
    objective = dat.Objective(dat.Settings(weight=-0.7, warmup=0.0, form="confusion"), {})
    mine = gradients(model, objective.losses("joint", model, batch, 1.0)["loss"])
    hand = made_model()
    embedding = hand.network(batch.features, batch.lengths)
    emotion = F.cross_entropy(hand.heads["emotion"](embedding), batch.columns["emotion"])
    speaker = F.cross_entropy(hand.heads["speaker"](embedding), batch.columns["speaker"])
    even = torch.full((8, 4), 0.25)
    confused = -(even * torch.log_softmax(hand.heads["speaker"](embedding), 1)).sum(1).mean()
    names, parameters = zip(*hand.named_parameters(), strict=True)
    parts = [
        torch.autograd.grad(p, parameters, retain_graph=True, allow_unused=True) for p in (emotion, speaker, confused)
    ]
    expected = {}
    for name, one, other, third in zip(names, *parts, strict=True):
        if name.startswith("network"):
            expected[name] = one + 0.7 * third
        else:
            expected[name] = one if name.startswith("heads.emotion") else other
    same(mine, expected)


def test_inner_steps_move_the_adversary_alone_and_then_all_but_it():
    model, batch = made_model(), made_batch()
    objective = dat.Objective(dat.Settings(weight=-0.7, warmup=0.0, inner_steps=3), {})
    adversary, rest = objective.phases
    assert (adversary.name, adversary.times, rest.name, rest.times) == ("adversary", 3, "joint", 1)
    head = {id(p) for p in model.heads["speaker"].parameters()}
    assert {id(p) for p in adversary.moving(model).values()} == head
    joint = {id(p) for p in rest.moving(model).values()}
    assert not joint & head
    assert joint | head == {id(p) for p in model.parameters()}
    felt = gradients(model, objective.losses("adversary", model, batch, 1.0)["loss"])
    assert all(value is None for name, value in felt.items() if not name.startswith("heads.speaker"))


def by_hand_cgt(model, batch, epsilon, clip, mix, weight):
    """CrossGrad at the input, shared encoder, from the paper's equations."""
    network, lengths = model.network, batch.lengths
    emotions, speakers = batch.columns["emotion"], batch.columns["speaker"]
    x = network.normalizer(batch.features, lengths).detach().requires_grad_()
    z = network.from_normalized(x, lengths)
    emotion = F.cross_entropy(model.heads["emotion"](z), emotions)
    speaker_through = F.cross_entropy(model.heads["speaker"](z), speakers)
    g_s = torch.autograd.grad(speaker_through * len(emotions), x, retain_graph=True)[0].clamp(-clip, clip)
    g_e = torch.autograd.grad(emotion * len(emotions), x, retain_graph=True)[0].clamp(-clip, clip)
    mask = frame_mask(lengths, x.shape[1]).unsqueeze(2)
    x_s, x_e = (x + epsilon * g_s * mask).detach(), (x + epsilon * g_e * mask).detach()
    moved = F.cross_entropy(model.heads["emotion"](network.from_normalized(x_s, lengths)), emotions)
    z_e = network.from_normalized(x_e, lengths)
    own = z.detach() if weight == 0 else z
    guided = z_e.detach() if weight == 0 else z_e
    assert weight in (0, 1)
    speaker = F.cross_entropy(model.heads["speaker"](own), speakers)
    guided_speaker = F.cross_entropy(model.heads["speaker"](guided), speakers)
    return (1 - mix) * (emotion + speaker) + mix * (moved + guided_speaker)


@pytest.mark.parametrize("weight", [0, 1])
@pytest.mark.parametrize("epsilon", [0.0, 3.0, 500.0])
def test_cgt_is_written_out_by_hand(weight, epsilon):
    model, batch = made_model(), made_batch()
    objective = cgt.Objective(cgt.Settings(epsilon=epsilon, mix=0.3, clip=0.01, weight=weight), {})
    mine = gradients(model, objective.losses("joint", model, batch, 0.5)["loss"])
    hand = made_model()
    same(mine, gradients(hand, by_hand_cgt(hand, batch, epsilon, 0.01, 0.3, weight)))


def test_cgt_moves_toward_the_other_task_and_never_into_the_padding():
    model, batch = made_model(), made_batch()
    objective = cgt.Objective(cgt.Settings(epsilon=1.0, clip=1.0), {})
    points = []
    original = model.network.from_normalized

    def spy(features, lengths, batch=None):
        points.append(features.detach().clone())
        return original(features, lengths, batch)

    model.network.from_normalized = spy
    logged = objective.losses("joint", model, batch, 0.5)
    clean, toward_speaker, toward_emotion = points
    padding = ~frame_mask(batch.lengths, clean.shape[1])
    for moved in (toward_speaker, toward_emotion):
        assert not torch.equal(moved, clean)
        assert (moved[padding] == 0).all()
        assert (moved - clean).abs().max() <= 1.0 + 1e-6
    assert logged["perturbed_speaker_loss"] > logged["speaker_loss"]


def test_cgt_without_a_step_is_plain_for_the_emotion_side():
    batch = made_batch()
    first, second = made_model(), made_model()
    mine = gradients(first, cgt.Objective(cgt.Settings(epsilon=0.0), {}).losses("joint", first, batch, 0.5)["loss"])
    theirs = gradients(second, plain.Objective(plain.Settings(), {}).losses("joint", second, batch, 0.5)["loss"])
    rest = [name for name in mine if not name.startswith("heads.speaker")]
    same({n: mine[n] for n in rest}, {n: theirs[n] for n in rest})


def test_cgt_with_two_encoders_keeps_the_sides_apart():
    objective = cgt.Objective(cgt.Settings(encoders="two"), {})
    model, batch = made_model(objective), made_batch()
    felt = gradients(model, objective.losses("joint", model, batch, 0.5)["loss"])
    own = "parts.companion.encoder"
    assert any(v is not None and v.abs().sum() > 0 for n, v in felt.items() if n.startswith(own))
    hand = made_model(objective)
    speaker = hand.heads["speaker"](hand.parts["companion"](batch.features, batch.lengths))
    of_speaker = gradients(hand, F.cross_entropy(speaker, batch.columns["speaker"]))
    assert all(of_speaker[name] is None for name in felt if name.startswith("network"))


def test_cgt_at_the_embedding_trains_the_encoder_through_both_terms():
    model, batch = made_model(), made_batch()
    objective = cgt.Objective(cgt.Settings(where="embedding", mix=1.0, epsilon=0.5), {})
    felt = gradients(model, objective.losses("joint", model, batch, 0.5)["loss"])
    assert felt["network.projection.weight"].abs().sum() > 0


def objectives() -> list:
    return [
        plain.Objective(plain.Settings(), {}),
        dat.Objective(dat.Settings(warmup=0.0), {}),
        dat.Objective(dat.Settings(warmup=0.0, form="confusion"), {}),
        cgt.Objective(cgt.Settings(), {}),
    ]


@pytest.mark.parametrize("objective", objectives(), ids=["plain", "dat", "confusion", "cgt"])
def test_an_unlabeled_emotion_is_never_read(objective):
    """Whatever stands in the column of an unlabeled item, the loss is the one of the labeled items."""
    batch, model = made_batch(), made_model().eval()
    emotion = batch.columns["emotion"].clone()
    emotion[::2] = UNLABELED
    partly = Batch.of_frames(batch.features, batch.lengths, {**batch.columns, "emotion": emotion})
    logits = model(batch.features, batch.lengths)
    expected = F.cross_entropy(logits[1::2], batch.columns["emotion"][1::2])
    torch.testing.assert_close(objective.losses("joint", model, partly, 1.0)["emotion_loss"], expected.detach())


@pytest.mark.parametrize("objective", objectives(), ids=["plain", "dat", "confusion", "cgt"])
@pytest.mark.parametrize("column", ["emotion", "speaker"])
def test_a_batch_without_any_label_gives_finite_zeros(objective, column):
    batch, model = made_batch(), made_model()
    nothing = Batch.of_frames(batch.features, batch.lengths, {**batch.columns, column: torch.full((8,), UNLABELED)})
    losses = objective.losses("joint", model, nothing, 1.0)
    assert losses[f"{column}_loss"] == 0
    felt = gradients(model, losses["loss"])
    assert all(torch.isfinite(value).all() for value in felt.values() if value is not None)


def test_a_copy_of_the_model_gives_the_same_losses():
    model, batch = made_model(), made_batch()
    for objective in objectives():
        mine = objective.losses("joint", copy.deepcopy(model), batch, 0.7)
        theirs = objective.losses("joint", copy.deepcopy(model), batch, 0.7)
        assert all(torch.equal(mine[key], theirs[key]) for key in mine)
