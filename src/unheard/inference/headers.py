"""What the header of a model's file must say before anything is predicted by it.

A file may come from anywhere, so that nothing in it is believed, and nothing in it gives leave to use the network.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from unheard.data.audio.loading import AudioSettings
from unheard.documents import DamageError, conform
from unheard.errors import MissingExtraError, RunError, SettingsError, UnheardError
from unheard.harmless import visible
from unheard.models.model import Model
from unheard.registry import load
from unheard.settings import read_document
from unheard.upstreams.checkpoints import UpstreamSettings, find_checkpoint, moved_source, without_grant

__all__ = ["Hearing", "check_headers", "hearing_of", "upstream_of_run"]

_MEND = "Take the weights of `unheard run`."
_SHORTEST = 0.001
_SETTINGS = "settings.toml"
"""Of a run, in its folder: what ran, whole."""


class _Header(BaseModel):
    """What predicting reads; there is more."""

    model_config = ConfigDict(extra="allow")

    emotions: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(min_length=1)
    features: dict[str, Any]
    audio: dict[str, Any]
    adaptation: Literal["none", "speaker"] = "none"


@dataclass(frozen=True)
class Hearing:
    """How models hear: the registered feature and its settings.

    Args:
        feature: its module.
        settings: its settings.
        audio: how a recording is conditioned before.
        folder: of the pretrained upstream that is read, beside the models; None where there is none.
    """

    feature: ModuleType
    settings: Any
    audio: AudioSettings
    folder: Path | None


def check_headers(models: Sequence[tuple[Model, Mapping[str, Any]]], names: Sequence[str]) -> None:
    """Hold that models say what they heard, heard one thing, and name what they answer.

    Args:
        models: each with its header.
        names: what errors call them.

    Raises:
        RunError: they do not.
    """
    first = models[0][1]
    for name, (model, header) in zip(names, models, strict=True):
        missing = [key for key in ("emotions", "features", "audio") if key not in header]
        if missing:
            raise RunError(f"{name}: a model that does not say its {', '.join(missing)}. {_MEND}")
        try:
            _check_names(conform(header, _Header).emotions, model)
        except DamageError as problem:
            raise RunError(f"{name}: {problem}. {_MEND}") from problem
        same = header["emotions"] == first["emotions"] and header["audio"] == first["audio"]
        heard = [without_grant(own["features"]) for own in (header, first)]
        if not same or heard[0] != heard[1] or header.get("adaptation") != first.get("adaptation"):
            raise RunError(f"{name}: these models differ in emotions or features. Use models of one run only.")


def _check_names(emotions: Sequence[str], model: Model) -> None:
    """The emotions are as many as the model tells apart, distinct, and harmless where they are printed."""
    if len(set(emotions)) != len(emotions):
        twice = next(name for name in emotions if emotions.count(name) > 1)
        raise DamageError(f"the emotion {twice!a} stands twice")
    for name in emotions:
        if visible(name) != name:
            raise DamageError(f"the emotion {name!a} holds signs that steer a terminal")
    if model.classes.get("emotion") != len(emotions):
        raise DamageError(
            f"it names {len(emotions)} emotions, and the model tells {model.classes.get('emotion')} apart"
        )


def hearing_of(
    model: Model, header: Mapping[str, Any], name: str, *, download: bool, upstream: Path | None
) -> Hearing:
    """How a model hears, once `check_headers` found its header in order.

    Args:
        model: the model.
        header: of its file.
        name: what errors call it.
        download: whether the hub may be asked for a pretrained upstream.
        upstream: folder of that upstream; None for where the header says, or below $UNHEARD_MODELS.

    Raises:
        RunError: there is no such feature, it gives other channels, or its upstream is not here or another.
        MissingExtraError: transformers is not installed.
    """
    own = without_grant(header["features"])
    try:
        feature = load("features", str(own.pop("name", "")))
        audio = conform(header["audio"], AudioSettings, strict=False)
        pretrained = issubclass(feature.Settings, UpstreamSettings)
        if pretrained:
            source = moved_source(str(own.get("source", ""))) if upstream is None else str(upstream.resolve())
            own |= {"source": source, "download": download}
        elif upstream is not None:
            raise RunError(f"{name}: its features come from no upstream. Leave --upstream out.")
        settings = conform(own, feature.Settings, strict=False)
        if getattr(settings, "hop", _SHORTEST) < _SHORTEST:  # frames, and so memory, have no other bound
            raise DamageError(f"frames every {settings.hop} s, expected {_SHORTEST} s or more")  # noqa: TRY301
    except (DamageError, UnheardError) as problem:
        if isinstance(problem, RunError):
            raise
        raise RunError(f"{name}: its header says what is no feature: {problem}. {_MEND}") from problem
    folder = _found_upstream(settings, name) if pretrained else None
    if hasattr(feature, "identity") and feature.identity(settings) != header.get("feature_identity"):
        where = f" in {folder}" if folder else ""
        raise RunError(
            f"{name}: the upstream{where} has other weights than in training. Restore its checkpoint, or name its "
            "folder with --upstream."
        )
    channels = len(feature.channel_names(settings))
    if channels != model.channels:
        raise RunError(f"{name}: it hears {model.channels} channels, and its features have {channels}. {_MEND}")
    return Hearing(feature, settings, audio, folder)


def upstream_of_run(run: Path, header: Mapping[str, Any]) -> Path | None:
    """Where a run's own settings.toml says that the upstream of its features lies; weights know only its name.

    Args:
        run: the folder of the run; anything may lie there.
        header: of one of its models.

    Returns:
        A folder of the name that the header has; None where the settings name no such one.
    """
    features = header.get("features")
    name = features.get("source") if isinstance(features, Mapping) else None
    if not isinstance(name, str) or not (run / _SETTINGS).is_file():
        return None
    try:
        said = read_document(run / _SETTINGS).data.get("features")
    except SettingsError:
        return None
    source = said.get("source") if isinstance(said, Mapping) else None
    place = Path(source) if isinstance(source, str) else Path()
    known = place.is_absolute() and place.name == Path(name).name and place.is_dir()
    return place if known else None


def _found_upstream(settings: UpstreamSettings, name: str) -> Path:
    """The folder of the upstream that features come from.

    Raises:
        RunError: it is not on this machine.
    """
    try:
        return find_checkpoint(settings).folder
    except MissingExtraError:
        raise
    except UnheardError as problem:
        raise RunError(
            f"{name}: its features come from the upstream {settings.source!a}, which cannot be read here "
            f"({problem}). Name its folder with --upstream, set UNHEARD_MODELS to the folder that holds it, or pass "
            "--download if it is a name on the hub."
        ) from problem
