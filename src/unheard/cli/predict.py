"""`unheard predict`: the emotion of a recording."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from unheard.cli._options import DownloadOption
from unheard.cli._terminal import console

if TYPE_CHECKING:
    from unheard.inference.recognizer import Recognizer

__all__ = ["predict"]


def predict(
    run: Annotated[Path, typer.Argument(help="A folder of `unheard run`, one of its weights, or an exported file.")],
    recordings: Annotated[
        list[Path],
        typer.Argument(
            metavar="RECORDING|FOLDER|TABLE...",
            help="WAV, FLAC, OGG, Opus or MP3, any rate; folders of them; a .csv or .tsv with a column file, and "
            "start and end where it names parts.",
        ),
    ],
    objective: Annotated[
        str | None, typer.Option(help="Which objective's models; needed if there are several.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="csv or json (a line a recording).")] = "csv",
    raw: Annotated[
        bool, typer.Option("--raw", help="Probabilities as the networks give them, as in predictions.csv.")
    ] = False,
    voice: Annotated[
        bool, typer.Option("--voice", help="All recordings are of one voice: for models of the adaptive protocol.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Give unusable recordings a line that says why, and go on.")
    ] = False,
    upstream: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="The pretrained upstream, where it is not where the models' files say."),
    ] = None,
    download: DownloadOption = False,
) -> None:
    """Label recordings with the models of a run (the mean over its folds and seeds).

    The run's figures are of single models on unseen voices; the mean is usually no worse. Probabilities are
    calibrated for the run's own corpus alone, by one temperature that was fitted on its dev speakers and kept only
    where it helps speakers left out; for other corpora, languages or microphones it was not fitted. Models of the
    adaptive protocol judge several recordings of one voice at once (--voice). Text on standard output, everything
    else on standard error.

    Lines come in the order of what is given (a folder's by path, a table's by row), each as soon as it is known.
    With --skip-bad a recording that cannot be used has an empty label and says why in the last column, error; the
    exit code is 0 if any was labeled, and 2 if none was. Without it the first one ends the work, with 2.

    Examples:

      unheard predict runs/ravdess clip.wav --objective dat

      unheard predict runs/ravdess calls/*.mp3 --objective plain --format json > labels.jsonl

      unheard predict runs/ravdess calls/ more.wav segments.csv --objective plain --skip-bad > labels.csv

      unheard predict runs/gat2022-ravdess/adaptive speaker7/*.wav --objective plain --voice
    """
    if form not in ("csv", "json"):
        raise typer.BadParameter(f"'{form}' is not csv or json", param_hint="--format")
    # Only now: models need torch, and help does not.
    from unheard.cli._labeling import Sheet, label, stretches_in
    from unheard.inference.recognizer import Recognizer

    recognizer = Recognizer.load(run, objective, raw=raw, download=download, upstream=upstream)
    if recognizer.upstream is not None:
        console.say(f"features come from the upstream in {recognizer.upstream}")
    if not raw:
        console.say(_sureness(recognizer))
    about = {"calibration": _calibration(recognizer)}
    sheet = Sheet(form, recognizer.labels, stretches_in(recordings), skip_bad, about)
    label(recognizer, recordings, sheet, voice=voice)


def _sureness(recognizer: "Recognizer") -> str:
    """What the probabilities are worth, and where."""
    found = recognizer.calibration
    if found is None:
        return (
            "probabilities are as the networks give them: no temperature of these models is known. A run writes it "
            "into its folder when it ends."
        )
    if not found.get("kept"):
        return f"probabilities are as the networks give them ({found.get('sentence', 'T = 1')})"
    whose = f"{found['corpus']}; T = {found['temperature']:.2f}, fitted on {found.get('speakers')} dev speakers"
    return (
        f"probabilities are calibrated for the corpus of the run alone ({whose}): for other corpora, languages or "
        "microphones it was not fitted"
    )


def _calibration(recognizer: "Recognizer") -> dict[str, Any] | None:
    """The same for programs."""
    found = recognizer.calibration
    return None if found is None else {key: found.get(key) for key in ("temperature", "kept", "speakers", "corpus")}
