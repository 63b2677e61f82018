"""The label map across corpora: an owner's code or a user's word to one canonical emotion name.

The map is data (`labels.toml` beside this file), each table with the document that it comes from. A label
that the map does not know is an error, never a class of its own.
"""

import functools
import importlib.resources
import tomllib
import unicodedata
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from unheard.errors import LabelError, UnknownNameError, nearest

__all__ = ["binary", "canonical", "emotions", "known", "source"]


@functools.cache
def _map() -> Mapping[str, Any]:
    text = importlib.resources.files("unheard.data").joinpath("labels.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def _plain(label: str) -> str:
    return unicodedata.normalize("NFC", label.strip()).casefold()


@functools.cache
def _codes(corpus: str) -> Mapping[str, str]:
    """Compared form of a label -> canonical name."""
    return MappingProxyType({_plain(code): emotion for code, emotion in known(corpus).items()})


def emotions() -> tuple[str, ...]:
    """All canonical names, in the order of the map.

    >>> emotions()[:3]
    ('neutral', 'calm', 'happiness')
    """
    return tuple(_map()["emotions"])


def known(corpus: str) -> dict[str, str]:
    """Every label that a corpus may carry and the canonical name of each.

    Args:
        corpus: name of a corpus. One without a table of its own (`table`, `audformat`, a plug-in) uses the
            synonyms: the canonical names and the usual words for them.

    Returns:
        label as its owner writes it -> canonical name.

    >>> known("ravdess")["05"]
    'anger'
    """
    if corpus in _map()["corpora"]:
        return dict(_map()["corpora"][corpus]["codes"])
    words: Mapping[str, list[str]] = _map()["synonyms"]["words"]
    return {word: emotion for emotion in emotions() for word in (emotion, *words.get(emotion, ()))}


def source(corpus: str) -> str:
    """The document that says what the labels of a corpus mean.

    >>> "Livingstone" in source("ravdess")
    True
    """
    table = _map()["corpora"].get(corpus, _map()["synonyms"])
    return str(table["source"])


def canonical(label: str, *, corpus: str) -> str:
    """The canonical name of one label, whatever its case.

    >>> canonical("W", corpus="emodb"), canonical("Happy", corpus="table")
    ('anger', 'happiness')

    Args:
        label: the owner's code, or a user's word.
        corpus: whose label it is (see `known`).

    Returns:
        One of `emotions()`.

    Raises:
        LabelError: the map does not know the label; names the known ones and where they come from.
    """
    codes = _codes(corpus)
    found = codes.get(_plain(label))
    if found is not None:
        return found
    near = nearest(_plain(label), codes)
    hint = f" Did you mean '{near}'?" if near else ""
    names = ", ".join(known(corpus) if corpus in _map()["corpora"] else emotions())
    problem = f"the emotion label '{label}' is not known"
    raise LabelError(corpus, problem, f"{hint.strip()} Known: {names} ({source(corpus)}).".strip())


def binary(emotion: str, dimension: str) -> str | None:
    """The class of an emotion on one dimension, None where the emotion has no side.

    >>> binary("anger", "arousal"), binary("anger", "valence"), binary("neutral", "valence")
    ('high', 'negative', None)

    Args:
        emotion: a canonical name.
        dimension: 'arousal' (high, low) or 'valence' (positive, negative).

    Raises:
        LabelError: the emotion is not a canonical name.
        UnknownNameError: there is no such dimension.

    Reference: Cai et al. 2020 (arXiv 2012.11174), the binary arousal and valence tasks.
    """
    if emotion not in emotions():
        problem = f"'{emotion}' is not a canonical emotion"
        raise LabelError("labels", problem, f"Known: {', '.join(emotions())}.")
    if dimension not in _map()["binary"]:
        raise UnknownNameError("dimension", dimension, _map()["binary"])
    sides = {side: names for side, names in _map()["binary"][dimension].items() if side != "source"}
    return next((side for side, names in sides.items() if emotion in names), None)
