"""Commands typed as a user would."""

import os
from pathlib import Path

import pytest

from unheard.cli.main import main

__all__ = ["made_run", "unheard"]


def unheard(*arguments: object) -> int:
    """Type a command, return its exit code."""
    with pytest.raises(SystemExit) as left:
        main([str(argument) for argument in arguments])
    return int(left.value.code or 0)


def made_run(folder: Path, recipe_text: str, *more: str) -> Path:
    """A finished run of a recipe in a folder, whose feature cache is used from then on."""
    file = folder / "recipe.toml"
    file.write_text(recipe_text, encoding="utf-8")
    os.environ["UNHEARD_CACHE"] = str(folder / "cache")
    assert unheard("run", file, "--out", folder / "run", "--jobs", 1, *more) == 0
    return folder / "run"
