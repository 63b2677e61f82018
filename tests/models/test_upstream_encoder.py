"""Fine-tuning an upstream: what learns and what does not, padding, groups, storage, resuming."""

import copy

import numpy as np
import pytest
import torch

from unheard.errors import SettingsError
from unheard.models.encoders.upstream import Encoder, Settings
from unheard.models.lora import merge_low_rank
from unheard.models.masking import frame_mask
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.objectives import cgt, dat, plain
from unheard.records import Batch
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings
from unheard.training.whole import embed_all
from upstreams.made import FAMILIES, KINDS, SIZE, padded, sounds

SECONDS = (0.21, 0.08, 0.3, 0.12)
HOW = [{"train": "all"}, {"train": "top", "top": 1}, {"train": "lora", "rank": 2}, {"states": "weighted"}]


def settings_of(checkpoints, kind, **options):
    return Settings(**{"family": KINDS[kind][0], "source": str(checkpoints(kind)), "layers": 2, **options})


def made_encoder(checkpoints, kind, **options):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        channels = 1 if options.get("above") is None else SIZE
        return Encoder(channels, settings_of(checkpoints, kind, dropout=0.0, **options))


def made_model(checkpoints, kind, **options):
    own = settings_of(checkpoints, kind, **{"dropout": 0.0, **options}).model_dump(exclude_none=True)
    settings = ModelSettings(
        encoder={"name": "upstream", **own}, normalization="none", embedding=6, hidden=5, dropout=0.0
    )
    return build_model(1, {"emotion": 2, "speaker": 2}, settings)


def made_batch(seconds=SECONDS, extra=0):
    samples, lengths = padded(sounds(*seconds), extra)
    count = len(seconds)
    columns = {"emotion": torch.arange(count) % 2, "speaker": torch.arange(count) // 2 % 2}
    return Batch.of_frames(samples.unsqueeze(2), lengths, columns)


def made_part():
    waves = [wave[:, None] for wave in sounds(*SECONDS)]
    labels = {"emotion": np.arange(4) % 2, "speaker": np.arange(4) // 2}
    return Dataset(tuple("abcd"), [[wave] for wave in waves], labels, 1 / 16_000)


def real(encoded, lengths):
    return encoded[frame_mask(lengths, encoded.shape[1])]


def learners(encoder):
    return {name for name, p in encoder.named_parameters() if p.requires_grad}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_padding_order_and_company_change_nothing(checkpoints, kind, training):
    encoder = made_encoder(checkpoints, kind, states="weighted").train(training)
    batch, longer = made_batch(), made_batch(extra=2000)
    encoded, lengths = encoder(batch.features, batch.lengths)
    assert encoded.shape[2] == encoder.size == SIZE
    assert lengths.dtype == torch.int64
    close = {"atol": 2e-5, "rtol": 1e-4}
    torch.testing.assert_close(real(*encoder(longer.features, longer.lengths)), real(encoded, lengths), **close)
    order = torch.tensor([2, 0, 3, 1])
    other = encoder(batch.features[order], batch.lengths[order])
    torch.testing.assert_close(real(*other), real(encoded[order], lengths[order]), **close)
    alone, own = encoder(batch.features[1:2, : batch.lengths[1]], batch.lengths[1:2])
    torch.testing.assert_close(alone[0], encoded[1, : int(own[0])], **close)


@pytest.mark.parametrize("kind", FAMILIES)
def test_groups_of_like_length_change_nothing(checkpoints, kind):
    batch = made_batch()
    one, many = (made_encoder(checkpoints, kind, groups=groups).train() for groups in (1, 3))
    mine, other = one(batch.features, batch.lengths), many(batch.features, batch.lengths)
    assert torch.equal(mine[1], other[1])
    torch.testing.assert_close(real(*mine), real(*other), atol=2e-5, rtol=1e-4)


def test_evaluation_encodes_no_more_than_fits(checkpoints, monkeypatch):
    encoder = made_encoder(checkpoints, "whisper").eval()
    batch = made_batch()
    with torch.inference_mode():
        expected = encoder(batch.features, batch.lengths)
        monkeypatch.setattr("unheard.models.encoders.upstream._AT_ONCE", 0.25)
        seen = []
        encoder.upstream.register_forward_pre_hook(lambda _, given: seen.append(given[0].shape))
        found = encoder(batch.features, batch.lengths)
    assert len(seen) == 3  # 0.08 and 0.12 s together, the others alone
    torch.testing.assert_close(real(*found), real(*expected), atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("how", HOW, ids=str)
def test_fine_tuning_moves_what_it_should_and_nothing_else(checkpoints, kind, how):
    model = made_model(checkpoints, kind, **how)
    encoder = model.network.encoder
    settings = TrainingSettings(
        epochs=3,
        learning_rate=0.05,
        upstream_rate=0.5,
        weight_decay=0.1,
        device="cpu",
        average=0.0,
        speakers_per_batch=2,
        utterances_per_speaker=2,
    )
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    part = made_part()
    Trainer(model, dat.Objective(dat.Settings(warmup=0.0), {}), part, part, settings, seed=0).run()
    moved = {name for name, p in model.named_parameters() if not torch.equal(p, before[name])}
    inside = {name.removeprefix("network.encoder.") for name in moved if name.startswith("network.encoder.")}
    expected = learners(encoder)
    # A key's bias moves no attention at all; it is the one thing that may learn and does not.
    assert {name for name in expected - inside if not name.endswith("k_proj.bias")} == set()
    assert inside <= expected
    assert "network.projection.weight" in moved
    assert not [name for name in inside if "feature_extractor" in name or ".conv1." in name or ".conv2." in name]
    ground = {id(p) for module in encoder.upstream.ground for p in module.parameters()}
    assert ground
    assert not [p for p in encoder.parameters() if id(p) in ground and p.requires_grad]


def test_what_learns_is_what_the_settings_say(checkpoints):
    top = learners(made_encoder(checkpoints, "hubert group", train="top", top=1))
    assert top == {name for name in top if ".encoder.layers.1." in name}
    assert len(top) == 16
    lora = learners(made_encoder(checkpoints, "wavlm layer", train="lora", adapt=("q_proj", "out_proj")))
    assert {name.split(".parametrizations.")[0].rsplit(".", 1)[-1] for name in lora} == {"q_proj", "out_proj"}
    assert len(lora) == 2 * 2 * 2
    whole = learners(made_encoder(checkpoints, "whisper"))
    assert {name.split(".")[2] for name in whole} == {"layers"}
    with pytest.raises(SettingsError, match="top: 3 asked for, 2 layers are kept"):
        made_encoder(checkpoints, "whisper", train="top", top=3)


@pytest.mark.parametrize("kind", FAMILIES)
def test_low_rank_merged_is_unmerged(checkpoints, kind):
    """Also where attention reads its projections' weights and never calls them (WavLM)."""
    encoder = made_encoder(checkpoints, kind, train="lora", rank=3).eval()
    batch = made_batch()
    plain_states = encoder(batch.features, batch.lengths)[0].detach()
    for name, parameter in encoder.named_parameters():
        if name.endswith(".up"):
            torch.nn.init.normal_(parameter, std=0.5, generator=torch.Generator().manual_seed(1))
    adapted = encoder(batch.features, batch.lengths)[0].detach()
    assert (adapted - plain_states).abs().max() > 1e-2
    merge_low_rank(encoder)
    torch.testing.assert_close(encoder(batch.features, batch.lengths)[0], adapted, atol=1e-5, rtol=1e-5)


def test_the_upstream_learns_at_a_rate_of_its_own(checkpoints):
    model = made_model(checkpoints, "hubert group", states="weighted")
    settings = TrainingSettings(device="cpu", upstream_rate=0.02, domain_rate=4.0)
    part = made_part()
    trainer = Trainer(model, dat.Objective(dat.Settings(), {}), part, part, settings, seed=0)
    groups = {group["factor"]: group["params"] for group in trainer.optimization.optimizers["joint"].param_groups}
    assert set(groups) == {1.0, 4.0, 0.02}
    learning = [p for p in model.parameters() if p.requires_grad]  # the convolutions on the waveform never do
    upstream = {id(p) for p in model.network.encoder.upstream.parameters()}
    assert {id(p) for p in groups[0.02]} == upstream & {id(p) for p in learning}
    assert sum(len(one) for one in groups.values()) == len(learning)
    assert id(model.network.encoder.weights) in {id(p) for p in groups[1.0]}


@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize("kind", ["wavlm layer", "whisper"])
def test_save_load_encode_is_bit_equal_without_the_checkpoint(checkpoints, kind, how, tmp_path):
    model = made_model(checkpoints, kind, **how).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.01)
    save_model(model, tmp_path / "model.safetensors", {})
    model.settings.encoder["source"] = "gone"
    loaded, header = load_model(tmp_path / "model.safetensors")
    batch = made_batch()
    assert torch.equal(loaded(batch.features, batch.lengths), model(batch.features, batch.lengths))
    save_model(loaded, tmp_path / "again.safetensors", {})
    again, _ = load_model(tmp_path / "again.safetensors")
    assert torch.equal(again(batch.features, batch.lengths), model(batch.features, batch.lengths))
    assert header["model"]["encoder"]["described"]["config"]["model_type"]


def test_a_training_that_is_resumed_is_the_one_that_was_not(checkpoints, tmp_path, monkeypatch):
    monkeypatch.setattr("unheard.training.loop._CHECKPOINT_EVERY", 0.0)
    settings = TrainingSettings(
        epochs=4,
        learning_rate=0.02,
        upstream_rate=0.1,
        device="cpu",
        selection="fixed-epoch",
        speakers_per_batch=1,
        utterances_per_speaker=2,
        max_seconds=0.1,
    )
    part, file = made_part(), tmp_path / "checkpoint"

    def trainer(checkpoint, report=None):
        model = made_model(checkpoints, "hubert group", dropout=0.1, train="lora")
        made = dat.Objective(dat.Settings(), {})
        return Trainer(model, made, part, part, settings, seed=3, checkpoint=checkpoint, report=report)

    whole = trainer(None).run()

    class KilledError(Exception):
        pass

    def kill(numbers):
        if numbers["epoch"] == 3:
            raise KilledError

    with pytest.raises(KilledError):
        trainer(file, kill).run()
    resumed = trainer(file).run()
    assert all(
        torch.equal(value, resumed.model.state_dict()[name]) for name, value in whole.model.state_dict().items()
    )


def test_evaluation_is_the_same_in_any_batch(checkpoints):
    model, part = made_model(checkpoints, "wav2vec2 group").eval(), made_part()
    together = embed_all(model, part)
    alone = np.concatenate([embed_all(model, part.subset([row])) for row in range(4)])
    np.testing.assert_allclose(together, alone, atol=2e-5)


def test_cross_gradients_reach_the_waveform(checkpoints):
    for kind in FAMILIES:
        model, batch = made_model(checkpoints, kind).train(), made_batch()
        losses = cgt.Objective(cgt.Settings(), {}).losses("joint", model, batch, 0.5)
        losses["loss"].backward()
        assert bool(torch.isfinite(losses["loss"]))
        assert losses["perturbed_speaker_loss"] != losses["speaker_loss"]


def test_mixed_precision_leaves_the_log_mel_and_the_statistics_alone(checkpoints, monkeypatch):
    # On chips with AMX, oneDNN's bfloat16 convolution of 8 channels by a stride of 8 returns wrong sums (it does not
    # of the 512 channels and strides of at most 5 that real members have), so that this one thins in smaller steps.
    family, prefix, options = KINDS["wav2vec2 layer"]
    fine = {**options, "conv_dim": [8] * 4, "conv_kernel": [10, 4, 4, 4], "conv_stride": [5, 4, 4, 4]}
    monkeypatch.setitem(KINDS, "wav2vec2 fine", (family, prefix, fine))
    batch = made_batch()
    for kind in ("whisper", "wav2vec2 fine"):
        model = made_model(checkpoints, kind).train()
        exact = model.embed(batch)
        model.network.precision = "bfloat16"
        rough = model.embed(batch)
        assert rough.dtype == torch.float32
        torch.testing.assert_close(rough, exact, atol=0.1, rtol=0.1)
        assert not torch.equal(rough, exact)


def test_features_that_are_not_the_waveform_are_refused(checkpoints):
    with pytest.raises(SettingsError, match=r"set features\.name = 'waveform'"):
        Encoder(80, settings_of(checkpoints, "whisper"))


def test_a_copy_is_the_same_and_its_own(checkpoints):
    model, batch = made_model(checkpoints, "wav2vec2 layer", train="lora").eval(), made_batch()
    other = copy.deepcopy(model)
    assert torch.equal(model(batch.features, batch.lengths), other(batch.features, batch.lengths))
    mine = {id(p) for p in model.parameters()}
    assert not [p for p in other.parameters() if id(p) in mine]


def test_plain_training_learns_through_it(checkpoints):
    model, batch = made_model(checkpoints, "whisper", layers=1), made_batch()
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 0.01)
    seen = []
    for _ in range(15):
        model.zero_grad()
        losses = plain.Objective(plain.Settings(), {}).losses("joint", model, batch, 0.5)
        losses["loss"].backward()
        optimizer.step()
        seen.append(float(losses["emotion_loss"]))
    assert seen[-1] < 0.8 * seen[0]


@pytest.mark.parametrize("train", ["all", "lora"])
def test_pretrained_weights_move_slowly_and_what_was_added_to_them_does_not(checkpoints, train):
    model = made_model(checkpoints, "wav2vec2 layer", train=train, rank=2)
    trainer = Trainer(
        model, plain.Objective(plain.Settings(), {}), made_part(), made_part(), TrainingSettings(), seed=0
    )
    rate = {
        id(parameter): group["factor"]
        for group in trainer.optimization.optimizers["joint"].param_groups
        for parameter in group["params"]
    }
    for name, parameter in model.network.encoder.upstream.named_parameters():
        if parameter.requires_grad:
            added = name.endswith((".up", ".down"))
            assert rate[id(parameter)] == (1.0 if added else 0.01), name


def test_without_a_layer_nothing_could_learn(checkpoints):
    for train in ("all", "lora"):
        with pytest.raises(SettingsError, match="no layer is kept, so nothing would learn"):
            made_encoder(checkpoints, "wav2vec2 layer", layers=0, train=train)
