"""`unheard demo`: the whole way in minutes, without a download."""

import os
from pathlib import Path
from typing import Annotated

import typer

from unheard.cli._options import JobsOption
from unheard.cli._progress import bar
from unheard.cli._terminal import console

__all__ = ["demo"]


def demo(
    out: Annotated[Path, typer.Option("--out", help="Folder for recordings, results and report.")] = Path("demo"),
    dependence: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="How strongly emotion and speaker depend on each other.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Of voices, splits and training.")] = 0,
    jobs: JobsOption = os.cpu_count() or 1,
) -> None:
    """Speak a small emotional corpus with many voices, train plain and DAT on it, and test on unseen voices.

    Needs no recordings and no network. The voices are synthetic and their emotions follow rules: the figures
    show that everything works, and say nothing about people.

    Examples:

      unheard demo

      unheard demo --dependence 0.8 --out demo-confounded
    """
    # Only now: training needs torch, and help does not.
    from unheard.cli._running import execute, show
    from unheard.experiment.recipe_file import read_recipe
    from unheard.settings import Document
    from unheard.testing.spoken import speak_corpus

    with bar("speaking") as progress:
        table = speak_corpus(out / "corpus", dependence=dependence, seed=seed, progress=progress)
    recipe = read_recipe(Document("demo", Path.cwd(), _settings(table, seed), ""))
    result = execute(recipe, out / "run", jobs=jobs, cache=out / "cache")
    show(result)
    console.say(f"report: {out / 'run' / 'report.html'}")


def _settings(table: Path, seed: int) -> dict[str, object]:
    """The demo's recipe: small enough for minutes on two cores."""
    return {
        "name": "demo",
        "seeds": [seed],
        "corpus": {"name": "table", "folder": str(table.resolve())},
        "audio": {"trim": 40.0},
        "features": {"name": "logmel", "channels": 40, "window": 0.06, "hop": 0.03},
        "split": {"name": "speaker_groups", "groups": 4, "dev_speakers": 2},
        "model": {
            # The rules move the level, and these voices share a channel: their level may be kept.
            "normalization": "training",
            "dropout": 0.3,
            "encoder": {"name": "tdnn_lstm", "channels": 64, "recurrent": 32},
        },
        "training": {
            "epochs": 40,
            "patience": 40,
            "average": 0.97,
            "speakers_per_batch": 8,
            "utterances_per_speaker": 4,
            "augmentation": {"frequency_masks": 1, "time_masks": 1},
        },
        "objectives": {"plain": {}, "dat": {"weight": -0.3}},
    }
