"""Batch norm with domains: each mode beside torch's own, in passes, in evaluation, re-estimated, saved and loaded."""

import dataclasses

import numpy as np
import pytest
import torch
from pydantic import ValidationError
from torch import nn

from objectives.domains_made import SETTINGS, batch_of, model_of
from unheard.errors import SettingsError
from unheard.models.batch_norm import BatchNormSettings, reestimate
from unheard.models.domain_norms import DomainBatchNorm, MaskedLayerNorm, SeparateBatchNorm, SourceBatchNorm
from unheard.models.masking import MaskedBatchNorm, frame_mask
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.objectives import plain
from unheard.records import UNLABELED
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings

MODES = ("mixed", "separate", "dsbn", "source_only", "adabn", "none")
WATCHES = plain.Objective(plain.Settings(auxiliary={"language": 0.0}), {})


def settings_of(mode, *, embedding=False):
    return SETTINGS.model_copy(
        update={"batch_norm": BatchNormSettings(mode=mode, domains=2 if mode == "dsbn" else 0, embedding=embedding)}
    )


def network_of(mode, *, embedding=False):
    return model_of(WATCHES, settings_of(mode, embedding=embedding)).network


def frames_of(batch):
    return batch.features, frame_mask(batch.lengths, batch.features.shape[1])


def of_torch(norm, frames):
    """Torch's batch norm of real frames, with the scale and shift of `norm`."""
    own = nn.BatchNorm1d(frames.shape[1]).double()
    own.weight, own.bias = norm.weight, norm.bias
    return own(frames), own


@pytest.fixture
def batch():
    return batch_of()


def test_the_default_is_what_there_was():
    assert ModelSettings().batch_norm == BatchNormSettings(mode="mixed")
    kinds = [type(one) for one in network_of("mixed").modules() if isinstance(one, nn.BatchNorm1d)]
    assert kinds == [MaskedBatchNorm] * 4
    with pytest.raises(ValidationError):
        BatchNormSettings(mode="mine")


def test_every_mode_begins_with_the_same_weights():
    first = dict(network_of("mixed").named_parameters())
    for mode in MODES:
        own = dict(network_of(mode).named_parameters())
        shared = [name for name in first if name in own]
        assert len(shared) >= len(first) - 8
        assert all(torch.equal(first[name], own[name]) for name in shared)


def test_separate_is_two_passes_of_torch_with_one_scale_and_shift(batch):
    norm = SeparateBatchNorm(4, "language").double().train()
    nn.init.normal_(norm.weight)
    frames, mask = frames_of(batch)
    found = norm(frames, mask, batch)
    running = nn.BatchNorm1d(4).double()
    running.weight, running.bias = norm.weight, norm.bias
    for language in (0, 1):
        rows = batch.columns["language"] == language
        torch.testing.assert_close(found[rows][mask[rows]], running(frames[rows][mask[rows]]))
    torch.testing.assert_close(norm.running_mean, running.running_mean)
    torch.testing.assert_close(norm.running_var, running.running_var)
    assert (found[~mask] == 0).all()


@pytest.mark.parametrize("embedding", [False, True])
def test_one_call_of_separate_is_two_passes_through_a_mixed_network(batch, embedding):
    one, two = network_of("separate", embedding=embedding), network_of("mixed", embedding=embedding)
    found = one.embed(batch)
    for language in (0, 1):
        rows = batch.columns["language"] == language
        torch.testing.assert_close(found[rows], two.embed(batch.select(rows)))
    for name, value in two.state_dict().items():
        torch.testing.assert_close(one.state_dict()[name], value)
    torch.testing.assert_close(one.eval().embed(batch), two.eval().embed(batch))


def test_dsbn_has_statistics_scale_and_shift_of_each_domain(batch):
    norm = DomainBatchNorm(4, "language", 2).double().train()
    for own in norm.norms:
        nn.init.normal_(own.weight)
        nn.init.normal_(own.bias)
    frames, mask = frames_of(batch)
    found = norm(frames, mask, batch)
    for language, own in enumerate(norm.norms):
        rows = batch.columns["language"] == language
        expected, beside = of_torch(own, frames[rows][mask[rows]])
        torch.testing.assert_close(found[rows][mask[rows]], expected)
        torch.testing.assert_close(own.running_mean, beside.running_mean)
    found.square().sum().backward()
    assert all(own.weight.grad.abs().sum() > 0 for own in norm.norms)


def test_dsbn_normalizes_an_item_of_no_known_domain_by_the_mixture_of_those_heard(batch):
    norm = DomainBatchNorm(4, "language", 3).double()
    for number, own in enumerate(norm.norms[:2]):
        own.running_mean.fill_(float(number))
        own.running_var.fill_(2.0)
        own.num_batches_tracked.fill_(1)
    norm.eval()
    frames, mask = frames_of(batch)
    # Means 0 and 1, variances 2: the mixture of equal shares has the mean 0.5 and the variance 2 + 0.25.
    expected = (frames - 0.5) / (2.25 + 1e-5) ** 0.5 * mask.unsqueeze(2)
    torch.testing.assert_close(norm(frames, mask), expected)
    unknown = batch.with_column("language", torch.full((12,), UNLABELED))
    torch.testing.assert_close(norm(frames, mask, unknown), expected)
    torch.testing.assert_close(norm(frames, mask, batch.with_column("language", torch.full((12,), 7))), expected)
    # In training, too, and no statistics move for it.
    before = {name: value.clone() for name, value in norm.state_dict().items()}
    torch.testing.assert_close(norm.train()(frames, mask, unknown), expected)
    assert all(torch.equal(value, before[name]) for name, value in norm.state_dict().items())


def test_source_only_normalizes_all_by_the_source(batch):
    norm = SourceBatchNorm(4).double().train()
    frames, mask = frames_of(batch)
    source = batch.columns["language"] == 0
    seen = batch.with_column("source", source.long())
    frames.requires_grad_()
    found = norm(frames, mask, seen)
    own = frames[source][mask[source]]
    expected, beside = of_torch(norm, own)
    torch.testing.assert_close(found[source][mask[source]], expected)
    scaled = (frames - own.mean(0)) / (own.var(0, unbiased=False) + norm.eps).sqrt()
    torch.testing.assert_close(found[~source][mask[~source]], scaled[~source][mask[~source]])
    torch.testing.assert_close(norm.running_mean, beside.running_mean)
    torch.testing.assert_close(norm.running_var, beside.running_var)
    # The target feels the source's statistics, and the source never the target's.
    (felt,) = torch.autograd.grad(
        found[source].square().sum() + found[source][..., 0].sum(), frames, retain_graph=True
    )
    assert (felt[~source] == 0).all()
    (felt,) = torch.autograd.grad(found[~source].pow(3).sum(), frames)
    assert (felt[source] != 0).any()


def test_a_batch_without_the_source_takes_the_running_statistics_and_moves_none(batch):
    norm = SourceBatchNorm(4).double().train()
    norm.running_mean.fill_(3.0)
    frames, mask = frames_of(batch)
    found = norm(frames, mask, batch.with_column("source", torch.zeros(12, dtype=torch.int64)))
    torch.testing.assert_close(found[mask], (frames[mask] - 3.0) / (1.0 + norm.eps) ** 0.5)
    assert (norm.running_mean == 3.0).all()
    assert int(norm.num_batches_tracked) == 0


def test_none_is_layer_norm_and_no_item_knows_another(batch):
    norm = MaskedLayerNorm(4).double().train()
    frames, mask = frames_of(batch)
    torch.testing.assert_close(norm(frames, mask)[mask], nn.functional.layer_norm(frames[mask], (4,)))
    network = network_of("none", embedding=True)
    assert not any(isinstance(one, nn.BatchNorm1d) for one in network.modules())
    alone = torch.cat([network.embed(batch.select(torch.tensor([row]))) for row in range(12)])
    torch.testing.assert_close(network.embed(batch), alone)


@pytest.mark.parametrize("mode", ["separate", "dsbn", "source_only", "adabn"])
def test_a_mode_reads_no_emotion_but_whether_there_is_one(batch, mode):
    network = network_of(mode, embedding=True)
    states = []
    for shift in (0, 1):
        emotion = batch.columns["emotion"]
        moved = torch.where(emotion == UNLABELED, emotion, (emotion + shift) % 4)
        own = network_of(mode, embedding=True)
        states.append((own.embed(batch.with_column("emotion", moved)), own.state_dict()))
    assert torch.equal(states[0][0], states[1][0])
    assert all(torch.equal(value, states[1][1][name]) for name, value in states[0][1].items())
    # In evaluation there may be none, and it changes nothing if there is.
    network.eval()
    bare = dataclasses.replace(batch, columns={"language": batch.columns["language"]})
    assert torch.equal(network.embed(bare), network.embed(batch))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("training", [True, False])
def test_padding_and_order_change_nothing(batch, mode, training):
    longer = torch.cat([batch.features, torch.zeros(12, 7, 4, dtype=torch.float64)], 1)
    order = torch.randperm(12, generator=torch.Generator().manual_seed(0))
    found = [
        network_of(mode, embedding=True).train(training).embed(seen)
        for seen in (batch, batch.with_features(longer), batch.select(order))
    ]
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[0][order], found[2])


@pytest.mark.parametrize("mode", MODES)
def test_every_parameter_learns_and_what_is_saved_embeds_the_same(batch, mode, tmp_path):
    model = model_of(WATCHES, settings_of(mode, embedding=True))
    model.network.embed(batch).pow(3).sum().backward()
    assert [name for name, one in model.network.named_parameters() if one.grad is None or not one.grad.any()] == []
    model.float().eval()
    save_model(model, tmp_path / "model.safetensors", {})
    loaded, _ = load_model(tmp_path / "model.safetensors")
    seen = batch.with_features(batch.features.float())
    assert torch.equal(loaded.embed(seen), model.embed(seen))
    assert torch.equal(loaded(seen.features, seen.lengths), model(seen.features, seen.lengths))


def test_an_unknown_column_and_an_unknown_number_of_domains_are_errors(batch):
    with pytest.raises(SettingsError, match="how many values"):
        model_of(WATCHES, SETTINGS.model_copy(update={"batch_norm": BatchNormSettings(mode="dsbn")}))
    network = network_of("separate")
    with pytest.raises(SettingsError, match="no item has a column 'language'"):
        network.embed(dataclasses.replace(batch, columns={"emotion": batch.columns["emotion"]}))
    with pytest.raises(SettingsError, match="no training item has a 'language'"):
        BatchNormSettings(mode="dsbn").counted({"language": np.array([UNLABELED])})
    assert BatchNormSettings(mode="dsbn").counted({"language": np.array([0, 2, UNLABELED])}).domains == 3
    assert BatchNormSettings().counted({}) == BatchNormSettings()


def test_reestimated_statistics_are_exact_whatever_the_batches_and_twice_is_once(batch):
    network = network_of("adabn", embedding=True)
    network.embed(batch)
    network.eval()
    given = []

    def run(size):
        def batches():
            for first in range(0, 12, size):
                yield network.embed(batch.select(torch.arange(first, min(first + size, 12))))

        return batches

    reestimate(network, run(12))
    once = {name: value.clone() for name, value in network.state_dict().items()}
    for norm in [one for one in network.modules() if isinstance(one, MaskedBatchNorm)]:
        norm.register_forward_pre_hook(lambda norm, seen: given.append((norm, seen[0][seen[1]])))
    network.embed(batch)
    assert len(given) == 5
    for norm, frames in given:
        torch.testing.assert_close(norm.running_mean, frames.mean(0))
        torch.testing.assert_close(norm.running_var, frames.var(0))
    reestimate(network, run(5))
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, once[name])
    reestimate(network, run(12))
    reestimate(network, run(12))
    twice = {name: value.clone() for name, value in network.state_dict().items()}
    reestimate(network, run(12))
    assert all(torch.equal(value, twice[name]) for name, value in network.state_dict().items())


def part_of(*, blank=True):
    generator = np.random.default_rng(0)
    language = np.arange(24) % 2
    frames = [[generator.normal(3.0 * one, 1.0, (6, 4)).astype(np.float32)] for one in language]
    emotion = np.where((language == 1) & blank, UNLABELED, np.arange(24) // 2 % 4)
    return Dataset(
        tuple(map(str, range(24))), frames, {"emotion": emotion, "speaker": language, "language": language}
    )


def trained(mode, part):
    training = TrainingSettings(epochs=2, selection="fixed-epoch", device="cpu", speakers_per_batch=2)
    model = model_of(WATCHES, settings_of(mode).model_copy(update={"normalization": "none"})).float()
    return Trainer(model, WATCHES, part, part, training, seed=0).run().model


def test_adabn_trains_as_source_only_and_is_estimated_on_the_target_afterwards():
    source, target = trained("source_only", part_of()), trained("adabn", part_of())
    kept, adapted = source.state_dict(), target.state_dict()
    moved = [name for name in kept if not torch.equal(kept[name], adapted[name])]
    assert moved
    assert all(name.endswith(("running_mean", "running_var")) for name in moved)
    part = part_of()
    rows = np.flatnonzero(part.columns["language"] == 1)
    first = target.network.encoder.layers[0]
    batch = part.batch(rows, [part.frames[row][0] for row in rows])
    seen = first._convolve(batch.features)
    torch.testing.assert_close(first.normalization.running_mean, seen.flatten(0, 1).mean(0), atol=1e-5, rtol=1e-4)


def test_adabn_without_a_target_is_an_error():
    with pytest.raises(SettingsError, match="every item of the training part is labeled"):
        trained("adabn", part_of(blank=False))
