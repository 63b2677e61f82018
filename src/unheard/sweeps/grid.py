"""The runs of a sweep: which points there are, and which of them share a run.

Objectives of one run share features, folds, references and whatever is not varied. So a grid over an objective's
settings is one run with one objective a value (`dat.weight_-0.3`); any other setting makes a run of its own.
"""

import hashlib
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unheard.errors import SettingsError
from unheard.experiment.recipe import RunRecipe
from unheard.files import one_to_a_file_system
from unheard.sweeps.axes import Axis, kept, resolve_keys, variable

__all__ = ["Member", "Reader", "Runs", "combination_name", "plan_runs"]

_LONGEST = 80  # letters of what is varied, in the name of a point

Reader = Callable[[Sequence[str]], RunRecipe]
"""Reads and checks the recipe with these assignments (`key=value`) on top."""


@dataclass(frozen=True)
class Member:
    """One point of a sweep, as an objective of a run.

    Args:
        label: in that run.
        objective: the recipe's label that it comes from.
        varied: setting -> value, of those that the sweep varies for it; empty for what only stands beside.
    """

    label: str
    objective: str
    varied: Mapping[str, Any]


@dataclass(frozen=True)
class Runs:
    """One run of a sweep.

    Args:
        folder: relative to the sweep's; empty for the sweep's own.
        recipe: what is run, one objective a member.
        members: its points, in the order of the recipe's objectives.
    """

    folder: str
    recipe: RunRecipe
    members: tuple[Member, ...]


def _assign(recipe: RunRecipe, axes: Sequence[Axis]) -> dict[str | None, list[tuple[str, tuple[str, ...]]]]:
    """Label of the objective (None: shared) -> its settings with their values."""
    known = variable(recipe)
    found: dict[str | None, list[tuple[str, tuple[str, ...]]]] = {}
    seen: set[str] = set()
    for axis in axes:
        for key in resolve_keys(recipe, axis.key):
            if key in seen:
                raise SettingsError("--vary", key, "is varied twice: give all its values at once")
            seen.add(key)
            found.setdefault(known[key].objective, []).append((key, axis.values))
    return found


def _grid(axes: Sequence[tuple[str, tuple[str, ...]]]) -> Iterator[list[tuple[str, str]]]:
    """Every combination, as (setting, value as typed) for each setting."""
    for values in itertools.product(*(values for _, values in axes)):
        yield [(key, value) for (key, _), value in zip(axes, values, strict=True)]


def combination_name(pairs: Sequence[tuple[str, str]]) -> str:
    """'weight_-0.3.warmup_0': a combination as part of a file's name; two combinations never have one."""
    last = [key.rpartition(".")[2] for key, _ in pairs]
    short = [name if last.count(name) == 1 else key for name, (key, _) in zip(last, pairs, strict=True)]
    text = ".".join(f"{name}_{value}" for name, (_, value) in zip(short, pairs, strict=True))
    plain = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in text)
    if plain == text and len(text) <= _LONGEST:
        return text
    # What no label may carry is left out of it, so that two values may read alike: the digest tells them apart.
    return f"{plain[:_LONGEST]}.{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _read(read: Reader, pairs: Sequence[tuple[str, str]]) -> RunRecipe:
    """The recipe with these values; what is wrong with them is said of --vary."""
    try:
        return read([f"{key}={value}" for key, value in pairs])
    except SettingsError as problem:
        if problem.source != "--set" or problem.key not in {key for key, _ in pairs}:
            raise
        raise SettingsError("--vary", problem.key, problem.problem) from problem


def _held(pairs: Sequence[tuple[str, str]], recipe: RunRecipe) -> dict[str, Any]:
    """The varied settings as the recipe holds them."""
    whole = recipe.model_dump(mode="json")
    held: dict[str, Any] = {}
    for key, _ in pairs:
        table = whole
        for name in key.split("."):
            table = table[name]
        held[key] = table
    return held


def plan_runs(read: Reader, axes: Sequence[Axis], *, only: Sequence[str] = ()) -> list[Runs]:
    """The runs of a grid: every combination of the shared settings, and in it every combination of each objective's.

    Settings of two objectives are not crossed with each other: neither sees the other's.

    Args:
        read: gives the recipe.
        axes: what is varied; lists, no ranges (those are for a search).
        only: labels of the recipe's objectives to take; by default all.

    Raises:
        SettingsError: a key cannot be varied, a value is refused, or an objective is not there.
    """
    ranges = [axis.key for axis in axes if not axis.values]
    if ranges:
        raise SettingsError("--vary", ranges[0], "a range needs --search N; a grid needs values, e.g. 0.1,0.3,1")
    recipe = kept(read([]), only)
    assigned = _assign(recipe, axes)
    runs = []
    for shared in _grid(assigned.get(None, [])):
        base = _read(read, shared)
        members, objectives = [], {}
        for label in recipe.objectives:
            for member, own in _members(read, base, label, shared, assigned.get(label, [])):
                members.append(member)
                objectives[member.label] = own
        folder = f"points/{combination_name(shared)}" if shared else ""
        runs.append(Runs(folder, base.model_copy(update={"objectives": objectives}), tuple(members)))
    _check_labels(runs)
    return runs


def _members(
    read: Reader,
    base: RunRecipe,
    label: str,
    shared: Sequence[tuple[str, str]],
    axes: Sequence[tuple[str, tuple[str, ...]]],
) -> Iterator[tuple[Member, dict[str, Any]]]:
    """The points of one objective in one run, with their settings."""
    if not axes:
        yield Member(label, label, _held(shared, base)), base.objectives[label]
        return
    for pairs in _grid(axes):
        recipe = _read(read, [*shared, *pairs])
        own = {"name": recipe.objective(label).name, **recipe.objectives[label]}
        yield Member(f"{label}.{combination_name(pairs)}", label, _held([*shared, *pairs], recipe)), own


def _check_labels(runs: Sequence[Runs]) -> None:
    """Two points must not share a folder (two texts that differ only in case, where that does not count)."""
    names = [one_to_a_file_system(f"{run.folder}/{member.label}") for run in runs for member in run.members]
    twice = [name for position, name in enumerate(names) if name in names[:position]]
    if twice or any(len(run.recipe.objectives) != len(run.members) for run in runs):
        raise SettingsError("--vary", "", f"two points would be called {twice[0] if twice else 'the same'}")
