"""Two optimizer steps of each objective beside the same steps written out by hand, in double precision."""

import copy
import math

import pytest
import torch
from torch.nn import functional as F

from models.made import double, made_batch, made_model
from unheard.models.masking import frame_mask
from unheard.objectives import cgt, dat, plain
from unheard.records import Batch
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings

TOTAL = 40
SETTINGS = TrainingSettings(
    epochs=TOTAL + 1, learning_rate=0.01, domain_rate=3.0, weight_decay=0.1, clip=0.05, device="cpu"
)
STEPS = (20, 21)


def cosine(step):
    return 0.5 * (1 + math.cos(math.pi * (step / TOTAL - 0.1) / 0.9))


def dann(progress):
    since = (progress - 0.1) / 0.9
    return math.tanh(5 * since) / math.tanh(5)


def side(name):
    return name.split(".")[1] if name.startswith("heads.") else "network"


def differentiate(model, loss):
    names, parameters = zip(*model.named_parameters(), strict=True)
    felt = torch.autograd.grad(loss, parameters, retain_graph=True, allow_unused=True)
    return dict(zip(names, felt, strict=True))


def emotion_of(model, embedding, batch):
    return F.cross_entropy(model.heads["emotion"](embedding), batch.columns["emotion"])


def speaker_of(model, embedding, batch):
    return F.cross_entropy(model.heads["speaker"](embedding), batch.columns["speaker"])


def assemble(model, of_emotion, of_speaker, weight, *, through=None):
    """Each head feels its own loss, the network the emotion's and `weight` times the speaker's (or `through`)."""
    result = {}
    for name in dict(model.named_parameters()):
        if side(name) == "emotion":
            result[name] = of_emotion[name]
        elif side(name) == "speaker" or name.startswith("parts.companion"):
            result[name] = of_speaker[name]
        else:
            result[name] = of_emotion[name] + weight * (through or of_speaker)[name] if weight else of_emotion[name]
    return result


def by_hand_plain(model, batch, step):
    z = model.network(batch.features, batch.lengths)
    felt = [differentiate(model, loss(model, z, batch)) for loss in (emotion_of, speaker_of)]
    return [("joint", assemble(model, *felt, 0.0))]


def by_hand_reversal(model, batch, step):
    z = model.network(batch.features, batch.lengths)
    felt = [differentiate(model, loss(model, z, batch)) for loss in (emotion_of, speaker_of)]
    return [("joint", assemble(model, *felt, -0.7 * dann(step / TOTAL)))]


def by_hand_confusion(model, batch, step):
    z = model.network(batch.features, batch.lengths)
    felt = [differentiate(model, loss(model, z, batch)) for loss in (emotion_of, speaker_of)]
    confused = -torch.log_softmax(model.heads["speaker"](z), 1).mean(1).mean()
    return [("joint", assemble(model, *felt, 0.7 * dann(step / TOTAL), through=differentiate(model, confused)))]


def by_hand_adversary(model, batch, step):
    z = model.network(batch.features, batch.lengths)
    felt = differentiate(model, speaker_of(model, z, batch))
    return {name: value for name, value in felt.items() if side(name) == "speaker"}


def by_hand_follower(model, batch, step):
    ((_, felt),) = by_hand_reversal(model, batch, step)
    return {name: value for name, value in felt.items() if side(name) != "speaker"}


def by_hand_inner(model, batch, step):
    return [("adversary", by_hand_adversary)] * 3 + [("joint", by_hand_follower)]


def by_hand_cgt(weight, where, *, epsilon=300.0, clip=0.001, mix=0.3):
    def write(model, batch, step):
        lengths, items = batch.lengths, len(batch.lengths)
        two = "companion" in model.parts
        theirs = model.parts["companion"] if two else model.network
        x = model.network.normalizer(batch.features, lengths).detach().requires_grad_()
        z, spoken = model.network.from_normalized(x, lengths), theirs.from_normalized(x, lengths)
        if not two:
            spoken = z
        point = x if where == "input" else z
        emotion, speaker = emotion_of(model, z, batch), speaker_of(model, spoken, batch)
        g_s = torch.autograd.grad(items * speaker, point, retain_graph=True)[0].clamp(-clip, clip)
        g_e = torch.autograd.grad(items * emotion, point, retain_graph=True)[0].clamp(-clip, clip)
        if where == "input":
            real = frame_mask(lengths, x.shape[1]).unsqueeze(2)
            z_s = model.network.from_normalized((x + epsilon * g_s * real).detach(), lengths)
            z_e = theirs.from_normalized((x + epsilon * g_e * real).detach(), lengths)
        else:
            z_s, z_e = z + epsilon * g_s, z + epsilon * g_e
        felt = [
            differentiate(model, (1 - mix) * emotion + mix * emotion_of(model, z_s, batch)),
            differentiate(model, (1 - mix) * speaker + mix * speaker_of(model, z_e, batch)),
        ]
        return [("joint", assemble(model, *felt, 0.0 if two else weight))]

    return write


def clip_side(name):
    return "speaker" if side(name) == "speaker" else "network"


def clipped(gradients):
    """Each side's gradient, scaled down to norm 0.05 where it is longer."""
    result = {}
    for which in ("network", "speaker"):
        own = {name: g for name, g in gradients.items() if g is not None and clip_side(name) == which}
        norm = math.sqrt(sum(float(g.square().sum()) for g in own.values()))
        result |= {name: g * min(1.0, SETTINGS.clip / (norm + 1e-6)) for name, g in own.items()}
    return result


class AdamW:
    """Loshchilov and Hutter 2019, algorithm 2."""

    def __init__(self):
        self.first, self.second, self.count = {}, {}, {}

    def step(self, model, gradients, rate):
        for name, parameter in model.named_parameters():
            if name not in gradients:
                continue
            g, own = gradients[name], rate * (SETTINGS.domain_rate if side(name) == "speaker" else 1.0)
            self.count[name] = t = self.count.get(name, 0) + 1
            self.first[name] = 0.9 * self.first.get(name, 0.0) + 0.1 * g
            self.second[name] = 0.999 * self.second.get(name, 0.0) + 0.001 * g * g
            away = self.first[name] / (1 - 0.9**t) / ((self.second[name] / (1 - 0.999**t)).sqrt() + 1e-8)
            parameter.data = parameter.data * (1 - own * SETTINGS.weight_decay) - own * away


CASES = {
    "plain": (plain.Objective(plain.Settings(), {}), by_hand_plain),
    "dat": (dat.Objective(dat.Settings(weight=-0.7), {}), by_hand_reversal),
    "confusion": (dat.Objective(dat.Settings(weight=-0.7, form="confusion"), {}), by_hand_confusion),
    "inner steps": (dat.Objective(dat.Settings(weight=-0.7, inner_steps=3), {}), by_hand_inner),
    **{
        f"cgt {where} {weight}": (
            cgt.Objective(cgt.Settings(where=where, weight=weight, epsilon=300.0, clip=0.001, mix=0.3), {}),
            by_hand_cgt(weight, where),
        )
        for where in ("input", "embedding")
        for weight in (0.0, -0.5, 1.0)
    },
    "cgt two": (
        cgt.Objective(cgt.Settings(encoders="two", epsilon=300.0, clip=0.001, mix=0.3), {}),
        by_hand_cgt(0.0, "input"),
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_an_optimizer_step_is_the_one_written_out_by_hand(case):
    objective, write = CASES[case]
    batch: Batch = double(made_batch())
    model = made_model(companion="two" in case).double()
    hand = copy.deepcopy(model)
    part = Dataset(
        ("a",), [[batch.features[0].numpy()]], {name: value[:1].numpy() for name, value in batch.columns.items()}
    )
    trainer = Trainer(model, objective, part, part, SETTINGS, seed=0)
    assert trainer.steps == 1
    before = copy.deepcopy(hand.state_dict())
    optimizers = {"joint": AdamW(), "adversary": AdamW()}
    trainer.model.train()
    for step in STEPS:
        trainer.step(batch, step)
        for phase, gradients in write(hand, batch, step):
            felt = gradients(hand, batch, step) if callable(gradients) else gradients
            optimizers[phase].step(hand, clipped(felt), SETTINGS.learning_rate * cosine(step))
    for name, value in hand.named_parameters():
        torch.testing.assert_close(model.state_dict()[name], value.data, atol=1e-9, rtol=1e-7, msg=f"{case}: {name}")
        assert not torch.equal(value, before[name])
