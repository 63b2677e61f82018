"""How a benchmark keeps what it measured, for docs/results."""

import json
import platform
from pathlib import Path
from typing import Any

import torch

__all__ = ["keep"]


def keep(file: Path, **measured: Any) -> None:
    """Write what was measured, after a line that says on what."""
    machine = f"One core of {platform.machine()}, {platform.system()}, torch {torch.__version__.split('+')[0]}."
    file.write_text(json.dumps({"machine": machine, **measured}, indent=1) + "\n", encoding="utf-8")
