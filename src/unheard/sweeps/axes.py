"""What a sweep varies: `key=values` as typed, checked against what the recipe has."""

import json
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from unheard.data.audio.loading import AudioSettings
from unheard.errors import SettingsError, nearest
from unheard.experiment.recipe import RunRecipe
from unheard.models.model_settings import ModelSettings
from unheard.training.settings import TrainingSettings

__all__ = ["Axis", "Setting", "kept", "parse_axis", "parse_values", "resolve_keys", "search_axes", "variable"]

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})\.\.({_NUMBER})(:log)?")


@dataclass(frozen=True)
class Axis:
    """One setting and the values that it takes: a list, or (for a search) a range.

    Args:
        key: e.g. objectives.dat.weight, or objective.weight for every objective that has it.
        values: as typed, each readable by --set; empty for a range.
        low: lower end of a range.
        high: upper end.
        log: whether the range is searched on a logarithmic scale.
        whole: whether the range holds whole numbers only.
    """

    key: str
    values: tuple[str, ...] = ()
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    whole: bool = False


def parse_values(text: str) -> tuple[str, ...]:
    """The values of a list as typed: commas part them, save inside brackets and quotes.

    >>> parse_values('0,-0.1,"a,b",[1, 2]')
    ('0', '-0.1', '"a,b"', '[1, 2]')
    """
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        depth += (letter in "[{") - (letter in "]}") if not quote else 0
        if letter == "," and not depth and not quote:
            parts.append("")
        else:
            parts[-1] += letter
    return tuple(part.strip() for part in parts)


def parse_axis(text: str) -> Axis:
    """`key=a,b,c` or `key=low..high[:log]`.

    >>> parse_axis("objective.weight=-3..-0.01:log")
    Axis(key='objective.weight', values=(), low=-3.0, high=-0.01, log=True, whole=False)

    Raises:
        SettingsError: it is neither, a value stands twice, or a range is empty or has no logarithm.
    """
    key, separator, typed = (part.strip() for part in text.partition("="))
    values = parse_values(typed)
    if not separator or not key or not all(values):
        raise SettingsError("--vary", text, "expected KEY=VALUE,VALUE,... e.g. objectives.dat.weight=-0.1,-0.3")
    found = _RANGE.fullmatch(typed)
    if found is None:
        plain = [json.dumps(_value(value), default=str) for value in values]
        twice = [value for position, value in enumerate(values) if plain[position] in plain[:position]]
        if twice:
            raise SettingsError("--vary", key, f"{twice[0]} stands twice")
        return Axis(key, values)
    low, high, log = float(found[1]), float(found[2]), found[3] is not None
    if low >= high:
        raise SettingsError("--vary", key, f"a range goes from low to high, and {found[1]} is not below {found[2]}")
    if log and low <= 0 <= high:
        raise SettingsError("--vary", key, "a logarithmic range must not touch 0: leave out :log, or the zero")
    return Axis(key, (), low, high, log)


def _value(text: str) -> Any:
    """What --set would make of a value; a whole number and its float are the same."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


@dataclass(frozen=True)
class Setting:
    """A setting that can be varied.

    Args:
        objective: the label of the objective that it belongs to; None for what all share.
        kind: the type of its values.
    """

    objective: str | None
    kind: Any


def _fields(model: type[BaseModel], prefix: str, objective: str | None = None) -> Iterator[tuple[str, Setting]]:
    for name, field in model.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from _fields(kind, f"{prefix}{name}.", objective)
        elif (prefix, name) != ("model.", "encoder"):
            yield prefix + name, Setting(objective, kind)


def variable(recipe: RunRecipe) -> dict[str, Setting]:
    """Every setting that a sweep of this recipe can vary.

    Corpus, split, seeds and leakage are not among them: points are compared on the same data, folds and probes.
    """
    found = dict(
        [
            *_fields(AudioSettings, "audio."),
            *_fields(recipe.feature.module.Settings, "features."),
            *_fields(ModelSettings, "model."),
            *_fields(recipe.encoder.module.Settings, "model.encoder."),
            *_fields(TrainingSettings, "training."),
        ]
    )
    for label in recipe.objectives:
        settings = recipe.objective(label).module.Settings
        found |= dict(_fields(settings, f"objectives.{label}.", label))
    return found


def kept(recipe: RunRecipe, only: Sequence[str]) -> RunRecipe:
    """The recipe with these of its objectives, or with all if none are named.

    Raises:
        SettingsError: it has no such objective.
    """
    unknown = [label for label in only if label not in recipe.objectives]
    if unknown:
        raise SettingsError(
            "--only", unknown[0], f"no such objective; the recipe has: {', '.join(recipe.objectives)}"
        )
    objectives = {label: own for label, own in recipe.objectives.items() if not only or label in only}
    return recipe.model_copy(update={"objectives": objectives})


def resolve_keys(recipe: RunRecipe, key: str) -> list[str]:
    """The settings that a key of --vary means: itself, or for `objective.X` the X of every objective that has it.

    Raises:
        SettingsError: nothing can be varied by that name; lists what can.
    """
    known = variable(recipe)
    if key in known:
        return [key]
    if key.startswith("objective."):
        ending = key.removeprefix("objective.")
        meant = [one for one, own in known.items() if one == f"objectives.{own.objective}.{ending}"]
        if meant:
            return meant
    near = nearest(key, known)
    hint = f"did you mean '{near}'? " if near else ""
    listed = ", ".join(known)
    raise SettingsError("--vary", key, f"cannot be varied; {hint}This recipe has: {listed}")


def search_axes(recipe: RunRecipe, axes: Sequence[Axis]) -> tuple[list[Axis], str]:
    """The axes of a search, each of one setting, and the objective whose dev UAR it raises.

    Args:
        recipe: with the objectives that may be meant.
        axes: lists and ranges.

    Raises:
        SettingsError: a key cannot be varied, a range is of a setting that is no number or of whole numbers and has
            other ends, more than one objective is meant, or the split leaves no dev speakers.
    """
    if recipe.split.get("dev_speakers") == 0:
        raise SettingsError("--search", "", "raises the UAR on dev speakers, and split.dev_speakers = 0 leaves none")
    known = variable(recipe)
    single = []
    for axis in axes:
        for key in resolve_keys(recipe, axis.key):
            kind = known[key].kind
            if not axis.values and kind not in (int, float):
                raise SettingsError("--vary", key, "takes no numbers, so a range means nothing: list its values")
            whole = not axis.values and kind is int
            if whole and (axis.low % 1 or axis.high % 1):
                raise SettingsError("--vary", key, "takes whole numbers: give whole ends")
            single.append(replace(axis, key=key, whole=whole))
    meant = {str(known[axis.key].objective) for axis in single if known[axis.key].objective is not None}
    meant = meant or set(recipe.objectives)
    if len(meant) > 1:
        listed = ", ".join(label for label in recipe.objectives if label in meant)
        raise SettingsError("--search", "", f"raises one objective's dev UAR; name it with --only ({listed})")
    return single, meant.pop()
