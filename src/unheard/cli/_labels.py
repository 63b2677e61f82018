"""A user's own labels on the command line: `--label OWN=NAME`, or a file of them."""

from collections.abc import Sequence
from pathlib import Path

import typer

from unheard.data.labels import own_labels
from unheard.data.tables import read_table
from unheard.errors import LabelError, SettingsError, TableError
from unheard.settings import read_document

__all__ = ["labels_from"]

_COLUMNS = ("label", "emotion")


def labels_from(pairs: Sequence[str], file: Path | None) -> dict[str, str]:
    """Own label -> class, from a file and from pairs that come after it.

    Args:
        pairs: of the form OWN=NAME.
        file: a recipe (its table corpus.labels), or a CSV with the columns label and emotion.

    Raises:
        BadParameter: a pair is none.
        CorpusError, SettingsError: the file holds no labels, or they contradict each other.
    """
    labels = {} if file is None else _of_recipe(file) if file.suffix.lower() == ".toml" else _of_table(file)
    for pair in pairs:
        # The class is a plain word, and the label may hold anything.
        own, separator, name = pair.rpartition("=")
        if not separator or not own.strip() or not name.strip():
            raise typer.BadParameter(f"'{pair}' is not OWN=NAME, e.g. satisfied=happiness", param_hint="--label")
        labels[own] = name
    own_labels(labels)
    return labels


def _of_recipe(file: Path) -> dict[str, str]:
    data = read_document(file).data
    corpus = data.get("corpus")
    labels = corpus.get("labels") if isinstance(corpus, dict) else data.get("labels")
    if not isinstance(labels, dict) or not all(isinstance(name, str) for name in labels.values()):
        raise SettingsError(str(file), "corpus.labels", 'is missing, or is not a table of "label" = "class"')
    return dict(labels)


def _of_table(file: Path) -> dict[str, str]:
    table = read_table(file)
    if not set(_COLUMNS) <= set(table.columns):
        problem = f"has the columns {', '.join(table.columns) or 'none'}, expected label and emotion"
        raise TableError(file, problem, "Correct the header.", table.line)
    labels: dict[str, str] = {}
    for row in table.rows:
        own, name = (row.cells[column] for column in _COLUMNS)
        try:
            own_labels({own: name})
            own_labels(labels | {own: name})
        except LabelError as error:
            raise LabelError(table.where(row), error.problem, error.mend) from error
        labels[own] = name
    return labels
