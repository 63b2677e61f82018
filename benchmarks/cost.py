"""What a recognizer costs beside what it scores: log-mel TDNN-LSTM, a truncated upstream and a whole one, in one run.

    UNHEARD_MODELS=MODELS python benchmarks/cost.py                 # a table
    UNHEARD_MODELS=MODELS python benchmarks/cost.py --json FILE     # the rows for docs/results.md

The real-time factor is processor seconds on one core per second of speech, from a waveform in memory (trimmed and
levelled, which costs next to nothing) to the emotion, weights fresh (they cost what trained ones cost). Parameters
and bytes (float32) are of all that hears a recording, positions of the upstream included. docs/results.md puts UAR
beside.
"""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from kept import keep
from speed import RATE, cost

from unheard.experiment.recipe import RunRecipe
from unheard.experiment.recipe_file import read_recipe
from unheard.models.model import Model, build_model
from unheard.registry import load
from unheard.settings import read_document
from unheard.upstreams.loading import load_upstream

HERE = Path(__file__).parents[1]
COMMAND = "python benchmarks/cost.py"
EMOTIONS = 8
SECONDS = (3, 10)
SYSTEMS = (
    ("log-mel, contours and functionals, TDNN-LSTM", "tu2019-ravdess", None),
    ("Whisper base to layer 3 (states 2 and 3), frozen, MLP", "gat2022-ravdess", None),
    ("Whisper base whole (state 6, padded to 30 s), frozen, MLP", "gat2022-ravdess", 6),
)


def recipe_of(name: str, state: int | None) -> RunRecipe:
    """A shipped recipe, or the same on one state of its upstream."""
    changed = [] if state is None else [f"features.states=[{state}]"]
    return read_recipe(read_document(HERE / "recipes" / f"{name}.toml", changed))


def recognizer(recipe: RunRecipe) -> tuple[Callable[[np.ndarray], object], Model, int]:
    """From a waveform to logits, the model, and the parameters of the frozen upstream below it."""
    own = {key: value for key, value in recipe.features.items() if key != "name"}
    module = load("features", str(recipe.features["name"]))
    settings = module.Settings(**own)
    first = module.extract(np.random.default_rng(0).standard_normal(RATE).astype(np.float32), RATE, settings)
    chosen = recipe.model_settings
    model = build_model(first.shape[1], {"emotion": EMOTIONS}, chosen).eval()
    below = 0
    if hasattr(settings, "states"):
        below = sum(one.numel() for one in load_upstream(settings, max(settings.states)).parameters())

    def hear(samples: np.ndarray) -> object:
        frames = torch.from_numpy(module.extract(samples, RATE, settings)).unsqueeze(0)
        with torch.inference_mode():
            return model(frames, torch.tensor([frames.shape[1]]))

    return hear, model, below


def systems() -> list[dict[str, Any]]:
    """One row a system."""
    generator, rows = np.random.default_rng(0), []
    for title, name, state in SYSTEMS:
        hear, model, below = recognizer(recipe_of(name, state))
        factors = {}
        for seconds in SECONDS:
            samples = (0.1 * generator.standard_normal(RATE * seconds)).astype(np.float32)
            factors[str(seconds)] = cost(lambda hear=hear, samples=samples: hear(samples)) / seconds
        parameters = below + sum(one.numel() for one in model.parameters())
        rows.append(
            {
                "system": title,
                "real_time_factor": factors,
                "parameters": parameters,
                "bytes": 4 * parameters,
                "result": name,
                "state": state,
            }
        )
    return rows


def line(row: dict[str, Any], peer: dict[str, Any]) -> str:
    """A row in words, beside the first one."""
    own = row["real_time_factor"]
    factors = ", ".join(
        f"{factor:.4f} at {seconds} s ({factor / peer['real_time_factor'][seconds]:.1f} x)"
        for seconds, factor in own.items()
    )
    return f"real-time factor {factors}; {row['parameters'] / 1e6:.2f} M, {row['bytes'] / 2**20:.1f} MB"


def main() -> None:
    """Measure and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = systems()
    for row in rows:
        print(f"{row['system']:48} {line(row, rows[0])}")
    if options.json:
        keep(options.json, command=COMMAND, rows=rows)


if __name__ == "__main__":
    main()
