"""Which corpus a recipe or an audit means, and where it lies."""

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from unheard.errors import CorpusError
from unheard.registry import load

__all__ = ["FORMS", "CorpusSettings", "corpus_folder"]

FORMS = ("table", "audformat")
"""Corpora that are whatever recordings their user describes in such a form."""


class CorpusSettings(BaseModel):
    """Which recordings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """Registered name; `table` for a CSV of one's own, `audformat` for an audformat database."""
    folder: str | None = None
    """The corpus's folder (or the CSV), relative to the recipe; by default $UNHEARD_CORPORA/<name>."""
    emotions: tuple[str, ...] = ()
    """Emotions to keep; empty keeps all. Utterances without an emotion are left out of a run."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What this corpus's reader understands, e.g. classes = "four" for IEMOCAP."""
    skip_bad: bool = False
    """Set recordings aside that cannot be used, and list them in the result, instead of stopping."""


def corpus_folder(settings: CorpusSettings) -> Path:
    """Where the corpus lies: the recipe's folder, else $UNHEARD_CORPORA/<name>.

    Raises:
        CorpusError: neither is given, or nothing is there; says how to get the corpus.
    """
    card = load("corpora", settings.name).CARD
    if settings.folder is not None:
        return Path(settings.folder)
    root = os.environ.get("UNHEARD_CORPORA")
    if root is None:
        raise CorpusError(
            settings.name,
            "no folder is given",
            "Pass --set corpus.folder=PATH, or set UNHEARD_CORPORA to the folder that holds "
            f"'{settings.name}'. {card.obtain}",
        )
    return Path(root).expanduser() / settings.name
