"""What is refused, what is never read, and where a source is looked for."""

import json
import shutil
import subprocess
import sys

import pytest
import torch
from pydantic import ValidationError
from safetensors.torch import load_file, save_file

from unheard.errors import MissingExtraError, SettingsError
from unheard.upstreams import _transformers
from unheard.upstreams.checkpoints import UpstreamSettings, find_checkpoint, local_source
from unheard.upstreams.loading import load_upstream
from upstreams.made import padded, sounds

KIND = "hubert group"


@pytest.fixture
def folder(checkpoints, tmp_path):
    """A checkpoint of one's own."""
    shutil.copytree(checkpoints(KIND), tmp_path / "hubert")
    return tmp_path / "hubert"


def settings_of(folder, **options):
    return UpstreamSettings(**{"family": "hubert", "source": str(folder), **options})


def states_of(folder):
    with torch.inference_mode():
        return load_upstream(settings_of(folder))(*padded(sounds(0.3)))[0][-1]


def edit(folder, change):
    file = folder / "model.safetensors"
    tensors = load_file(file)
    save_file(change(tensors), file, metadata={"format": "pt"})


def test_nothing_of_transformers_is_imported_until_a_model_is_asked_for():
    code = (
        "import sys; from unheard import registry; import unheard.experiment.recipe, unheard.training.loop;"
        "kinds = ('upstreams', 'features', 'encoders');"
        "[registry.load(kind, name) for kind in kinds for name in registry.names(kind)];"
        "heavy = ('transformers', 'huggingface_hub');"
        "sys.exit(' '.join(name for name in sys.modules if name.split('.')[0] in heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_without_the_extra_the_error_names_it(monkeypatch, folder):
    def missing(name):
        raise ImportError(name)

    monkeypatch.setattr(_transformers.importlib, "import_module", missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'unheard\[ssl\]'"):
        _transformers.built("Hubert", {})


def test_the_network_is_never_asked_unless_the_settings_say_so(monkeypatch, tmp_path):
    hub = pytest.importorskip("huggingface_hub")
    asked = []

    def snapshot(name, *, revision, local_files_only, allow_patterns):
        asked.append((name, revision, local_files_only, allow_patterns))
        raise FileNotFoundError(name)

    monkeypatch.setattr(hub, "snapshot_download", snapshot)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="Pass --download"):
        find_checkpoint(settings_of("owner/name", revision="v1"))
    with pytest.raises(SettingsError, match="Check the name and the network"):
        find_checkpoint(settings_of("owner/name", download=True))
    assert [one[:3] for one in asked] == [("owner/name", "v1", True), ("owner/name", None, False)]
    assert not [
        pattern for one in asked for pattern in one[3] if "bin" in pattern or "pt" in pattern or "py" in pattern
    ]


def test_a_name_that_is_not_downloaded_says_what_to_do(monkeypatch, tmp_path):
    pytest.importorskip("huggingface_hub")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="is no folder and was not downloaded before"):
        find_checkpoint(settings_of("nobody/nothing-of-this-name"))


def test_a_pickle_is_never_read(folder):
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(SettingsError, match="is a pickle, which may run code, and is never read"):
        load_upstream(settings_of(folder))


@pytest.mark.parametrize(
    "kernel", ["kernels-community/flash-attn2", "nobody/their-kernel", {"": "nobody/their-kernel"}]
)
def test_no_code_of_a_checkpoint_is_run_or_fetched(monkeypatch, folder, tmp_path, kernel):
    """Neither what lies beside the weights, nor what config.json asks for: modules, kernels, another loader."""

    def network(*_given, **_named):
        pytest.fail("the network was asked")

    expected = states_of(folder)
    mark = tmp_path / "ran"
    code = f"open({str(mark)!r}, 'w')\nclass Own: pass\n"
    for name in ("modeling_own.py", "configuration_own.py", "__init__.py"):
        (folder / name).write_text(code)
    (folder / "pytorch_model.bin").write_bytes(f"cos\nsystem\n(S'touch {mark}'\ntR.".encode())
    described = json.loads((folder / "config.json").read_text())
    classes = {"AutoConfig": "configuration_own.Own", "AutoModel": "modeling_own.Own"}
    asked = {
        "auto_map": classes | {"AutoFeatureExtractor": "nobody/model--modeling_own.Own"},
        "custom_pipelines": {"own": {"impl": "modeling_own.Own", "pt": ["Own"]}},
        "trust_remote_code": True,
        "attn_implementation": kernel,
        "_attn_implementation": kernel,
        "_attn_implementation_internal": kernel,
        "_experts_implementation": kernel,
        "use_kernels": True,
        "_name_or_path": "nobody/model",
        "quantization_config": {"quant_method": "bitsandbytes", "load_in_4bit": True},
    }
    (folder / "config.json").write_text(json.dumps(described | asked))
    monkeypatch.setattr("socket.socket.connect", network)
    monkeypatch.setattr("socket.getaddrinfo", network)
    assert torch.equal(states_of(folder), expected)
    assert not mark.exists()


@pytest.mark.parametrize("listed", ["../other.safetensors", "/etc/passwd", "pytorch_model-00001.bin"])
def test_an_index_leads_to_no_other_folder_and_to_no_pickle(folder, listed, tmp_path):
    shutil.copy(folder / "model.safetensors", tmp_path / "other.safetensors")
    mark = tmp_path / "ran"
    (folder / "pytorch_model-00001.bin").write_bytes(f"cos\nsystem\n(S'touch {mark}'\ntR.".encode())
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": listed}}))
    with pytest.raises(SettingsError, match=r"cannot be read|no other|no passwd"):
        load_upstream(settings_of(folder))
    assert not mark.exists()


def test_a_source_is_looked_for_below_the_folder_of_models(monkeypatch, folder, tmp_path):
    monkeypatch.chdir(tmp_path / "hubert")
    monkeypatch.setenv("UNHEARD_MODELS", str(tmp_path))
    assert find_checkpoint(settings_of("hubert")).folder == folder.resolve()
    monkeypatch.delenv("UNHEARD_MODELS")
    with pytest.raises(SettingsError, match="no folder 'hubert'"):
        find_checkpoint(settings_of("hubert"))


def test_a_recipe_means_its_own_folder(tmp_path):
    (tmp_path / "models" / "one").mkdir(parents=True)
    (tmp_path / "recipes").mkdir()
    assert local_source("../models/one", tmp_path / "recipes") == str((tmp_path / "models" / "one").resolve())
    assert local_source("openai/whisper-base", tmp_path / "recipes") == "openai/whisper-base"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"family": "huber"}, "Did you mean 'hubert'"),
        ({"padded": "always"}, "padded is for whisper"),
        ({"nonsense": 1}, "Extra inputs"),
    ],
)
def test_settings_that_cannot_be_are_refused(wrong, message):
    with pytest.raises(ValidationError, match=message):
        settings_of("x", **wrong)


def test_another_familys_checkpoint_is_refused(folder):
    with pytest.raises(SettingsError, match=r"model_type: is 'hubert', but family is 'wavlm'"):
        load_upstream(settings_of(folder, family="wavlm"))


@pytest.mark.parametrize("name", ["config.json", "preprocessor_config.json"])
def test_both_descriptions_are_needed(folder, name):
    (folder / name).unlink()
    with pytest.raises(SettingsError, match=name):
        load_upstream(settings_of(folder))


def test_how_the_waveform_is_normalized_is_not_guessed(folder):
    (folder / "preprocessor_config.json").write_text(json.dumps({"sampling_rate": 16000}))
    with pytest.raises(SettingsError, match="do_normalize"):
        find_checkpoint(settings_of(folder))


def test_a_missing_weight_is_an_error_and_not_a_random_number(folder):
    edit(folder, lambda tensors: {k: v for k, v in tensors.items() if "encoder.layers.1.attention.q_proj" not in k})
    with pytest.raises(SettingsError, match=r"encoder\.layers\.1\.attention\.q_proj.* is missing, with 1 more"):
        load_upstream(settings_of(folder))
    assert load_upstream(settings_of(folder), 1).layers == 1  # what is cut off may be missing


def test_a_weight_of_another_shape_is_refused(folder):
    edit(folder, lambda tensors: {k: v[:4] if "q_proj.weight" in k else v for k, v in tensors.items()})
    with pytest.raises(SettingsError, match=r"q_proj.weight: has the shape \(4, 16\), which config.json denies"):
        load_upstream(settings_of(folder))


def test_a_damaged_file_is_named(folder):
    (folder / "model.safetensors").write_bytes(b"nothing")
    with pytest.raises(SettingsError, match=r"model\.safetensors: cannot be read"):
        load_upstream(settings_of(folder))


def test_weights_of_a_model_with_a_head_and_of_older_torch_are_found(folder):
    """As most checkpoints on the hub are: named below 'hubert.', weight norm as weight_g and weight_v."""
    expected = states_of(folder)

    def older(name):
        name = name.replace(".parametrizations.weight.original0", ".weight_g")
        return f"hubert.{name.replace('.parametrizations.weight.original1', '.weight_v')}"

    edit(folder, lambda tensors: {older(k): v for k, v in tensors.items()} | {"lm_head.weight": torch.ones(2, 2)})
    assert torch.equal(states_of(folder), expected)


def test_half_precision_weights_are_read_as_float32(folder):
    edit(folder, lambda tensors: {k: v.half() for k, v in tensors.items()})
    assert {p.dtype for p in load_upstream(settings_of(folder)).parameters()} == {torch.float32}


def test_weights_in_several_files_are_found(folder):
    expected = states_of(folder)
    tensors = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names, places = sorted(tensors), {}
    for number, part in enumerate((names[::2], names[1::2])):
        file = f"model-{number}.safetensors"
        save_file({name: tensors[name] for name in part}, folder / file)
        places |= dict.fromkeys(part, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": places}))
    assert torch.equal(states_of(folder), expected)


def test_the_digest_is_of_the_weights_and_not_of_the_place(folder, tmp_path):
    mine = find_checkpoint(settings_of(folder)).digest
    shutil.copytree(folder, tmp_path / "elsewhere")
    assert find_checkpoint(settings_of(tmp_path / "elsewhere")).digest == mine
    edit(tmp_path / "elsewhere", lambda tensors: {k: v + 1e-6 for k, v in tensors.items()})
    assert find_checkpoint(settings_of(tmp_path / "elsewhere")).digest != mine
