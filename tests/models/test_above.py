"""Layers above a stored state: the same as from the waveform, lighter, and only told what they can hear."""

import pytest
import torch

from models.test_upstream_encoder import learners, made_batch, made_encoder, made_part, real, settings_of
from unheard.errors import SettingsError
from unheard.features import upstream as feature
from unheard.models.encoders.upstream import Encoder
from unheard.models.model import build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.objectives import plain
from unheard.training.dataset import Dataset
from unheard.training.loop import Trainer
from unheard.training.settings import TrainingSettings
from unheard.training.whole import predict_all
from upstreams.made import KINDS, SIZE

CLOSE = {"atol": 2e-5, "rtol": 1e-4}


def states_of(checkpoints, kind, number):
    """State `number` of a padded batch, and lengths in frames."""
    batch = made_batch()
    encoder = made_encoder(checkpoints, kind, layers=3, **pads(kind)).eval()
    with torch.inference_mode():
        states, lengths = encoder.upstream(batch.features[:, :, 0], batch.lengths)
    return states[number].clone(), lengths


def pads(kind):
    return {"padded": "never"} if kind == "whisper" else {}


@pytest.mark.parametrize("states", ["last", "weighted"])
@pytest.mark.parametrize("layers", [2, 3])
@pytest.mark.parametrize("above", [0, 1])
@pytest.mark.parametrize("kind", KINDS)
def test_layers_above_a_state_give_what_they_give_from_the_waveform(checkpoints, kind, above, layers, states):
    frames, lengths = states_of(checkpoints, kind, above)
    encoder = made_encoder(
        checkpoints, kind, layers=layers, above=above, states=states, groups=2, **pads(kind)
    ).train()
    found, own = encoder(frames, lengths)
    batch = made_batch()
    below = made_encoder(checkpoints, kind, layers=layers, **pads(kind))
    expected, _ = below.upstream(batch.features[:, :, 0], batch.lengths)
    wanted = expected[-1] if states == "last" else torch.stack(expected[above:]).mean(0)
    assert torch.equal(own, lengths)
    assert not found[torch.arange(found.shape[1]) >= own.unsqueeze(1)].any()
    torch.testing.assert_close(real(found, own), real(wanted, own), **CLOSE)


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_is_there_learns_and_what_lies_below_is_gone(checkpoints, kind):
    frames, lengths = states_of(checkpoints, kind, 1)
    encoder = made_encoder(checkpoints, kind, layers=3, above=1, **pads(kind)).train()
    encoder(frames, lengths)[0].square().sum().backward()
    without = {name for name, p in encoder.named_parameters() if p.requires_grad and p.grad is None}
    assert without == set()
    kept = {name for name, p in encoder.named_parameters() if not p.requires_grad}
    assert {name.rsplit(".", 2)[-2] for name in kept} <= {"rel_attn_embed"} | {
        "attention" for name in kept if "gru_rel_pos_const" in name
    }


@pytest.mark.parametrize("how", [{"train": "top", "top": 1}, {"train": "lora", "rank": 2}], ids=str)
def test_the_top_and_low_rank_additions_are_counted_from_the_state(checkpoints, how):
    found = learners(made_encoder(checkpoints, "hubert group", layers=3, above=1, **how))
    assert found
    assert not any(".layers.0." in name for name in found)
    if how["train"] == "top":
        assert all(".layers.2." in name for name in found)


def stored(checkpoints, kind):
    """The frames of state 1 as the feature gives them."""
    source = str(checkpoints(kind))
    settings = feature.Settings(family=KINDS[kind][0], source=source, states=(1,), **pads(kind))
    part = made_part()
    frames = [[feature.extract(variants[0][:, 0], 16_000, settings)] for variants in part.frames]
    return Dataset(part.names, frames, part.columns, 0.02)


@pytest.mark.parametrize("kind", ["wavlm layer", "whisper"])
def test_it_learns_and_comes_back_from_its_file(checkpoints, kind, tmp_path):
    part = stored(checkpoints, kind)
    own = settings_of(checkpoints, kind, layers=3, above=1, dropout=0.0, **pads(kind)).model_dump(exclude_none=True)
    settings = ModelSettings(
        encoder={"name": "upstream", **own}, normalization="none", embedding=6, hidden=5, dropout=0.0
    )
    model = build_model(SIZE, {"emotion": 2, "speaker": 2}, settings)
    training = TrainingSettings(
        epochs=30, learning_rate=0.01, upstream_rate=0.5, device="cpu", speakers_per_batch=2, utterances_per_speaker=2
    )
    trained = Trainer(model, plain.Objective(plain.Settings(), {}), part, part, training, seed=0).run()
    assert trained.history[-1]["emotion_loss"] < 0.9 * trained.history[0]["emotion_loss"]
    save_model(trained.model, tmp_path / "a.safetensors", {})
    again, _ = load_model(tmp_path / "a.safetensors")
    assert (predict_all(again, part) == predict_all(trained.model, part)).all()


@pytest.mark.parametrize(
    ("channels", "options", "problem"),
    [
        (1, {"above": 1}, "hears frames of one state, 16 channels, not 1"),
        (SIZE, {"above": 2}, "no layer is kept"),
        (SIZE, {}, "hears the waveform"),
        (SIZE, {"above": 1, "padded": "always"}, "set padded = 'never'"),
    ],
)
def test_what_it_cannot_hear_is_said(checkpoints, channels, options, problem):
    with pytest.raises(SettingsError, match=problem):
        Encoder(channels, settings_of(checkpoints, "whisper", **{"padded": "never", **options}))
