"""Laws of the loop: weight 0 is plain, seeds decide everything, a step is AdamW's, a kill costs nothing."""

import copy

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from unheard.models import model
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.objectives import cgt, dat, plain
from unheard.training import dataset, loop
from unheard.training.checkpoints import read_checkpoint
from unheard.training.dataset import Dataset, collate, evaluation_batches, training_batches
from unheard.training.loop import Trainer
from unheard.training.settings import AugmentationSettings, TrainingSettings
from unheard.training.whole import embed_all, predict_all

MODEL = ModelSettings(
    encoder={"name": "tdnn_lstm", "channels": 8, "recurrent": 4, "dropout": 0.2}, embedding=6, hidden=5, dropout=0.3
)
SETTINGS = TrainingSettings(
    epochs=4,
    patience=4,
    speakers_per_batch=2,
    utterances_per_speaker=3,
    learning_rate=0.01,
    average=0.5,
    device="cpu",
    augmentation=AugmentationSettings(frequency_masks=1, time_masks=1, probability=0.5),
)


def made_part(items=24, speakers=4, seed=0, unseen=False) -> Dataset:
    generator = np.random.default_rng(seed)
    frames, emotions = [], np.arange(items) % 3
    for emotion in emotions:
        clean = generator.standard_normal((int(generator.integers(5, 15)), 4)).astype(np.float32) + np.float32(
            emotion
        )
        frames.append([clean, clean + np.float32(0.1)])
    speaker = np.full(items, -1) if unseen else np.arange(items) // 3 % speakers
    return Dataset(tuple(map(str, range(items))), frames, {"emotion": emotions, "speaker": speaker}, 0.02)


def trainer(objective, settings=SETTINGS, seed=0, **more) -> Trainer:
    model = build_model(4, {"emotion": 3, "speaker": 4}, MODEL, seed=seed)
    return Trainer(model, objective, made_part(), made_part(seed=9, unseen=True), settings, seed=seed, **more)


def weights(model, without="heads.speaker"):
    return {name: value for name, value in model.state_dict().items() if not name.startswith(without)}


def equal(mine, theirs):
    return mine.keys() == theirs.keys() and all(torch.equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize("auxiliary", [{}, {"speaker": 0.0}])
def test_weight_zero_equals_plain_bit_for_bit(auxiliary):
    first = trainer(plain.Objective(plain.Settings(auxiliary=auxiliary), {})).run()
    second = trainer(dat.Objective(dat.Settings(weight=0.0), {})).run()
    assert equal(weights(first.model), weights(second.model))


def test_a_weight_changes_the_encoder():
    first = trainer(plain.Objective(plain.Settings(), {})).run()
    second = trainer(dat.Objective(dat.Settings(weight=-1.0, warmup=0.0), {})).run()
    assert not equal(weights(first.model), weights(second.model))


def test_the_seed_decides_everything():
    runs = [trainer(plain.Objective(plain.Settings(), {}), seed=seed).run() for seed in (1, 1, 2)]
    assert equal(runs[0].model.state_dict(), runs[1].model.state_dict())
    assert runs[0].history == runs[1].history
    assert not equal(runs[0].model.state_dict(), runs[2].model.state_dict())


def test_other_random_numbers_in_between_change_nothing():
    objective = plain.Objective(plain.Settings(), {})
    expected = trainer(objective).run()
    disturbed = trainer(objective, report=lambda numbers: torch.rand(7)).run()
    assert equal(expected.model.state_dict(), disturbed.model.state_dict())


def test_one_step_of_dat_is_adamw_on_the_gradients_by_hand():
    settings = SETTINGS.model_copy(update={"clip": 1e6, "domain_rate": 3.0})
    own = trainer(dat.Objective(dat.Settings(weight=-0.5, warmup=0.0), {}), settings)
    batch = next(training_batches(own.train_part, settings, seed=0, epoch=1))
    hand = copy.deepcopy(own.model).train()
    step, total = 5, settings.epochs * own.steps - 1
    own.model.train()
    torch.manual_seed(3)
    own.step(batch, step)

    torch.manual_seed(3)
    progress = step / total
    weight = -0.5 * (2 / (1 + np.exp(-10 * progress)) - 1) / (2 / (1 + np.exp(-10.0)) - 1)
    rate = 0.01 * 0.5 * (1 + np.cos(np.pi * (progress - 0.1) / 0.9))
    embedding = hand.network(batch.features, batch.lengths)
    emotion = F.cross_entropy(hand.heads["emotion"](F.dropout(embedding, 0.3)), batch.columns["emotion"])
    speaker = F.cross_entropy(hand.heads["speaker"](embedding), batch.columns["speaker"])
    names, parameters = zip(*hand.named_parameters(), strict=True)
    of_emotion = torch.autograd.grad(emotion, parameters, retain_graph=True, allow_unused=True)
    of_speaker = torch.autograd.grad(speaker, parameters, allow_unused=True)
    for name, parameter, one, other in zip(names, parameters, of_emotion, of_speaker, strict=True):
        if name.startswith("network"):
            gradient, own_rate = one + weight * other, rate
        else:
            gradient, own_rate = (one, rate) if name.startswith("heads.emotion") else (other, 3 * rate)
        # The first step of AdamW: decay, then a step along g / (|g| + eps), both moments being corrected.
        moved = parameter.detach() * (1 - own_rate * settings.weight_decay)
        moved = moved - own_rate * gradient / (gradient.abs() + 1e-8)
        now = dict(own.model.named_parameters())[name]
        strong = gradient.abs() > 1e-5  # where the sign of the gradient is beyond rounding
        torch.testing.assert_close(now[strong], moved[strong], atol=2e-5, rtol=1e-4, msg=name)


def test_the_emotion_head_reads_through_dropout_and_domain_heads_the_whole_embedding():
    settings = MODEL.model_copy(update={"encoder": {**MODEL.encoder, "dropout": 0.0}, "dropout": 0.9})
    model = build_model(4, {"emotion": 3, "speaker": 4}, settings).train()
    batch = next(training_batches(made_part(), SETTINGS, seed=0, epoch=1))
    once, twice = (model.embed(batch) for _ in range(2))
    assert torch.equal(once, twice)
    assert not torch.equal(model.emotion(once), model.emotion(once))
    assert torch.equal(model.eval().emotion(once), model.heads["emotion"](once))


def test_the_average_follows_the_weights():
    own = trainer(plain.Objective(plain.Settings(), {}))
    own.history = [{}] * 50
    before = {name: value.clone() for name, value in own.average.named_parameters()}
    batch = next(training_batches(own.train_part, SETTINGS, seed=0, epoch=1))
    own.step(batch, 3)
    for name, value in own.average.named_parameters():
        raw = dict(own.model.named_parameters())[name]
        torch.testing.assert_close(value, 0.5 * before[name] + 0.5 * raw)


OBJECTIVES = {
    "plain": lambda: plain.Objective(plain.Settings(), {}),
    "dat": lambda: dat.Objective(dat.Settings(weight=-1.0, inner_steps=2), {}),
    "cgt": lambda: cgt.Objective(cgt.Settings(), {}),
}


class Killed(Exception):  # noqa: N818 (an event, not an error)
    """Stands for the end of the process; the kill of a real one is in tests/cli."""


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("after", [1, 3])
def test_resuming_gives_the_weights_of_an_uninterrupted_run(name, after, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_CHECKPOINT_EVERY", 0.0)
    expected = trainer(OBJECTIVES[name]()).run()
    file = tmp_path / "checkpoint.safetensors"

    def kill(numbers):
        if numbers["epoch"] > after:
            raise Killed

    with pytest.raises(Killed):
        trainer(OBJECTIVES[name](), checkpoint=file, fingerprint="x", report=kill).run()
    assert read_checkpoint(file, "x cpu False").epoch == after
    resumed = trainer(OBJECTIVES[name](), checkpoint=file, fingerprint="x").run()
    assert equal(expected.model.state_dict(), resumed.model.state_dict())
    assert expected.history == resumed.history
    assert expected.best_epoch == resumed.best_epoch


def test_a_checkpoint_of_another_training_or_a_damaged_one_is_not_used(tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "_CHECKPOINT_EVERY", 0.0)
    file = tmp_path / "checkpoint.safetensors"
    objective = OBJECTIVES["plain"]()
    expected = trainer(objective, checkpoint=file, fingerprint="mine").run()
    assert read_checkpoint(file, "mine cpu False") is not None
    assert read_checkpoint(file, "another cpu False") is None
    file.write_bytes(file.read_bytes()[:-100])
    assert read_checkpoint(file, "mine cpu False") is None
    file.write_bytes(b"\x80\x04 pickled")
    assert read_checkpoint(file, "mine cpu False") is None
    again = trainer(objective, checkpoint=file, fingerprint="mine").run()
    assert equal(expected.model.state_dict(), again.model.state_dict())


def test_the_epoch_is_chosen_on_dev_and_the_last_one_only_if_asked():
    chosen = trainer(OBJECTIVES["plain"]()).run()
    best = max(chosen.history, key=lambda epoch: (epoch["dev_uar"], -epoch["dev_loss"]))
    assert chosen.best_epoch == best["epoch"]
    fixed = trainer(OBJECTIVES["plain"](), SETTINGS.model_copy(update={"selection": "fixed-epoch"})).run()
    assert fixed.best_epoch == len(fixed.history) == 4


def test_patience_ends_it():
    settings = SETTINGS.model_copy(update={"patience": 1, "epochs": 60, "learning_rate": 1e-9})
    assert len(trainer(OBJECTIVES["plain"](), settings).run().history) < 60


def test_predictions_come_in_the_order_of_the_items_and_alone_as_together():
    trained, part = trainer(OBJECTIVES["plain"]()).run(), made_part(seed=4)
    together, embedded = predict_all(trained.model, part), embed_all(trained.model, part)
    np.testing.assert_allclose(together.sum(1), 1.0)
    for row in (0, 7, 23):
        alone = part.subset([row])
        np.testing.assert_allclose(predict_all(trained.model, alone)[0], together[row], atol=1e-6)
        np.testing.assert_allclose(embed_all(trained.model, alone)[0], embedded[row], atol=1e-5)


def test_dev_and_test_are_never_perturbed_cut_or_masked():
    part = made_part()
    for positions, batch in evaluation_batches(part, size=5):
        for row, position in enumerate(positions):
            length = len(part.frames[position][0])
            assert int(batch.lengths[row]) == length
            np.testing.assert_array_equal(batch.features[row, :length].numpy(), part.frames[position][0])


def test_training_items_are_perturbed_cut_and_masked_by_the_seed():
    settings = SETTINGS.model_copy(update={"max_seconds": 0.1})
    first, again, other = (list(training_batches(made_part(), settings, seed=seed, epoch=1)) for seed in (0, 0, 1))
    assert all(torch.equal(one.features, two.features) for one, two in zip(first, again, strict=True))
    assert not all(
        one.features.shape == two.features.shape and torch.equal(one.features, two.features)
        for one, two in zip(first, other, strict=True)
    )
    assert max(int(batch.lengths.max()) for batch in first) == 5


def test_collate_pads_with_zeros():
    features, lengths = collate([np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)])
    assert features.shape == (2, 4, 3)
    assert features[0, 2:].abs().sum() == 0
    assert lengths.tolist() == [2, 4]


@pytest.fixture
def _bfloat16():
    """Skips where the chip's kernels cannot run the recurrence in it."""
    try:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            torch.nn.LSTM(8, 4, batch_first=True)(torch.zeros(2, 3, 8))
    except RuntimeError as problem:
        pytest.skip(f"this chip has no bfloat16 for a recurrence: {problem}")


@pytest.mark.usefixtures("_bfloat16")
def test_half_precision_trains_the_same_network_in_float32_weights_and_evaluates_in_float32():
    settings = MODEL.model_copy(update={"precision": "bfloat16"})
    model = build_model(4, {"emotion": 3, "speaker": 4}, settings)
    whole = build_model(4, {"emotion": 3, "speaker": 4}, MODEL)
    batch = next(training_batches(made_part(), SETTINGS, seed=0, epoch=1))
    alike = model.eval()(batch.features, batch.lengths)
    assert torch.equal(alike, whole.eval()(batch.features, batch.lengths))
    torch.manual_seed(0)
    half = model.train().embed(batch)
    torch.manual_seed(0)
    full = whole.train().embed(batch)
    assert half.dtype == torch.float32
    assert not torch.equal(half, full)
    torch.testing.assert_close(half, full, atol=0.05, rtol=0.05)
    half.sum().backward()
    assert all(parameter.dtype == torch.float32 for parameter in model.parameters())
    assert all(parameter.grad.isfinite().all() for parameter in model.network.parameters())


def test_a_stretched_ramp_is_a_ramp_at_another_pace():
    ramp = np.arange(10, dtype=np.float32)[:, None] * np.ones((1, 4), np.float32)
    faster = dataset._stretch(ramp, 0, 1.25)
    np.testing.assert_allclose(faster[:, 0], np.arange(8) * 1.25, rtol=1e-6)
    wider = dataset._stretch(ramp.T.copy(), 1, 0.8)
    assert wider.shape == (4, 10)
    np.testing.assert_allclose(wider[0], np.arange(10) * 0.8, rtol=1e-6)
    np.testing.assert_allclose(
        dataset._stretch(ramp.T.copy(), 1, 1.25)[0][-2:], 9
    )  # beyond the last channel: its value


@pytest.mark.parametrize("most", [0.1, 0.3])
def test_stretches_stay_within_what_was_asked_for_either_way(most):
    generator = np.random.default_rng(0)
    factors = [dataset._factor(most, generator) for _ in range(500)]
    assert min(factors) >= 1 / (1 + most)
    assert max(factors) <= 1 + most
    assert abs(np.mean(np.log(factors))) < 0.02


def test_warp_and_tempo_change_training_items_by_the_seed_and_leave_evaluation_alone():
    data = made_part()
    settings = SETTINGS.model_copy(update={"augmentation": AugmentationSettings(warp=0.2, tempo=0.3)})
    mine, again, other = (
        [batch.features for batch in training_batches(data, settings, seed=seed, epoch=1)] for seed in (0, 0, 1)
    )
    assert all(torch.equal(one, two) for one, two in zip(mine, again, strict=True))
    assert any(one.shape != two.shape or not torch.equal(one, two) for one, two in zip(mine, other, strict=True))
    for positions, batch in evaluation_batches(data):
        for row, position in enumerate(positions):
            own = data.frames[position][0]
            np.testing.assert_array_equal(batch.features[row, : len(own)].numpy(), own)


def test_what_stands_beside_the_spectrum_is_neither_warped_nor_masked():
    items = [
        np.concatenate([np.random.default_rng(i).random((9, 4)), np.full((9, 2), 7.0 + i)], axis=1) for i in range(4)
    ]
    columns = {"emotion": np.array([0, 1, 0, 1]), "speaker": np.array([0, 0, 1, 1])}
    part = dataset.Dataset(tuple("abcd"), [[item.astype(np.float32)] for item in items], columns, 0.01, bands=4)
    augmentation = AugmentationSettings(
        warp=0.3, frequency_masks=2, frequency_width=0.9, time_masks=1, time_width=0.9
    )
    settings = SETTINGS.model_copy(update={"augmentation": augmentation})
    changed = 0
    for batch in training_batches(part.subset([0, 1, 2, 3]), settings, seed=0, epoch=1):
        for row, length in enumerate(batch.lengths.tolist()):
            beside = batch.features[row, :length, 4:]
            assert beside.min() == beside.max() >= 7.0
            own = part.frames[int(beside.max()) - 7][0]
            changed += not np.array_equal(batch.features[row, :length, :4].numpy(), own[:length, :4])
    assert changed


@pytest.mark.usefixtures("_bfloat16")
def test_auto_precision_is_one_of_the_two_by_what_the_chip_says(monkeypatch):
    batch = next(training_batches(made_part(), SETTINGS, seed=0, epoch=1))

    def embedded(precision):
        torch.manual_seed(0)
        settings = MODEL.model_copy(update={"precision": precision})
        return build_model(4, {"emotion": 3}, settings).train().embed(batch)

    for chip, same in (({"avx512_bf16": True}, "bfloat16"), ({"amx_bf16": False}, "float32"), ({}, "float32")):
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda chip=chip: chip)
        model._multiplies_bfloat16.cache_clear()
        assert torch.equal(embedded("auto"), embedded(same))
    model._multiplies_bfloat16.cache_clear()


def test_a_checkpoint_of_another_arithmetic_is_not_gone_on_with(monkeypatch):
    def of(precision):
        made = build_model(4, {"emotion": 3, "speaker": 4}, MODEL.model_copy(update={"precision": precision}))
        return Trainer(
            made, OBJECTIVES["plain"](), made_part(), made_part(seed=9), SETTINGS, seed=0, fingerprint="x"
        ).fingerprint

    monkeypatch.setattr(model, "_multiplies_bfloat16", lambda device: False)
    assert of("auto") == of("float32") != of("bfloat16")
    monkeypatch.setattr(model, "_multiplies_bfloat16", lambda device: True)
    assert of("auto") == of("bfloat16")
