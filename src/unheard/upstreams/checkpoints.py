"""Where a pretrained checkpoint lies and what it says of itself: a folder, or a name on the hub.

The hub is asked only where the caller grants it. Of the weights nothing is read here but their digest, and only
safetensors are taken, for a pickle may run code.
"""

import functools
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from unheard.documents import DamageError, read_json
from unheard.errors import MissingExtraError, SettingsError, UnknownNameError
from unheard.registry import load
from unheard.upstreams.upstream import Card

__all__ = [
    "Checkpoint",
    "UpstreamSettings",
    "find_checkpoint",
    "local_source",
    "moved_source",
    "portable",
    "read_card",
    "without_grant",
]

_FILES = ("config.json", "preprocessor_config.json", "*.safetensors", "*.safetensors.index.json")
_NEEDED = {"sampling_rate", "do_normalize"}
_NEEDED_BY_WHISPER = {"sampling_rate", "hop_length", "n_fft"}


class UpstreamSettings(BaseModel):
    """Which pretrained model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    family: str
    """Registered name: wav2vec2, hubert, wavlm, data2vec_audio or whisper."""
    source: str = Field("", max_length=4096)
    """A folder (relative to the recipe, or below $UNHEARD_MODELS) with `config.json`, `preprocessor_config.json` and
    safetensors, or a name on the hub such as 'openai/whisper-base'."""
    revision: str | None = None
    """Branch, tag or commit on the hub."""
    download: bool = False
    """Whether the hub may be asked over the network; otherwise only what was downloaded before is used. It is for the
    command line (`--download`) and for your own code: what is read from a file never sets it."""
    padded: Literal["auto", "never", "always"] = "auto"
    """Whisper only: whether silence is appended up to 30 s; 'auto' does it above the middle of its layers."""

    @field_validator("family")
    @classmethod
    def _known(cls, family: str) -> str:
        try:
            load("upstreams", family)
        except UnknownNameError as problem:
            raise ValueError(str(problem)) from problem
        return family

    @model_validator(mode="after")
    def _pads(self) -> Self:
        if self.padded != "auto" and self.family != "whisper":
            msg = "padded is for whisper; the other families hear an utterance as it is"
            raise ValueError(msg)
        return self


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint on this machine.

    Args:
        folder: where it lies.
        config: `config.json`.
        processor: `preprocessor_config.json`.
        files: the safetensors files.
    """

    folder: Path
    config: Mapping[str, Any]
    processor: Mapping[str, Any]
    files: tuple[Path, ...]

    @property
    def digest(self) -> str:
        """SHA-256 over the weights and both descriptions: the same wherever it lies, another for other weights."""
        described = [self.folder / name for name in ("config.json", "preprocessor_config.json")]
        each = [(file.name, _digest(file, *_stamp(file))) for file in (*described, *self.files)]
        return hashlib.sha256(json.dumps(each).encode()).hexdigest()

    def card(self, family: str) -> Card:
        """Rate, stride, size and layers, without reading the weights."""
        return read_card(family, self.config, self.processor, str(self.folder))


def _stamp(file: Path) -> tuple[int, int]:
    status = file.stat()
    return status.st_size, status.st_mtime_ns


@functools.lru_cache(maxsize=64)
def _digest(file: Path, size: int, changed: int) -> str:
    del size, changed  # they only tell the cache that the file is another one
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def local_source(source: str, folder: Path) -> str:
    """A source as a recipe in `folder` means it: an absolute path where it names a folder, else as it is."""
    place = Path(source).expanduser()
    if (folder / place).is_dir():
        return str((folder / place).resolve())
    return source


def without_grant(table: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as a file may give them: without leave to use the network, which only who calls can give."""
    return {key: value for key, value in table.items() if key != "download"}


def portable(table: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as they may leave this machine: without leave to use the network, and of a folder only its last name.

    >>> portable({"name": "upstream", "source": "/home/anna/models/hubert-base", "download": True})
    {'name': 'upstream', 'source': 'hubert-base'}
    """
    found = without_grant(table)
    source = found.get("source")
    if isinstance(source, str) and Path(source).is_absolute():
        found["source"] = Path(source).name
    described = found.get("described")
    if isinstance(described, Mapping) and isinstance(described.get("config"), Mapping):
        config = {key: value for key, value in described["config"].items() if key != "_name_or_path"}
        found["described"] = {**described, "config": config}
    return found


def moved_source(source: str) -> str:
    """A source that a file of another machine names, or the folder of its last name below $UNHEARD_MODELS.

    The latter where the one is not here and the other is. Whether it is the same is for its digest to say.
    """
    models, place = os.environ.get("UNHEARD_MODELS"), Path(source)
    if models and place.is_absolute() and not place.is_dir():
        known = Path(models).expanduser() / place.name
        return str(known) if known.is_dir() else source
    return source


def find_checkpoint(settings: UpstreamSettings) -> Checkpoint:
    """Where the source lies, and what it says of itself.

    Raises:
        SettingsError: it is not there, is another family's, or has no safetensors; says what to do.
        MissingExtraError: it names the hub, and the extra is not installed.
    """
    folder = _folder(settings)
    config = _described(folder, "config.json")
    processor = _described(folder, "preprocessor_config.json")
    expected = load("upstreams", settings.family).MODEL_TYPE
    if config.get("model_type") != expected:
        raise SettingsError(
            str(folder), "model_type", f"is '{config.get('model_type')}', but family is '{settings.family}'"
        )
    needed = _NEEDED_BY_WHISPER if settings.family == "whisper" else _NEEDED
    missing = needed - set(processor)
    if missing:
        raise SettingsError(
            str(folder / "preprocessor_config.json"), ", ".join(sorted(missing)), "is missing: take it from the owner"
        )
    return Checkpoint(folder, config, processor, _weight_files(folder))


def _folder(settings: UpstreamSettings) -> Path:
    if not settings.source:
        raise SettingsError("upstream", "source", "is missing: name a folder or a model of the hub")
    models = os.environ.get("UNHEARD_MODELS")
    places = [Path(settings.source).expanduser()]
    if models:
        places.append(Path(models).expanduser() / settings.source)
    for place in places:
        if place.is_dir():
            return place.resolve()
    if settings.source.count("/") != 1 or settings.source.startswith((".", "/", "~")):
        raise SettingsError(
            "upstream",
            "source",
            f"no folder '{settings.source}'{f' here or in {models}' if models else ''}. Give its path, set "
            "UNHEARD_MODELS to the folder that holds it, or name a model of the hub (owner/name)",
        )
    return _from_hub(settings)


def _from_hub(settings: UpstreamSettings) -> Path:
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HFValidationError
    except ImportError as problem:
        raise MissingExtraError("huggingface_hub", "ssl") from problem
    try:
        found = snapshot_download(
            settings.source,
            revision=settings.revision,
            local_files_only=not settings.download,
            allow_patterns=list(_FILES),
        )
    except (OSError, ValueError, HFValidationError) as problem:
        mend = "Check the name and the network" if settings.download else "Pass --download to ask the hub for it"
        raise SettingsError(
            "upstream", "source", f"'{settings.source}' is no folder and was not downloaded before. {mend}"
        ) from problem
    return Path(found)


def _described(folder: Path, name: str) -> dict[str, Any]:
    try:
        found = read_json(folder / name)
    except DamageError as problem:
        raise SettingsError(
            str(folder / name), "", f"cannot be read ({problem}): take it from the owner"
        ) from problem
    if not isinstance(found, dict):
        raise SettingsError(str(folder / name), "", "is not a table")
    return found


def _weight_files(folder: Path) -> tuple[Path, ...]:
    """The safetensors of a checkpoint: one file, or those that its index names."""
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        listed = {Path(str(name)).name for name in _described(folder, index.name).get("weight_map", {}).values()}
        files = sorted(folder / name for name in listed)
    else:
        files = [folder / "model.safetensors"]
    absent = [file.name for file in files if not file.is_file()]
    if absent or not files:
        pickled = any(folder.glob("pytorch_model*.bin"))
        why = " (its pytorch_model.bin is a pickle, which may run code, and is never read)" if pickled else ""
        raise SettingsError(
            str(folder), "", f"no {', '.join(absent) or 'weights'}{why}. Take or make a safetensors version"
        )
    return tuple(files)


def read_card(family: str, config: Mapping[str, Any], processor: Mapping[str, Any], source: str) -> Card:
    """What a checkpoint says of itself: rate, stride, size and layers.

    Args:
        family: its registered name.
        config: as in `config.json`.
        processor: as in `preprocessor_config.json`.
        source: what an error names.

    Raises:
        SettingsError: it describes no checkpoint of that family.
    """
    try:
        card: Card = load("upstreams", family).card(config, processor)
    except (ArithmeticError, KeyError, TypeError, ValueError) as problem:
        raise SettingsError(
            source, "config.json", f"does not describe a {family} checkpoint ({problem})"
        ) from problem
    return card
