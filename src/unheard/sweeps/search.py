"""A search over settings, judged on dev speakers alone; every trial is written down, so that it can go on.

Optuna proposes, and keeps nothing: the trials stand in search.json, and the sampler of each is seeded by its number
and told of all before it. So a search that was killed goes on as if it had not been, on any machine, and no database
and no pickle is read.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from unheard.documents import DamageError, conform, opened, read_json
from unheard.errors import MissingExtraError, RunError
from unheard.files import write_document
from unheard.seeds import named_seed
from unheard.sweeps.axes import Axis

__all__ = ["SEARCH", "load_optuna", "search"]

SEARCH = "search.json"
SCHEMA = 1
_STARTUP = 5
"""Trials drawn at random before the sampler believes what it has seen."""


def load_optuna() -> ModuleType:
    """The package, quietened.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import optuna
    except ImportError as problem:
        raise MissingExtraError("optuna", "search") from problem
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


class _Space:
    """The axes as Optuna's distributions, and its parameters as typed values."""

    def __init__(self, optuna: ModuleType, axes: Sequence[Axis]) -> None:
        self.axes = {axis.key: axis for axis in axes}
        self.distributions = {axis.key: self._distribution(optuna.distributions, axis) for axis in axes}

    def _distribution(self, kinds: ModuleType, axis: Axis) -> Any:
        if axis.values:
            return kinds.CategoricalDistribution(axis.values)
        # A negative logarithmic range is searched by its size.
        low, high = (-axis.high, -axis.low) if self._turned(axis) else (axis.low, axis.high)
        if axis.whole:
            return kinds.IntDistribution(int(low), int(high), log=axis.log)
        return kinds.FloatDistribution(low, high, log=axis.log)

    @staticmethod
    def _turned(axis: Axis) -> bool:
        return axis.log and axis.high < 0

    def typed(self, parameters: Mapping[str, Any]) -> dict[str, str]:
        """Setting -> value as --set reads it; numbers to four digits, so that names stay short."""
        typed = {}
        for key, value in parameters.items():
            axis = self.axes[key]
            if isinstance(value, str):
                typed[key] = value
            elif isinstance(value, int):
                typed[key] = str(-value if self._turned(axis) else value)
            else:
                signed = -value if self._turned(axis) else value
                typed[key] = repr(min(axis.high, max(axis.low, float(f"{signed:.4g}"))))
        return typed

    def parameters(self, typed: Mapping[str, str]) -> dict[str, Any]:
        """The way back."""
        parameters: dict[str, Any] = {}
        for key, text in typed.items():
            axis = self.axes[key]
            if axis.values:
                parameters[key] = text
            else:
                number = int(text) if axis.whole else float(text)
                parameters[key] = -number if self._turned(axis) else number
        return parameters


class _Trial(BaseModel):
    settings: dict[str, str]
    dev_uar: Annotated[float, Field(allow_inf_nan=False)] | None
    done: bool


class _Trials(BaseModel):
    model_config = ConfigDict(extra="allow")

    schema_: int = Field(alias="schema")
    seed: int
    space: dict[str, str]
    trials: list[_Trial]


def _read(file: Path, space: Mapping[str, str], seed: int) -> list[dict[str, Any]]:
    """The trials so far.

    Raises:
        RunError: they are of another space or seed, or damaged.
    """
    if not file.exists():
        return []
    try:
        stored = opened(read_json(file))
        found = conform(stored, _Trials)
    except DamageError as problem:
        raise RunError(
            f"{file}: not the trials of a search ({problem}). Remove it, or choose another --out."
        ) from problem
    if found.schema_ != SCHEMA or found.space != dict(space) or found.seed != seed:
        raise RunError(f"{file} holds a search of another space or seed. Choose another --out.")
    # What is tried is what the command line asks for: no file adds a setting of its own.
    if any(set(trial.settings) != set(space) for trial in found.trials):
        raise RunError(f"{file}: trials of other settings than were asked for. Remove it, or choose another --out.")
    return [trial.model_dump() for trial in found.trials]


def search(
    axes: Sequence[Axis],
    count: int,
    file: Path,
    score: Callable[[dict[str, str]], float | None],
    *,
    seed: int = 0,
) -> list[dict[str, Any]]:
    """Run trials until there are `count` of them, those that the file holds included.

    Args:
        axes: what is searched, ranges and lists.
        count: trials in all.
        file: where they are written, one by one, before and after each.
        score: settings as typed -> what is to be high; measured on dev speakers, never on test ones. None is a
            trial that could not be judged.
        seed: of the sampler.

    Returns:
        The trials, in order: `settings` (as typed), `dev_uar`, `done`.

    Raises:
        MissingExtraError: Optuna is not installed.
        RunError: the file holds another search.

    Reference:
        bergstra2011algorithms: the tree-structured Parzen estimator, as Optuna has it.
    """
    optuna = load_optuna()
    space = _Space(optuna, axes)
    about = {axis.key: _said(axis) for axis in axes}
    trials = _read(file, about, seed)

    def keep() -> None:
        document = {"schema": SCHEMA, "seed": seed, "sampler": "TPE", "space": about, "trials": trials}
        write_document(document, file)

    while len(trials) < count or not trials[-1]["done"]:
        if not trials or trials[-1]["done"]:
            trials.append({"settings": _propose(optuna, space, trials, seed), "dev_uar": None, "done": False})
            keep()
        trials[-1]["dev_uar"] = score(trials[-1]["settings"])
        trials[-1]["done"] = True
        keep()
    return trials[:count]


def _said(axis: Axis) -> str:
    return ",".join(axis.values) if axis.values else f"{axis.low!r}..{axis.high!r}{':log' if axis.log else ''}"


def _propose(optuna: ModuleType, space: _Space, trials: Sequence[Mapping[str, Any]], seed: int) -> dict[str, str]:
    """The settings of the next trial: a function of the seed and the trials before it."""
    own = named_seed(seed, "search", len(trials)) % 2**32
    sampler = optuna.samplers.TPESampler(seed=own, n_startup_trials=_STARTUP)
    study = optuna.create_study(direction="maximize", sampler=sampler)
    for trial in trials:
        if trial["dev_uar"] is not None:
            study.add_trial(
                optuna.trial.create_trial(
                    params=space.parameters(trial["settings"]),
                    distributions=space.distributions,
                    value=trial["dev_uar"],
                )
            )
    return space.typed(study.ask(space.distributions).params)
