"""One optimizer step of each method that acts by domains beside the same step by hand; and its formula."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from objectives.domains_made import METHODS, batch_of, model_of, objective_of
from objectives.test_steps import AdamW, differentiate
from unheard.objectives import coral, mmd, supervised_contrastive
from unheard.testing.objective_case import optimization_of

PROGRESS = 0.5
RATE, DOMAIN_RATE, CLIP = 0.03, 2.0, 5.0
WEIGHT = math.tanh(5 * 0.4 / 0.9) / math.tanh(5)
"""Of the schedule, at half of the training and after a warm-up of a tenth."""
COSINE = 0.5 * (1 + math.cos(math.pi * 0.4 / 0.9))


def covariance(items):
    centered = items - items.mean(0)
    return centered.T @ centered / (len(items) - 1)


def kernel(one, other, scale):
    apart = torch.stack([torch.stack([(x - y).square().sum() for y in other]) for x in one])
    return sum(torch.exp(-apart / (width * scale)) for width in (0.25, 0.5, 1.0, 2.0, 4.0)) / 5


def discrepancy(one, other):
    both = torch.cat([one, other]).detach()
    scale = torch.stack([(x - y).square().sum() for x, y in itertools.permutations(both, 2)]).mean()
    return kernel(one, one, scale).mean() + kernel(other, other, scale).mean() - 2 * kernel(one, other, scale).mean()


def contrast(z, emotion, language):
    z = z / z.norm(dim=1, keepdim=True)
    alike, losses = z @ z.T / 0.1, []
    for i in range(len(z)):
        own = [j for j in range(len(z)) if emotion[j] == emotion[i] and language[j] != language[i]]
        others = [j for j in range(len(z)) if emotion[j] != emotion[i]]
        if own:
            among = sum(torch.exp(alike[i, j]) for j in [*own, *others])
            losses.append(-sum(torch.log(torch.exp(alike[i, j]) / among) for j in own) / len(own))
    return sum(losses) / len(losses)


def conditioned(model, z):
    said = torch.softmax(model.heads["emotion"](z), 1).detach()
    products = [torch.outer(p, x).flatten() for p, x in zip(said, z, strict=True)]
    return model.parts["conditional_adversary"](torch.stack(products))


def balanced(logits, language):
    return sum(F.cross_entropy(logits[language == one], language[language == one]) for one in (0, 1)) / 2


def terms(name, model, z, batch):
    """(what the encoder feels with its weight, what the teller of domains descends or None)."""
    language, emotion = batch.columns["language"], batch.columns["emotion"]
    source, target = z[language == 0], z[language == 1]
    if name == "language_adversarial":
        loss = balanced(model.heads["language"](z), language)
        return -0.7 * loss, loss
    if name == "coral":
        return 2.0 * (covariance(source) - covariance(target)).square().sum() / (4 * 6**2), None
    if name == "mmd":
        return 0.7 * discrepancy(source, target), None
    if name == "cdan":
        loss = F.cross_entropy(conditioned(model, z), language)
        return -0.7 * loss, loss
    if name == "mdd":
        named = model.heads["emotion"](z).argmax(1)
        answers = torch.softmax(model.parts["second_classifier"](z), 1)
        agree = -torch.log(answers[language == 0].gather(1, named[language == 0].unsqueeze(1))).mean()
        differ = -torch.log(1 - answers[language == 1].gather(1, named[language == 1].unsqueeze(1))).mean()
        return -0.7 * (4 * agree + differ), 4 * agree + differ
    known = emotion != -1
    return 0.7 * contrast(z[known], emotion[known], language[known]), None


def side(name):
    return name.split(".")[1] if name.startswith(("heads.language", "parts.")) else "rest"


def by_hand(name, model, batch):
    """Parameter -> gradient, each side clipped."""
    z = model.network(batch.features, batch.lengths)
    known = batch.columns["emotion"] != -1
    emotion = F.cross_entropy(model.heads["emotion"](z)[known], batch.columns["emotion"][known])
    felt, told = terms(name, model, z, batch)
    watched = F.cross_entropy(model.heads["language"](z.detach()), batch.columns["language"])
    of_emotion, of_term = differentiate(model, emotion), differentiate(model, WEIGHT * felt)
    of_teller = differentiate(model, watched if told is None else told + watched)
    if name == "language_adversarial":
        of_teller = differentiate(model, told)
    found = {}
    for key in dict(model.named_parameters()):
        if side(key) != "rest":
            found[key] = of_teller[key]
        elif key.startswith("heads.emotion"):
            found[key] = of_emotion[key]
        else:
            found[key] = of_emotion[key] + of_term[key]
    for which in {side(key) for key in found}:
        own = [key for key in found if side(key) == which]
        norm = math.sqrt(sum(float(found[key].square().sum()) for key in own))
        for key in own:
            found[key] = found[key] * min(1.0, CLIP / (norm + 1e-6))
    return found


class Hand(AdamW):
    """Without weight decay, and with the rates of this file."""

    def step(self, model, gradients, rate):
        for name, parameter in model.named_parameters():
            own = rate * (1.0 if side(name) == "rest" else DOMAIN_RATE)
            g = gradients[name]
            # The first step of Adam, corrected for its bias: both moments are those of the gradient.
            parameter.data = parameter.data - own * g / (g.square().sqrt() + 1e-8)


@pytest.mark.parametrize("name", [name for name in METHODS if " " not in name])
def test_an_optimizer_step_is_the_one_written_out_by_hand(name):
    objective = objective_of(name)
    batch = batch_of(items=20, target=8)
    if name == "supervised_contrastive":
        batch = batch.with_column("emotion", batch.columns["emotion"].clone().index_fill(0, torch.arange(12, 16), 2))
    model = model_of(objective)
    hand, before = copy.deepcopy(model), copy.deepcopy(model.state_dict())
    optimization_of(model, objective, batch).step(batch, 0, PROGRESS)
    Hand().step(hand, by_hand(name, hand, batch), RATE * COSINE)
    for key, value in hand.named_parameters():
        torch.testing.assert_close(model.state_dict()[key], value.data, atol=1e-7, rtol=1e-5, msg=f"{name}: {key}")
        assert not torch.equal(value, before[key])


def distance_of(module, z, batch, **options):
    objective = module.Objective(module.Settings(domain="language", **options), {})
    return objective.distance(model_of(objective), z, batch)


def noise(items, size=6, seed=0):
    return torch.randn(items, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def test_coral_is_the_distance_of_the_covariances_of_numpy():
    batch, z = batch_of(items=12, target=5), noise(12)
    one, other = (np.cov(part.numpy(), rowvar=False) for part in (z[:7], z[7:]))
    expected = np.square(one - other).sum() / (4 * 6**2)
    assert float(distance_of(coral, z, batch)) == pytest.approx(expected)
    # It does not see a shift; with `means` it does.
    moved = torch.cat([z[:7], z[7:] + 3.0])
    assert float(distance_of(coral, moved, batch)) == pytest.approx(expected)
    shift = np.square(moved[:7].numpy().mean(0) - moved[7:].numpy().mean(0)).sum() / (4 * 6)
    assert float(distance_of(coral, moved, batch, means=True)) == pytest.approx(expected + shift)


def test_coral_by_class_is_the_mean_of_corals_within_classes_where_all_is_labeled():
    z, emotion, language = noise(24), torch.arange(24) % 2, torch.arange(24) // 12
    batch = batch_of(items=24).with_column("emotion", emotion).with_column("language", language)
    parts = [[z[(emotion == one) & (language == tongue)].numpy() for tongue in (0, 1)] for one in (0, 1)]
    expected = np.mean([np.square(np.cov(one.T) - np.cov(two.T)).sum() / (4 * 6**2) for one, two in parts])
    assert float(distance_of(coral, z, batch, conditional=True)) == pytest.approx(expected)


def test_the_discrepancy_is_zero_for_the_same_items_and_grows_with_a_shift():
    z = noise(6)
    batch = batch_of(items=12, target=6)
    assert float(distance_of(mmd, torch.cat([z, z]), batch)) == pytest.approx(0.0, abs=1e-12)
    seen = [float(distance_of(mmd, torch.cat([z, z + shift]), batch)) for shift in (0.2, 0.5, 1.0, 3.0)]
    assert seen == sorted(seen)
    assert seen[0] > 0


@pytest.mark.parametrize("module", [coral, mmd])
def test_of_three_domains_the_mean_over_pairs_is_taken(module):
    z, language = noise(15), torch.arange(15) // 5
    batch = batch_of(items=15).with_column("language", language)
    pairs = [(language != left).nonzero().squeeze(1) for left in range(3)]
    expected = np.mean([float(distance_of(module, z[rows], batch.select(rows))) for rows in pairs])
    assert float(distance_of(module, z, batch)) == pytest.approx(expected)


def test_contrast_of_all_positives_is_the_papers_and_across_leaves_out_ones_own_domain():
    z, emotion, language = noise(12), torch.arange(12) % 3, torch.arange(12) // 6
    batch = batch_of(items=12).with_column("emotion", emotion).with_column("language", language)
    unit = z / z.norm(dim=1, keepdim=True)
    alike = (unit @ unit.T / 0.1).numpy()
    losses = []
    for i in range(12):
        among = np.log(sum(np.exp(alike[i, a]) for a in range(12) if a != i))
        losses.append(np.mean([among - alike[i, p] for p in range(12) if p != i and emotion[p] == emotion[i]]))
    found = distance_of(supervised_contrastive, z, batch, across=False)
    assert float(found) == pytest.approx(np.mean(losses))
    own = distance_of(supervised_contrastive, z, batch)
    assert float(own) == pytest.approx(float(contrast(z, emotion, language)))
    # Two clips of one domain and emotion: how alike they are does not matter to it.
    lonely = batch.with_column("language", torch.zeros(12, dtype=torch.int64))
    assert float(distance_of(supervised_contrastive, z, lonely)) == 0.0
