"""From a TOML file to a recipe that is whole: every name known, every setting checked, every path absolute.

What a feature, an encoder, an objective or a split asks of the rest of the recipe, it says itself (`check` in its
file, see `unheard.members`); what is checked here holds whoever they are.
"""

import contextlib
import copy
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from unheard.errors import SettingsError, UnknownNameError
from unheard.experiment.downloads import granted
from unheard.experiment.recipe import RunRecipe, members_of, split_table
from unheard.members import Member, member_of
from unheard.models.model_settings import ModelSettings
from unheard.registry import load
from unheard.settings import Document, validate

__all__ = ["check_names", "from_here", "read_recipe"]


def check_names(document: Document, recipe: RunRecipe, *, objectives: bool = True) -> list[Member]:
    """The members that the recipe names, save its corpus: all of them are there, with their settings.

    Args:
        document: where it was written.
        recipe: as it was read.
        objectives: whether to look at those, too.

    Raises:
        SettingsError: with the line and the nearest valid name.
    """
    try:
        load("corpora", recipe.corpus.name)
    except UnknownNameError as problem:
        raise document.blame(("corpus", "name"), str(problem)) from problem
    for key in ("features", "split"):
        if "name" not in getattr(recipe, key):
            raise SettingsError(document.source, f"{key}.name", "is missing", document.line_of([key]))
    return members_of(recipe, document, objectives=objectives)


def _check_augmentation(document: Document, recipe: RunRecipe) -> None:
    """Check that the copies which the augmentation asks for can be made."""
    try:
        recipe.feature_recipe()
    except SettingsError as problem:
        key = ("training", "augmentation", {"speed": "speeds"}.get(problem.key, problem.key))
        raise document.blame(key, problem.problem) from problem


def _check_sessions(document: Document, recipe: RunRecipe) -> None:
    """Refuse any other word for what is to become of sessions and dialogues."""
    wanted = recipe.split.get("sessions", "apart")
    if wanted not in ("apart", "ignore"):
        problem = f"'{wanted}' is not 'apart' or 'ignore'; leave it out for what the corpus says"
        raise document.blame(("split", "sessions"), problem)


def _check_constants(document: Document, recipe: RunRecipe) -> None:
    """Refuse a number that the feature alone can know, and that a run would put its own in the place of."""
    if recipe.model.constants:
        raise document.blame(("model", "constants"), "is what the feature says of itself: leave it out")


def _check_targets(document: Document, recipe: RunRecipe) -> None:
    """Refuse targets where the model is described: a run puts its own in their place."""
    if recipe.model.targets != ModelSettings().targets:
        raise document.blame(("model", "targets"), "is what the table [targets] says: leave it out")


def _check_normalization(document: Document, recipe: RunRecipe) -> None:
    """Refuse what would leave nothing of features that have one frame an utterance, or needs a scale that is not."""
    feature, model = recipe.feature, recipe.model
    single = feature.says("single", default=feature.module.KIND == "utterance")
    if single and model.normalization == "utterance channels":
        problem = "'utterance channels' makes every channel of a single frame 0: set 'training'"
        raise document.blame(("model", "normalization"), problem)
    if model.pooled_normalization != "none" and not getattr(recipe.encoder.module, "SCALED", False):
        problem = (
            f"is for an upstream that is trained; what {recipe.encoder.name} pools has no scale before it learns: "
            "set 'none'"
        )
        raise document.blame(("model", "pooled_normalization"), problem)


def _located(table: Mapping[str, Any], member: Member, folder: Path) -> dict[str, Any]:
    """A member's table, its places absolute where they are relative to the folder.

    What is no path by its type, such as a checkpoint's source, may be a name: it is a folder where there is one.
    """
    found = dict(table)
    for key in member.places & {name for name, value in table.items() if isinstance(value, str) and value}:
        place = folder / Path(found[key]).expanduser()
        if isinstance(getattr(member.settings, key), Path) or place.is_dir():
            found[key] = str(place.resolve())
    return found


def from_here(document: Document) -> Document:
    """The document with the paths that --set has given made absolute: they are relative to where the user stands."""
    places = {"corpus": frozenset({"folder"})}
    split = document.data.get("split")
    if isinstance(split, dict):
        with contextlib.suppress(UnknownNameError, SettingsError):  # said when the recipe is read, with the line
            places["split"] = member_of("splits", split_table(split), document=document).places
    data = copy.deepcopy(document.data)
    for at, keys in places.items():
        for key in keys:
            if f"{at}.{key}" in document.overridden and isinstance(data.get(at), dict):
                data[at][key] = str(Path(str(data[at][key])).expanduser().resolve())
    return dataclasses.replace(document, data=data)


def read_recipe(document: Document) -> RunRecipe:
    """The recipe of a document, its registered parts checked too.

    Paths in it are made absolute, relative to the document's folder.

    Raises:
        SettingsError: with the line and the nearest valid name; or the file itself asks for the network.
    """
    document = granted(document)
    recipe = validate(document, RunRecipe)
    encoder, feature, split, *objectives = check_names(document, recipe)
    _check_sessions(document, recipe)
    corpus = recipe.corpus
    if corpus.folder is not None:
        folder = str((document.folder / Path(corpus.folder).expanduser()).resolve())
        corpus = corpus.model_copy(update={"folder": folder})
    named = zip(recipe.objectives, objectives, strict=True)
    absolute = {
        "corpus": corpus,
        "features": _located(recipe.features, feature, document.folder),
        "split": _located(recipe.split, split, document.folder),
        "objectives": {label: _located(recipe.objectives[label], own, document.folder) for label, own in named},
        "model": recipe.model.model_copy(
            update={"encoder": _located(recipe.model.encoder, encoder, document.folder)}
        ),
    }
    recipe = recipe.model_copy(update=absolute)
    _check_augmentation(document, recipe)
    _check_constants(document, recipe)
    _check_targets(document, recipe)
    _check_normalization(document, recipe)
    for member in members_of(recipe, document):
        member.check(recipe, document)
    return recipe
