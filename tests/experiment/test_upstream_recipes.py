"""Recipes that name an upstream: what they must also say, what identifies them, what their figures are warned of."""

import shutil

import pytest

from unheard.errors import RunError, SettingsError
from unheard.experiment.recipe import notes_on_members
from unheard.experiment.recipe_file import read_recipe
from unheard.experiment.runner import claim_folder
from unheard.settings import read_document

TRAINED = """
name = "made"

[corpus]
name = "emodb"

[features]
name = "waveform"

[split]
name = "leave_one_speaker_out"

[model]
normalization = "none"

[model.encoder]
name = "upstream"
family = "hubert"
source = "models/hubert"

[objectives.plain]
"""
FROZEN = (
    TRAINED.split("[model]", maxsplit=1)[0].replace(
        '"waveform"', '"upstream"\nfamily = "hubert"\nsource = "models/hubert"\nstates = [1]'
    )
    + "\n[objectives.plain]\n"
)


@pytest.fixture
def folder(checkpoints, tmp_path):
    shutil.copytree(checkpoints("hubert group"), tmp_path / "models" / "hubert")
    return tmp_path


def read(folder, text, *overrides):
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    return read_recipe(read_document(folder / "recipe.toml", overrides))


ABOVE = FROZEN.replace("states = [1]", 'states = [1]\nkeep = "frames"').replace(
    "[objectives",
    """[model]
normalization = "none"

[model.encoder]
name = "upstream"
family = "hubert"
source = "models/hubert"
above = 1

[objectives""",
)


def test_layers_above_a_state_hear_that_state_of_the_same_upstream(folder, checkpoints):
    recipe = read(folder, ABOVE)
    assert recipe.model.encoder["above"] == 1
    assert len(notes_on_members(recipe)) == 1  # one upstream, said once
    shutil.copytree(checkpoints("hubert layer"), folder / "models" / "other")
    for change, message in (
        (("states = [1]", "states = [1, 2]"), r"line 11: features\.states: model\.encoder\.above is 1"),
        (('"frames"', '"statistics"'), r"line 12: features\.keep: .* set 'frames'"),
        (("above = 1", "above = 1\nlayers = 9"), r"model\.encoder\.layers: 9 asked for"),
        (('normalization = "none"', 'normalization = "training"'), r"model\.normalization: .* the state of `above`"),
        (
            ('source = "models/hubert"\nabove', 'source = "models/other"\nabove'),
            r"model\.encoder\.source: the features",
        ),
    ):
        with pytest.raises(SettingsError, match=message):
            read(folder, ABOVE.replace(*change))


def test_only_what_is_pretrained_has_a_scale_before_it_learns(folder):
    wanted = 'model.pooled_normalization="training"'
    assert read(folder, TRAINED, wanted).model.pooled_normalization == "training"
    fresh = FROZEN.replace("[objectives", '[model]\npooled_normalization = "training"\n\n[objectives')
    with pytest.raises(SettingsError, match=r"line 18: model\.pooled_normalization: .* tdnn_lstm pools has no scale"):
        read(folder, fresh)
    assert read(folder, fresh, 'model.encoder={name="pooled"}').model.pooled_normalization == "training"


def test_a_source_is_relative_to_the_recipe(folder, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    expected = str((folder / "models" / "hubert").resolve())
    assert read(folder, FROZEN).features["source"] == expected
    assert read(folder, TRAINED).model.encoder["source"] == expected


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('name = "waveform"', 'name = "logmel"'), r"line 8: features\.name: .* set 'waveform' \(came: 'logmel'\)"),
        (('normalization = "none"', 'normalization = "utterance"'), r"line 14: model\.normalization: .* set 'none'"),
        (
            ('normalization = "none"', 'normalization = "none"\n[audio]\nrate = 8000'),
            r"audio\.rate: .* hears 16000 Hz",
        ),
        (
            ('normalization = "none"', 'normalization = "none"\nnoise = 0.7'),
            r"line 15: model\.noise: .* set '0\.0' \(came: '0\.7'\)",
        ),
        (("[corpus]", 'adaptation = "speaker"\n[corpus]'), r"line 4: adaptation: .* set 'none' \(came: 'speaker'\)"),
        (("models/hubert", "./models/huber"), r"line 19: model\.encoder\.source: no folder './models/huber'"),
        (('source = "models/hubert"', ""), r"model\.encoder\.source: is missing"),
        (('source = "models/hubert"', 'source = ""'), r"line 19: model\.encoder\.source: is missing"),
        (('family = "hubert"', 'family = "hubert"\nlayers = 9'), r"line 19: model\.encoder\.layers: 9 asked for"),
        (('family = "hubert"', 'family = "huber"'), r"line 18: model\.encoder\.family: .*Did you mean 'hubert'"),
    ],
)
def test_what_an_upstream_that_is_trained_needs_is_checked_with_the_line(folder, change, message):
    with pytest.raises(SettingsError, match=message):
        read(folder, TRAINED.replace(*change))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("[1]", "[0, 9]"), r"line 11: features\.states: 9 asked for, .* has 3 layers"),
        (("[1]", "[1, 1]"), r"line 11: features\.states: .*a state stands twice"),
        (("[1]", "[1]\n[audio]\nrate = 8000"), r"audio\.rate: .* set audio\.rate = 16000 \(came: 8000\)"),
        (("models/hubert", "./models/huber"), r"line 10: features\.source: no folder './models/huber'"),
        (("[1]", '[1]\nkeep = "statistics"\n[model]\nnormalization = "utterance channels"'), r"single frame 0"),
    ],
)
def test_what_a_checkpoint_cannot_give_is_said_before_any_audio_is_read(folder, change, message):
    with pytest.raises(SettingsError, match=message):
        read(folder, FROZEN.replace(*change))


@pytest.mark.parametrize(
    ("states", "weighed", "good"), [([1], 2, False), ([0, 1, 2, 3], 2, False), ([1, 2], 2, True)]
)
def test_only_like_channels_of_different_states_are_summed(folder, states, weighed, good):
    changes = f"features.states={states}", 'model.encoder={name="pooled",states=' + f"{weighed}" + "}"
    if good:
        assert read(folder, FROZEN, *changes).model.encoder["states"] == weighed
        return
    with pytest.raises(SettingsError, match=rf"--set: model\.encoder\.states: .* hold {len(states)} side by side"):
        read(folder, FROZEN, *changes)


@pytest.mark.parametrize("text", [FROZEN, TRAINED])
def test_a_run_is_identified_by_its_weights_and_not_by_where_they_lie(folder, text):
    mine = read(folder, text).fingerprint("x")
    shutil.copytree(folder / "models" / "hubert", folder / "models" / "copy")
    assert read(folder, text.replace("models/hubert", "models/copy")).fingerprint("x") == mine
    shutil.copytree(folder / "models" / "hubert", folder / "models" / "other")
    file = folder / "models" / "other" / "config.json"
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert read(folder, text.replace("models/hubert", "models/other")).fingerprint("x") != mine


@pytest.mark.parametrize("text", [FROZEN, TRAINED])
def test_a_run_goes_on_when_its_checkpoint_has_moved(folder, text, tmp_path):
    claim_folder(read(folder, text), tmp_path / "run")
    (folder / "models" / "hubert").rename(folder / "models" / "moved")
    claim_folder(read(folder, text.replace("models/hubert", "models/moved")), tmp_path / "run")
    (folder / "models" / "moved").rename(folder / "models" / "again")
    with pytest.raises(RunError, match="other settings"):
        claim_folder(read(folder, text.replace("models/hubert", "models/again"), "audio.trim=30"), tmp_path / "run")


def test_frames_are_as_far_apart_as_the_feature_says(folder):
    assert read(folder, FROZEN).hop == 0.02
    assert read(folder, TRAINED).hop == 1 / 16000
    assert (
        read(folder, FROZEN.replace('"upstream"', '"logmel"').split("family")[0] + FROZEN.split("[1]")[1]).hop == 0.01
    )


def test_the_corpus_that_the_upstream_heard_is_warned_of(folder):
    recipe = read(folder, FROZEN)
    (said,) = notes_on_members(recipe)
    assert "not in the ledger" in said
    shutil.copytree(folder / "models" / "hubert", folder / "models" / "hubert-base-superb-er")
    trained = TRAINED.replace("models/hubert", "models/hubert-base-superb-er")
    (said,) = notes_on_members(read(folder, trained, "corpus.name=iemocap"))
    assert said.startswith("CONTAMINATED")
    (said,) = notes_on_members(read(folder, trained, "corpus.name=table"))  # nobody's recordings are called so
    assert "this corpus, if it was ever published, " in said
