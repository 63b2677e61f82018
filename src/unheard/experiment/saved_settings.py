"""settings.toml of a run's folder: what ran, whole, written and read back.

It may come from anywhere, as a run may, and so gives no leave to use the network.
"""

from pathlib import Path

from unheard.errors import RunError, SettingsError, UnknownNameError
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.recipe_file import check_names
from unheard.files import write_atomically
from unheard.settings import read_document, to_toml, validate
from unheard.upstreams.checkpoints import without_grant

__all__ = ["SETTINGS", "read_settings", "write_settings"]

SETTINGS = "settings.toml"


def write_settings(recipe: RunRecipe, out: Path) -> None:
    """Write a recipe into the folder of its run, aside and renamed."""
    write_atomically(to_toml(_without_grants(recipe).model_dump(mode="json")) + "\n", out / SETTINGS)


def _without_grants(recipe: RunRecipe) -> RunRecipe:
    model = recipe.model.model_copy(update={"encoder": without_grant(recipe.model.encoder)})
    return recipe.model_copy(update={"features": without_grant(recipe.features), "model": model})


def read_settings(out: Path) -> RunRecipe:
    """The recipe of a run.

    Raises:
        RunError: it is missing or damaged, with the line.
    """
    try:
        document = read_document(out / SETTINGS)
        recipe = _without_grants(validate(document, RunRecipe))
        check_names(document, recipe, objectives=False)
    except (SettingsError, UnknownNameError) as problem:
        mend = "Restore what `unheard run` wrote there, or give another --out."
        raise RunError(f"{problem}. These are the settings of a run. {mend}") from problem
    return recipe
