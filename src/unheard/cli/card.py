"""`unheard card`: what a run's models are, what they were judged on, and what they are not for."""

from pathlib import Path
from typing import Annotated

import typer

from unheard.cli._terminal import page
from unheard.files import write_atomically
from unheard.reports.pages.model_card import render_card
from unheard.results.files import read_result

__all__ = ["card"]


def card(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of `unheard run`, or its result.json.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.md", help="Write it there; default: print it.")
    ] = None,
) -> None:
    """Write the model card of a run: data, license, protocol, figures, limits, prohibited uses.

    `unheard run` leaves the same card as model-card.md in its folder.

    Examples:

      unheard card runs/ravdess

      unheard card runs/ravdess --out MODEL_CARD.md
    """
    text = render_card(read_result(run))
    if out is None:
        page.lines(text.removesuffix("\n"))
    else:
        write_atomically(text, out)
