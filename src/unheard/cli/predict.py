"""`unheard predict`: the emotion of a recording."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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

    The run's figures are of single models on unseen voices; the mean is usually no worse. Probabilities are
    calibrated for the run's own corpus alone, by one temperature that was fitted on its dev speakers and kept only
    where it helps speakers left out; for other corpora, languages or microphones it was not fitted. Models of the
    adaptive protocol judge several recordings of one voice at once (--voice). Text on standard output, everything
    else on standard error.

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
    if not raw:
        console.say(_sureness(recogniser))
    if form == "csv":
        page.data(csv_line(["file", "emotion", *recogniser.emotions]))
    bad: list[AudioError] | None = [] if skip_bad else None
    for file, probabilities in _labelled(recogniser, recordings, bad, voice=voice):
        best = max(probabilities, key=lambda name: probabilities[name])
        name = whole_characters(str(file))
        if form == "csv":
            page.data(csv_line([name, best, *(f"{value:.4f}" for value in probabilities.values())]))
        else:
            row = {"file": name, "emotion": best, "probabilities": probabilities}
            page.document(row | {"calibration": _calibration(recogniser)})
    for problem in bad or []:
        console.say(f"skipped: {problem}")
    if bad:
        console.say(f"{len(bad)} of {len(recordings)} recordings were skipped")


def _sureness(recogniser: "Recogniser") -> str:
    """What the probabilities are worth, and where."""
    found = recogniser.calibration
    if found is None:
        if any(header.get("temperature") is not None for header in recogniser.headers):
            return (
                "probabilities are as the networks give them: these weights hold temperatures of an older version, "
                "each fitted on a few dev speakers, which are left aside. Give the run's command again to fit one on "
                "all."
            )
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


def _calibration(recogniser: "Recogniser") -> dict[str, Any] | None:
    """The same for programs."""
    found = recogniser.calibration
    return None if found is None else {key: found.get(key) for key in ("temperature", "kept", "speakers", "corpus")}


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
