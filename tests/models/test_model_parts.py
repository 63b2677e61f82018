"""What the model is built of: activations, targets' heads, domains, and names that cannot be."""

import pytest
import torch
from pydantic import ValidationError
from torch import nn
from torch.nn import functional as F

from unheard.errors import SettingsError
from unheard.models.model import EmbeddingNetwork, Model, Sizes, build_model
from unheard.models.model_settings import ModelSettings
from unheard.models.weights import load_model, save_model
from unheard.targets import EMOTION, Target

SMALL = ModelSettings(encoder={"name": "pooled"}, pooling="mean", embedding=6, hidden=5)
AROUSAL = Target(name="arousal", kind="numbers")
ACTIVATIONS = {"relu": torch.relu, "leaky_relu": F.leaky_relu, "tanh": torch.tanh, "none": lambda value: value}


def made(settings=SMALL, classes=None, parts=None, seed=0):
    return Model(Sizes(4, classes or {"emotion": 3, "speaker": 4}, settings), parts, seed)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_the_embedding_passes_its_activation_last(name, tmp_path):
    model = made(SMALL.model_copy(update={"activation": name})).eval()
    features, lengths = torch.randn(5, 7, 4), torch.tensor([7, 3, 5, 1, 2])
    network = model.network
    before = network.projection(network.pooled(network.normalizer(features, lengths), lengths))
    assert torch.equal(network(features, lengths), ACTIVATIONS[name](before))
    save_model(model, tmp_path / "m.safetensors", {})
    loaded, _ = load_model(tmp_path / "m.safetensors")
    assert torch.equal(loaded.network(features, lengths), network(features, lengths))


def test_an_embedding_is_rectified_unless_something_else_is_asked_for():
    features, lengths = torch.randn(5, 7, 4), torch.tensor([7, 3, 5, 1, 2])
    assert ModelSettings().activation == "relu"
    assert (made().network(features, lengths) >= 0).all()
    with pytest.raises(ValidationError, match="activation"):
        ModelSettings(activation="softplus")


def test_domains_are_the_heads_that_no_target_has():
    targets = SMALL.model_copy(update={"targets": (AROUSAL, EMOTION)})
    model = made(targets, {"emotion": 3, "speaker": 4, "gender": 2})
    assert model.domains == ("speaker", "gender")
    assert set(model.heads) == {"emotion", "speaker", "gender", "arousal"}
    assert model.heads["arousal"][-1].out_features == 1


def test_a_head_of_numbers_changes_no_other():
    both = made(SMALL.model_copy(update={"targets": (EMOTION, AROUSAL)}), seed=3).state_dict()
    alone = made(seed=3).state_dict()
    assert all(torch.equal(both[name], value) for name, value in alone.items())
    assert {name for name in both if name not in alone} == {
        name for name in both if name.startswith("heads.arousal.")
    }


@pytest.mark.parametrize(
    ("targets", "classes", "message"),
    [
        ((EMOTION,), {"speaker": 4}, r"nobody says how many classes 'emotion' has; there are \['speaker'\]"),
        ((AROUSAL, EMOTION), {"emotion": 3, "arousal": 4}, "is to be predicted as a number, and cannot be a domain"),
    ],
)
def test_targets_that_fit_no_head_are_refused(targets, classes, message):
    with pytest.raises(SettingsError, match=message):
        made(SMALL.model_copy(update={"targets": targets}), classes)


def test_a_target_stands_once():
    with pytest.raises(ValidationError, match="a target stands twice"):
        ModelSettings(targets=(AROUSAL, AROUSAL.model_copy(update={"loss": "mse"})))
    with pytest.raises(ValidationError, match="at least 1 item"):
        ModelSettings(targets=())


def test_networks_are_the_own_one_and_those_that_are_added():
    parts = {"companion": lambda: EmbeddingNetwork(4, SMALL), "decoder": lambda: nn.Linear(6, 4)}
    model = made(parts=parts)
    assert list(model.networks()) == [model.network, model.parts["companion"]]
    assert len(list(made().networks())) == 1


def test_parts_stand_between_the_network_and_the_heads():
    """The order that the norm of a clipped gradient is summed in."""
    model = made(parts={"decoder": lambda: nn.Linear(6, 4)})
    first = list(dict.fromkeys(name.split(".")[0] for name, _ in model.named_parameters()))
    assert first == ["network", "parts", "heads"]


def test_what_is_built_by_either_way_is_the_same():
    one, two = build_model(4, {"emotion": 3}, SMALL, seed=4), made(classes={"emotion": 3}, seed=4)
    assert all(torch.equal(one.state_dict()[name], value) for name, value in two.state_dict().items())
    assert two.sizes.classes == {"emotion": 3}


def test_an_encoder_that_reads_nothing_more_is_called_as_ever():
    model = made()
    seen = []
    model.network.encoder.register_forward_pre_hook(lambda _encoder, given: seen.append(len(given)))
    model.network(torch.randn(2, 3, 4), torch.tensor([3, 2]))
    assert seen == [2]
    assert not model.network.in_dialogues
