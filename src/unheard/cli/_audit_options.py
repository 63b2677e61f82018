"""The arguments and options of `unheard audit`, with their help."""

from pathlib import Path
from typing import Annotated

import typer

__all__ = [
    "CorporaArgument",
    "FolderOption",
    "FoldsOption",
    "FormOption",
    "HtmlOption",
    "JsonOption",
    "LabelOption",
    "LabelsOption",
    "SeedOption",
    "SessionsOption",
    "SkipBadOption",
    "SplitOption",
    "StrictOption",
]

CorporaArgument = Annotated[
    list[str],
    typer.Argument(
        metavar="CORPUS|MANIFEST...",
        help="A corpus's name (see `unheard corpora`), a CSV of your own, or a folder: an audformat database, "
        "data of Kaldi, SUPERB's meta data, Hugging Face's audio. Several are compared.",
    ),
]
FolderOption = Annotated[Path | None, typer.Option(help="The corpus's folder; default $UNHEARD_CORPORA/NAME.")]
FoldsOption = Annotated[
    Path | None,
    typer.Option(
        help="CSV, JSON or JSONL of EmoBox or SUPERB, a folder of them, any folder that is a corpus, or a plan."
    ),
]
SplitOption = Annotated[
    str | None, typer.Option(metavar="NAME", help="Audit a split of this program instead, as it is by default.")
]
SessionsOption = Annotated[
    bool | None,
    typer.Option(
        "--sessions/--no-sessions",
        help="Whether a shared session or dialogue is a leak; by default it is in dialogue corpora, and in a "
        "manifest that names any.",
        show_default=False,
    ),
]
LabelOption = Annotated[
    list[str] | None,
    typer.Option(metavar="OWN=NAME", help="What a label of your own means: an emotion, or a class of your own."),
]
LabelsOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="The same from a recipe (corpus.labels), or a CSV of label and emotion."),
]
StrictOption = Annotated[bool, typer.Option("--strict", help="Leave with 1 for cautions, too.")]
JsonOption = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Also write every figure here.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Also write a page here.")]
FormOption = Annotated[str, typer.Option("--format", help="What is printed: text or json.")]
SkipBadOption = Annotated[bool, typer.Option("--skip-bad", help="List unusable recordings instead of stopping.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Of shuffles and of a split.")]
