"""A member of the registry as a recipe names it: its module, its typed settings, and what it may say of itself.

Beside what its kind demands, the module of any member may have one or more of these; nobody names a member to ask:

    check(recipe, member, document)    raises `document.blame(key, problem)` where the recipe does not go with it
    identity(settings)                 what determines its numbers, in the place of its settings (a digest of weights)
    notes(settings, corpus)            sentences that must stand beside figures on this corpus
    PLACES                             names of settings that say where something lies, and not what it is
    graph(settings, rate)              a feature as a module that can be exported: samples (batch, samples), lengths
                                       (batch,) -> (batch, frames, channels), frames of each item (batch,)

`check` is called with the whole recipe, once all its tables are valid and before any recording is read. Its `member`
is the one that is asked: the recipe's table of it stands at `member.at`. An example of a feature's:

    def check(recipe: Recipe, member: Member, document: Document) -> None:
        if recipe.audio.rate != 8000:
            raise document.blame(("audio", "rate"), "this feature hears telephones: set 8000")
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from pydantic import BaseModel

from unheard.errors import UnknownNameError
from unheard.registry import load
from unheard.settings import Document, validate

__all__ = ["Audio", "BatchNorm", "Member", "Model", "Recipe", "member_of"]


@dataclass(frozen=True)
class Member:
    """One member of the registry, with its settings.

    Args:
        kind: of the registry, e.g. 'features'.
        name: its registered name.
        settings: its own, a value of the `Settings` of its module.
        at: where its table stands in a recipe, e.g. ('model', 'encoder').
    """

    kind: str
    name: str
    settings: Any
    at: tuple[str, ...] = ()

    @property
    def module(self) -> ModuleType:
        """Where it is written."""
        return load(self.kind, self.name)

    def says(self, what: str, *more: object, default: Any = None) -> Any:
        """What an optional function of its module answers of its settings; the default where it has no such function.

        Args:
            what: name of the function.
            more: its further arguments.
            default: without one.
        """
        own = getattr(self.module, what, None)
        return default if own is None else own(self.settings, *more)

    @property
    def identity(self) -> dict[str, Any]:
        """What determines its numbers, as plain values: what it says itself, or else its settings."""
        own: dict[str, Any] = self.says("identity") or self.settings.model_dump(mode="json")
        return {"name": self.name, **own}

    @property
    def places(self) -> frozenset[str]:
        """Its settings that say where something lies: those that are paths, and those it names."""
        paths = {name for name, field in type(self.settings).model_fields.items() if _is_path(field.annotation)}
        return frozenset(paths | set(getattr(self.module, "PLACES", ())))

    def check(self, recipe: "Recipe", document: Document) -> None:
        """Ask it whether the recipe goes with it.

        Raises:
            SettingsError: it does not; with the line.
        """
        own = getattr(self.module, "check", None)
        if own is not None:
            own(recipe, self, document)


def _is_path(annotation: object) -> bool:
    return annotation in (Path, Path | None)


class Audio(Protocol):
    """What a member may ask of the audio's settings."""

    @property
    def rate(self) -> int:
        """In hertz."""
        ...


class BatchNorm(Protocol):
    """What a member may ask of the settings of batch norm."""

    @property
    def mode(self) -> str:
        """Whose statistics normalize whom."""
        ...

    @property
    def domain(self) -> str:
        """The column that says which domain an item is of, where the mode goes by one."""
        ...


class Model(Protocol):
    """What a member may ask of the model's settings."""

    @property
    def normalization(self) -> str:
        """Of features."""
        ...

    @property
    def noise(self) -> float:
        """On normalized features."""
        ...

    @property
    def batch_norm(self) -> BatchNorm:
        """Of the encoder and the embedding."""
        ...


class Recipe(Protocol):
    """What a member may ask of the recipe that names it; that of a run has all of it, and more."""

    @property
    def audio(self) -> Audio:
        """How recordings are read."""
        ...

    @property
    def model(self) -> Model:
        """What stands between the features and the heads."""
        ...

    @property
    def adaptation(self) -> str:
        """'speaker' where features are normalized by their speaker."""
        ...

    @property
    def feature(self) -> Member:
        """What is extracted of a recording."""
        ...

    @property
    def encoder(self) -> Member:
        """What reads the features."""
        ...


def member_of(
    kind: str,
    table: Mapping[str, Any],
    *,
    default: str = "",
    at: tuple[str, ...] = (),
    document: Document | None = None,
) -> Member:
    """The member that a table of a recipe names, its settings checked.

    Args:
        kind: of the registry.
        table: `name` and the member's own settings.
        default: who is meant where there is no name.
        at: where the table stands.
        document: whose lines messages name; None for a recipe that was checked before.

    Raises:
        UnknownNameError: there is no such member, and no document to blame.
        SettingsError: there is none, or its settings are not those of it; with the line.
    """
    name = str(table.get("name", default))
    own = {key: value for key, value in table.items() if key != "name"}
    if document is None:
        return Member(kind, name, load(kind, name).Settings(**own), at)
    try:
        model: type[BaseModel] = load(kind, name).Settings
    except UnknownNameError as problem:
        raise document.blame((*at, "name"), str(problem)) from problem
    return Member(kind, name, validate(document, model, own, at), at)
