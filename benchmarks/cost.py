"""What a recogniser costs, beside what it scores: log-mel TDNN-LSTM, a truncated upstream and a whole one, in one run.

    UNHEARD_MODELS=MODELS python benchmarks/cost.py                 # a table
    UNHEARD_MODELS=MODELS python benchmarks/cost.py --json FILE     # the rows for docs/results.md

The real-time factor is processor seconds on one core per second of speech, from the waveform to the emotion, weights
fresh (they cost what trained ones cost). Parameters and bytes are of all that is needed to hear a recording, in
float32; UAR is read from docs/results/. It ends with the cost of a step of fine-tuning.
"""

import argparse
import json
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from speed import RATE, cost

from unheard.evaluation.recipe import RunRecipe, read_recipe
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
    ("Whisper base to layer 3, frozen, MLP", "gat2022-ravdess", None),
    ("Whisper base whole (layer 6, padded to 30 s), frozen, MLP", "gat2022-ravdess", 6),
)


def recipe_of(name: str, state: int | None) -> RunRecipe:
    """A shipped recipe, or the same on one state of its upstream."""
    changed = [] if state is None else [f"features.states=[{state}]"]
    return read_recipe(read_document(HERE / "recipes" / f"{name}.toml", changed))


def recogniser(recipe: RunRecipe) -> tuple[Callable[[np.ndarray], object], Model, int]:
    """From a waveform to logits, the model, and the parameters of the frozen upstream below it."""
    own = {key: value for key, value in recipe.features.items() if key != "name"}
    module = load("features", str(recipe.features["name"]))
    settings = module.Settings(**own)
    first = module.extract(np.random.default_rng(0).standard_normal(RATE).astype(np.float32), RATE, settings)
    chosen = recipe.model.model_copy(update={"constants": recipe.constants})
    model = build_model(first.shape[1], {"emotion": EMOTIONS}, chosen).eval()
    below = 0
    if hasattr(settings, "states"):
        below = sum(one.numel() for one in load_upstream(settings, max(settings.states)).parameters())

    def hear(samples: np.ndarray) -> object:
        frames = torch.from_numpy(module.extract(samples, RATE, settings)).unsqueeze(0)
        with torch.inference_mode():
            return model(frames, torch.tensor([frames.shape[1]]))

    return hear, model, below


def kept_uar(name: str, state: int | None) -> str:
    """UAR of plain training on RAVDESS: of the run, or of the sweep over states."""
    file = HERE / "docs" / "results" / (f"{name}.json" if state is None else f"{name}-layers.sweep.json")
    if not file.exists():
        return "not run"
    result: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    if state is None:
        return f"{result['objectives']['plain']['uar']['mean']:.3f}"
    rows = [row for row in result["points"] if row["values"].get("features.states") == [state]]
    return f"{rows[0]['uar']['mean']:.3f}" if rows else "not run"


def systems() -> list[tuple[str, str]]:
    """One row a system."""
    generator, rows, peer = np.random.default_rng(0), [], None
    for title, name, state in SYSTEMS:
        hear, model, below = recogniser(recipe_of(name, state))
        factors = []
        for seconds in SECONDS:
            samples = (0.1 * generator.standard_normal(RATE * seconds)).astype(np.float32)
            factors.append(cost(lambda hear=hear, samples=samples: hear(samples)) / seconds)
        peer = peer or factors[0]
        parameters = below + sum(one.numel() for one in model.parameters())
        rows.append(
            (
                title,
                f"real-time factor {factors[0]:.4f} at {SECONDS[0]} s ({factors[0] / peer:.1f} x the first), "
                f"{factors[1]:.4f} at {SECONDS[1]} s; {parameters / 1e6:.2f} M parameters, {4 * parameters / 2**20:.1f} MB; "
                f"UAR on RAVDESS {kept_uar(name, state)}",
            )
        )
    return rows


def main() -> None:
    """Measure and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = systems()
    for what, value in rows:
        print(f"{what:60} {value}")
    if options.json:
        machine = f"One core of {platform.machine()}, {platform.system()}, torch {torch.__version__.split('+')[0]}."
        content = {
            "machine": machine,
            "rows": [{"what": what, "value": value, "command": COMMAND} for what, value in rows],
        }
        options.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
