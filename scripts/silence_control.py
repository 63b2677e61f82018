"""Is it the voice that a score comes from, or how the files were cut? The same recordings with other silence.

    python scripts/silence_control.py recipes/gat2022-ased.toml --corpus PATH [--json FILE]

The speech of each recording (`audio.trim` of the recipe) stays as it is, at one level; what stands before and behind
it changes. The closed form on the recipe's features, an utterance's mean and deviation, answers on the recipe's own
folds. If whole files score like speech between as much digital silence, and speech between equal silence like
speech alone, then it is the length of the files that tells the emotion.
"""

import argparse
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from rich.progress import track

from unheard.data.audio.loading import AudioSettings, condition, read_audio, speech_span
from unheard.experiment.job_leakage import statistics_of
from unheard.experiment.preparation import Prepared, default_cache, prepare
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.recipe_file import read_recipe
from unheard.files import write_atomically
from unheard.metrics.uar import score
from unheard.records import Samples
from unheard.registry import load
from unheard.results.result import trait_only
from unheard.scores.lda_baseline import lda_probabilities
from unheard.settings import read_document

COMMAND = "python scripts/silence_control.py recipes/{name}.toml --corpus PATH --json FILE"
EQUAL = 0.3  # seconds of digital silence on either side


def variants(samples: Samples, settings: AudioSettings) -> dict[str, Samples]:
    """What is compared, each at the level of its speech."""
    speech = condition(samples, settings)
    first, last = speech_span(samples, settings.rate, settings.trim)
    gain = float(np.linalg.norm(speech) / np.linalg.norm(samples[first:last]))
    quiet = np.zeros_like(samples)
    quiet[first:last] = speech
    equal = np.zeros(round(EQUAL * settings.rate), dtype=samples.dtype)
    return {
        "the file as it is": samples * np.float32(gain),
        "its speech, as much digital silence around": quiet,
        f"its speech, {EQUAL} s of digital silence on either side": np.concatenate([equal, speech, equal]),
        "its speech alone": speech,
    }


def features_of(recipe: RunRecipe) -> Callable[[Samples], np.ndarray]:
    """From samples to one row, as the closed form of a run reads it."""
    features = recipe.feature_recipe()
    extract = load("features", features.feature).extract
    return lambda samples: statistics_of(extract(samples, recipe.audio.rate, features.settings), recipe.hop)


def scored(prepared: Prepared, names: list[str], rows: np.ndarray) -> float:
    """UAR of the closed form over all folds of the first seed's plan."""
    place = {name: number for number, name in enumerate(names)}
    emotions = np.array([prepared.classes.index(str(prepared.utterances[name].emotion)) for name in names])
    answers = np.full(len(names), -1)
    for fold in track(next(iter(prepared.plans.values())).folds, description="folds"):
        learned, asked = ([place[name] for name in part] for part in ((*fold.train, *fold.dev), fold.test))
        told = lda_probabilities(rows[learned], emotions[learned], rows[asked], classes=len(prepared.classes))
        answers[asked] = told.argmax(axis=1)
    known = answers >= 0
    return score(emotions[known], answers[known], classes=len(prepared.classes))


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("recipe", type=Path)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    recipe = read_recipe(read_document(options.recipe, [f"corpus.folder={options.corpus}", "seeds=[0]"]))
    prepared, row = prepare(recipe, default_cache()), features_of(recipe)
    names, rows, lengths = list(prepared.utterances), {}, {}
    for name in track(names, description="recordings"):
        utterance = prepared.utterances[name]
        samples, _ = read_audio(utterance.file, rate=recipe.audio.rate, start=utterance.start, end=utterance.end)
        lengths[name] = len(samples) / recipe.audio.rate
        for what, heard in variants(samples, recipe.audio).items():
            rows.setdefault(what, []).append(row(heard))
    measured = {what: scored(prepared, names, np.stack(own)) for what, own in rows.items()}
    alone = {
        "nothing but the length of the file": trait_only(prepared, "seconds", lengths),
        "nothing but the length of its speech": trait_only(prepared, "seconds", prepared.corpus.recordings.seconds),
    }
    for what, uar in (measured | alone).items():
        print(f"{what:55} {uar:.3f}")
    if options.json:
        kept = {"command": COMMAND.format(name=recipe.name), "rows": measured | alone}
        write_atomically(json.dumps(kept, indent=1) + "\n", options.json)


if __name__ == "__main__":
    main()
