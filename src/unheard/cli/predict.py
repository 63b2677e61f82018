"""`unheard predict`: the emotion of a recording."""

import csv
import json
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from unheard.cli._progress import console
from unheard.errors import AudioError
from unheard.inference.recogniser import Recogniser

__all__ = ["predict"]


def predict(
    run: Annotated[Path, typer.Argument(help="A folder of `unheard run`, or one of its weights.")],
    recordings: Annotated[list[Path], typer.Argument(help="WAV, FLAC, OGG, Opus or MP3; any rate.")],
    objective: Annotated[
        str | None, typer.Option(help="Which objective's models; needed if there are several.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="csv or json (a line a recording).")] = "csv",
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Report unusable recordings and go on.")] = False,
) -> None:
    """Label recordings with the models of a run (the mean over its folds and seeds).

    The run's figures are of single models on unseen voices; the mean is usually no worse. Probabilities are
    not calibrated. Text on standard output, everything else on standard error.

    Examples:

      unheard predict runs/ravdess clip.wav --objective dat

      unheard predict runs/ravdess calls/*.mp3 --objective plain --format json > labels.jsonl
    """
    if form not in ("csv", "json"):
        raise typer.BadParameter(f"'{form}' is not csv or json", param_hint="--format")
    kind: Literal["csv", "json"] = "csv" if form == "csv" else "json"
    recogniser = Recogniser.from_run(run, objective)
    writer = csv.writer(sys.stdout, lineterminator="\n")
    if kind == "csv":
        writer.writerow(["file", "emotion", *recogniser.emotions])
    bad = 0
    for file in recordings:
        try:
            probabilities = recogniser.recognise(file)
        except AudioError as problem:
            if not skip_bad:
                raise
            console.print(f"skipped: {problem}", markup=False)
            bad += 1
            continue
        best = max(probabilities, key=lambda name: probabilities[name])
        if kind == "csv":
            writer.writerow([file, best, *(f"{value:.4f}" for value in probabilities.values())])
        else:
            typer.echo(json.dumps({"file": str(file), "emotion": best, "probabilities": probabilities}))
    if bad:
        console.print(f"{bad} of {len(recordings)} recordings were skipped")
