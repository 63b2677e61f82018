"""`unheard predict`: the emotion of a recording."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unheard.cli._terminal import console, page
from unheard.errors import AudioError
from unheard.harmless import csv_line, whole_characters

if TYPE_CHECKING:
    from unheard.inference.recogniser import Recogniser

__all__ = ["predict"]


def predict(
    run: Annotated[Path, typer.Argument(help="A folder of `unheard run`, or one of its weights.")],
    recordings: Annotated[list[Path], typer.Argument(help="WAV, FLAC, OGG, Opus or MP3; any rate.")],
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
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Report unusable recordings and go on.")] = False,
) -> None:
    """Label recordings with the models of a run (the mean over its folds and seeds).

    The run's figures are of single models on unseen voices; the mean is usually no worse. Each model's
    probabilities are calibrated by the temperature that was fitted on its dev speakers (runs of older versions
    have none). Models of the adaptive protocol judge several recordings of one voice at once (--voice). Text on
    standard output, everything else on standard error.

    Examples:

      unheard predict runs/ravdess clip.wav --objective dat

      unheard predict runs/ravdess calls/*.mp3 --objective plain --format json > labels.jsonl

      unheard predict runs/gat2022-ravdess/adaptive speaker7/*.wav --objective plain --voice
    """
    if form not in ("csv", "json"):
        raise typer.BadParameter(f"'{form}' is not csv or json", param_hint="--format")
    # Only now: models need torch, and help does not.
    from unheard.inference.recogniser import Recogniser

    recogniser = Recogniser.from_run(run, objective, raw=raw)
    if not (recogniser.calibrated or raw):
        console.say("some of these models hold no temperature (an older run): their probabilities are as they are")
    if form == "csv":
        page.data(csv_line(["file", "emotion", *recogniser.emotions]))
    bad: list[AudioError] | None = [] if skip_bad else None
    for file, probabilities in _labelled(recogniser, recordings, bad, voice=voice):
        best = max(probabilities, key=lambda name: probabilities[name])
        name = whole_characters(str(file))
        if form == "csv":
            page.data(csv_line([name, best, *(f"{value:.4f}" for value in probabilities.values())]))
        else:
            page.document({"file": name, "emotion": best, "probabilities": probabilities})
    for problem in bad or []:
        console.say(f"skipped: {problem}")
    if bad:
        console.say(f"{len(bad)} of {len(recordings)} recordings were skipped")


def _labelled(
    recogniser: "Recogniser", recordings: Sequence[Path], bad: list[AudioError] | None, *, voice: bool
) -> Iterator[tuple[Path, dict[str, float]]]:
    """Each usable recording with its probabilities, as soon as they are known; problems go into `bad`."""
    if voice:
        yield from recogniser.recognise_voice(recordings, bad=bad).items()
        return
    for file in recordings:
        try:
            yield file, recogniser.recognise(file)
        except AudioError as problem:
            if bad is None:
                raise
            bad.append(problem)
