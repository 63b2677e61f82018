"""Leave to use the network: the command line gives it, and no file can.

A recipe may come from anywhere, and so cannot ask in the user's place. Whatever member has a setting `download`
may be given leave.
"""

import copy
import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from unheard.errors import UnknownNameError
from unheard.registry import load
from unheard.settings import Document

__all__ = ["granted"]

_DOWNLOAD = "download"


def _tables(data: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], dict[str, Any], str]]:
    """Kind, place, table and default name of each member that a document names; what is no table is passed over."""
    model, objectives = data.get("model"), data.get("objectives")
    named: list[tuple[str, tuple[str, ...], Any, str]] = [("features", ("features",), data.get("features"), "")]
    if isinstance(model, dict):
        named.append(("encoders", ("model", "encoder"), model.get("encoder"), ""))
    if isinstance(objectives, dict):
        named += [("objectives", ("objectives", label), table, label) for label, table in objectives.items()]
    yield from ((kind, at, table, default) for kind, at, table, default in named if isinstance(table, dict))


def _takes_leave(kind: str, name: str) -> bool:
    try:
        return _DOWNLOAD in load(kind, name).Settings.model_fields
    except UnknownNameError:
        return False  # said elsewhere, with the line


def granted(document: Document) -> Document:
    """The document with leave to use the network where the command line gives it, by `--download` or `--set`.

    Raises:
        SettingsError: the file itself asks for the network.
    """
    data, overridden = copy.deepcopy(document.data), document.overridden
    everywhere = _DOWNLOAD in overridden and data.pop(_DOWNLOAD) is True
    for kind, at, table, default in _tables(data):
        key = (*at, _DOWNLOAD)
        if table.get(_DOWNLOAD, False) is not False and not (everywhere or document.is_overridden(key)):
            raise document.blame(
                key, "no file can ask for the network: take this line out, and pass --download if you want it"
            )
        if everywhere and _takes_leave(kind, str(table.get("name", default))):
            table[_DOWNLOAD] = True
            overridden |= {".".join(key)}
    return dataclasses.replace(document, data=data, overridden=overridden)
