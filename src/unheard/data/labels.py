"""The label map across corpora: an owner's code or a user's word to one canonical emotion name.

The map is data (`labels.toml` beside this file), each table with the document that it comes from. A label
that the map does not know is an error, never a class of its own, unless a user's own map (see `own_labels`) says
what it is.
"""

import functools
import importlib.resources
import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Self

from unheard.errors import LabelError, nearest
from unheard.identities import plain

__all__ = ["UnknownLabel", "canonical", "emotions", "known", "own_labels", "source", "spelled"]


class UnknownLabel(str):
    """What is wrong with an utterance whose label nobody knows: nothing is said of its recording.

    Args:
        text: the problem.
        label: as it is written.
    """

    __slots__ = ("label",)
    label: str

    def __new__(cls, text: str, label: str = "") -> Self:  # noqa: D102 - described by the class
        made = super().__new__(cls, text)
        made.label = label
        return made


@functools.cache
def _map() -> Mapping[str, Any]:
    text = importlib.resources.files("unheard.data").joinpath("labels.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


def spelled(label: str) -> str:
    r"""A label as it is compared: whatever its case, and however much white space is around or in it.

    >>> spelled(" Pleasant\u00a0 surprise ")
    'pleasant surprise'
    """
    return " ".join(plain(label).split()).casefold()


@functools.cache
def _codes(corpus: str) -> Mapping[str, str]:
    """Compared form of a label -> canonical name."""
    return MappingProxyType({spelled(code): emotion for code, emotion in known(corpus).items()})


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
    found = codes.get(spelled(label))
    if found is not None:
        return found
    near = nearest(spelled(label), codes)
    hint = f" Did you mean '{near}'?" if near else ""
    names = ", ".join(known(corpus) if corpus in _map()["corpora"] else emotions())
    problem = f"the emotion label '{label}' is not known"
    raise LabelError(corpus, problem, f"{hint.strip()} Known: {names} ({source(corpus)}).".strip())


def own_labels(labels: Mapping[str, str]) -> dict[str, str]:
    """A user's own map of labels, as it is looked up: `spelled` label -> class.

    A class is a canonical name or any name of one's own. A usual word for a canonical name is neither: `happy` beside
    the `happiness` of other rows would be two classes for one. Who wants it to be a class maps it to itself.

    >>> own_labels({"Zufrieden": "satisfied", "sauer": "Anger"})
    {'zufrieden': 'satisfied', 'sauer': 'anger'}

    Args:
        labels: label -> class.

    Raises:
        LabelError: a class has no name, one label has two classes, two classes differ in case or white space only, or
            a class is a usual word for a canonical name.
    """
    found: dict[str, str] = {}
    classes: dict[str, str] = {}
    for label, meant in labels.items():
        name = plain(str(meant))
        if not name or not spelled(label):
            raise LabelError("labels", f"'{label}' = '{meant}' lacks a label or a class", "Write both.")
        name = spelled(name) if spelled(name) in emotions() else name
        if classes.setdefault(spelled(name), name) != name:
            problem = f"the classes '{classes[spelled(name)]}' and '{name}' differ in case or white space only"
            raise LabelError("labels", problem, "Write them alike.")
        if found.setdefault(spelled(label), name) != name:
            problem = f"the label '{label}' is both '{found[spelled(label)]}' and '{name}'"
            raise LabelError("labels", problem, "Give it one class.")
    for label, name in found.items():
        usual = _codes("").get(spelled(name))
        if usual not in (None, name) and found.get(spelled(name)) != name:
            problem = f"'{label}' = '{name}', and '{name}' is a usual word for '{usual}'"
            mend = f"Write '{usual}'; or map '{name}' to itself, too, if it is to be a class of its own."
            raise LabelError("labels", problem, mend)
    return found
