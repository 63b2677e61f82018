"""`unheard corpora`: which corpora can be read, and how to get them."""

from typing import Annotated

import typer

from unheard.cli._terminal import Grid, page
from unheard.registry import load, names

__all__ = ["corpora"]


def corpora(
    name: Annotated[str | None, typer.Argument(help="Show all about one corpus.")] = None,
) -> None:
    """List the corpora that can be read, with license and languages; or all about one.

    Examples:

      unheard corpora

      unheard corpora ravdess
    """
    if name is not None:
        card = load("corpora", name).CARD
        for title, text in (
            ("title", card.title),
            ("license", card.license),
            ("citation", card.citation),
            ("languages", ", ".join(card.languages)),
            ("how to get it", card.obtain),
            *((("notes", card.notes),) if card.notes else ()),
        ):
            page.say(f"{title}: {text}")
        return
    table = Grid("name", "title", "license", "languages")
    for known in names("corpora"):
        card = load("corpora", known).CARD
        table.add_row(card.name, card.title, card.license, ", ".join(card.languages))
    # The table is the output, so it goes to standard output, not to where progress goes.
    page.show(table)
