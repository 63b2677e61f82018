"""Which corpus a recipe or an audit means, where it lies, and its utterances."""

import inspect
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from unheard.data.labels import own_labels
from unheard.errors import CorpusError, SettingsError
from unheard.records import Utterance
from unheard.registry import load

__all__ = ["FORMS", "CorpusSettings", "corpus_folder", "form_of", "read_utterances", "sessions_matter"]

FORMS = ("table", "audformat", "kaldi", "superb", "audiofolder")
"""Corpora that are whatever recordings their user describes in such a form."""
_FOUND_BY_FORM = ("audformat", "kaldi", "superb", "audiofolder", "table")
"""The order in which a place is asked for its form: metadata of an audio folder are a table, too."""


class CorpusSettings(BaseModel):
    """Which recordings."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    """Registered name; of one's own: `table` (a CSV), `audformat`, `kaldi`, `superb` or `audiofolder`."""
    folder: str | None = None
    """The corpus's folder (or the CSV), relative to the recipe; by default $UNHEARD_CORPORA/<name>."""
    emotions: tuple[str, ...] = ()
    """Emotions to keep; empty keeps all. Utterances without an emotion are left out of a run."""
    labels: dict[str, str] = Field(default_factory=dict)
    """Your own labels -> classes: known emotions, or names of your own; for recordings of your own."""
    options: dict[str, Any] = Field(default_factory=dict)
    """What this corpus's reader understands, e.g. classes = "four" for IEMOCAP."""
    skip_bad: bool = False
    """Set recordings aside that cannot be used, and list them in the result, instead of stopping."""

    @field_validator("labels")
    @classmethod
    def _consistent(cls, labels: dict[str, str]) -> dict[str, str]:
        own_labels(labels)
        return labels

    @field_validator("options")
    @classmethod
    def _no_labels(cls, options: dict[str, Any]) -> dict[str, Any]:
        if "labels" in options:
            msg = "labels is a table of its own: write [corpus.labels]"
            raise ValueError(msg)
        return options


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


def form_of(place: Path) -> str | None:
    """Which of the forms a file or folder has, None for none of them."""
    return next((name for name in _FOUND_BY_FORM if load("corpora", name).fits(place)), None)


def read_utterances(settings: CorpusSettings, bad: list[tuple[str, str]] | None = None) -> list[Utterance]:
    """All utterances of a corpus, as its reader gives them.

    Args:
        settings: which corpus, and how it is read; `emotions` and `skip_bad` are not looked at.
        bad: where to set recordings aside that cannot be used, as (name, problem); None raises.

    Raises:
        CorpusError: nothing is there, or a recording cannot be used.
        SettingsError: the reader does not take these options, or no labels of a user's own.
    """
    read = load("corpora", settings.name).read
    options: dict[str, Any] = dict(settings.options)
    if settings.labels:
        if "labels" not in inspect.signature(read).parameters:
            problem = f"{settings.name} has its owner's labels, which are known: leave it out"
            raise SettingsError("recipe", "corpus.labels", problem)
        options["labels"] = settings.labels
    folder = corpus_folder(settings)
    try:
        inspect.signature(read).bind(folder, bad=bad, **options)
    except TypeError as problem:
        raise SettingsError(
            "recipe", "corpus.options", f"{settings.name} does not take them ({problem})"
        ) from problem
    found: list[Utterance] = read(folder, bad=bad, **options)
    return found


def sessions_matter(name: str, utterances: Iterable[Utterance]) -> bool:
    """Whether two parts of a split may not share a session or a dialogue: the one decision, for all verbs.

    They matter in dialogue corpora, as their cards say, and wherever a user's own recordings name any.

    Args:
        name: of the corpus.
        utterances: of that corpus.
    """
    if load("corpora", name).CARD.sessions_matter:
        return True
    return name in FORMS and any((item.session, item.dialogue) != (None, None) for item in utterances)
