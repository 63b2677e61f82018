"""Names are the files of a folder: a corpus, feature, encoder, objective or metric is one file.

The folder is listed without importing anything; only the file that is asked for is imported. A file whose
name begins with an underscore is a part that the others share, not a member. A plug-in package adds a
member through an entry point of the group ``unheard.<kind>`` (e.g. ``unheard.corpora``) that names a module.
"""

import functools
import importlib
import importlib.metadata
import pkgutil
from types import ModuleType

from unheard.errors import UnknownNameError

__all__ = ["KINDS", "load", "names"]

KINDS = {
    "corpora": "unheard.corpora",
    "features": "unheard.features",
    "upstreams": "unheard.upstreams",
    "encoders": "unheard.models.encoders",
    "objectives": "unheard.objectives",
    "metrics": "unheard.metrics",
    "splits": "unheard.data.splits",
    "adaptations": "unheard.adaptation.methods",
    "validators": "unheard.adaptation.validators",
}
"""Kind -> the package whose files are its members."""

_NOT_MEMBERS = {
    "features": {"cache", "extracting", "speaker_statistics", "stored"},
    "upstreams": {"checkpoints", "ledger", "loading", "suitability", "upstream"},
    "metrics": {"confusion"},
    "objectives": {"auxiliary", "losses", "objective", "reversal", "schedules"},
}
"""Public files of those packages that other layers import, and that nobody asks for by name."""


def _plugins(kind: str) -> dict[str, importlib.metadata.EntryPoint]:
    return {point.name: point for point in importlib.metadata.entry_points(group=f"unheard.{kind}")}


@functools.cache
def _own(kind: str) -> frozenset[str]:
    package = importlib.import_module(KINDS[kind])
    found = {module.name for module in pkgutil.iter_modules(package.__path__) if not module.name.startswith("_")}
    return frozenset(found - _NOT_MEMBERS.get(kind, set()))


def names(kind: str) -> list[str]:
    """All names of a kind, sorted.

    >>> "plain" in names("objectives")
    True

    Raises:
        UnknownNameError: there is no such kind.
    """
    if kind not in KINDS:
        raise UnknownNameError("kind", kind, KINDS)
    return sorted(_own(kind) | set(_plugins(kind)))


def load(kind: str, name: str) -> ModuleType:
    """The module of one member; nothing else of its folder is imported.

    Raises:
        UnknownNameError: there is no such kind, or no such member; names the nearest one.
    """
    # The house's own first: looking for plug-ins reads what every installed package says of itself, 20 ms each time.
    if kind in KINDS and name in _own(kind):
        return importlib.import_module(f"{KINDS[kind]}.{name}")
    if name not in names(kind):
        raise UnknownNameError("corpus" if kind == "corpora" else kind.removesuffix("s"), name, names(kind))
    return importlib.import_module(_plugins(kind)[name].value)
