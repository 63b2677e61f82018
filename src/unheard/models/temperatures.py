"""The temperatures of a run, beside its weights: one an objective, for all models of it.

They are known only when all tasks are, and change when a run is extended; weights do not. So they have a file of
their own in the run's folder, and weights that are taken out of it predict with what the network says.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unheard.documents import DamageError, opened, read_json
from unheard.errors import RunError
from unheard.files import write_document

__all__ = ["TEMPERATURES", "read_temperature", "write_temperatures"]

TEMPERATURES = "temperatures.json"
_SCHEMA = 1
_LOWEST, _HIGHEST = 0.01, 100.0
"""Beyond these is nothing that was fitted, and logits divided by it may be no numbers any more."""
_AGAIN = "Give the command of the run again, which writes it anew, or pass --raw."


def write_temperatures(corpus: str, objectives: Mapping[str, Mapping[str, Any]], run: Path) -> None:
    """Write the temperatures of a run.

    Args:
        corpus: whose speakers they were fitted on.
        objectives: label -> `temperature` and whatever else is known of it, plain values.
        run: its folder.
    """
    write_document({"schema": _SCHEMA, "corpus": corpus, "objectives": objectives}, run / TEMPERATURES)


def read_temperature(run: Path, objective: str) -> dict[str, Any] | None:
    """What the run's file says of one objective, with `corpus`; None where there is no file, or nothing in it.

    Raises:
        RunError: the file is damaged, or what it says is no temperature.
    """
    file = run / TEMPERATURES
    if not file.exists():
        return None
    try:
        document = opened(read_json(file, finite=False))
    except DamageError as problem:
        raise RunError(f"{file}: cannot be read ({problem}). {_AGAIN}") from problem
    if document.get("schema") != _SCHEMA:
        raise RunError(f"{file}: no temperatures of schema {_SCHEMA}. {_AGAIN}")
    objectives = document.get("objectives")
    if not isinstance(objectives, dict):
        raise RunError(f"{file}: its objectives are no table. {_AGAIN}")
    found = objectives.get(objective)
    if found is None:
        return None
    value = found.get("temperature") if isinstance(found, dict) else found
    if isinstance(value, bool) or not isinstance(value, int | float) or not _LOWEST <= value <= _HIGHEST:
        what = f"the temperature of {objective} is no number from {_LOWEST:g} to {_HIGHEST:g}"
        raise RunError(f"{file}: {what}. {_AGAIN}")
    own = found if isinstance(found, dict) else {}
    return {**own, "temperature": float(value), "corpus": str(document.get("corpus"))}
