"""What a step of each objective costs beside a bare step of torch, and beside another checkout, in one run.

    python benchmarks/steps.py                        # ratios to the floor
    python benchmarks/steps.py --against OTHER/src    # and to the same steps by the sources of another checkout
    python benchmarks/steps.py --json FILE            # the rows for docs/results.md

The floor is one forward pass of the same network, cross-entropy, backward and a fused AdamW step on the same batches,
written here. Each objective is measured in a process of its own, in turns with the floor and with the other checkout,
so that a machine that is busy for a while slows all of them; what counts is the median of the rounds, in processor
time. Memory is the largest resident size of each process.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from kept import keep

HERE = Path(__file__).parents[1]
COMMAND = "python benchmarks/steps.py"
OBJECTIVES: dict[str, tuple[str, dict[str, Any]]] = {
    "plain": ("plain", {}),
    "dat": ("dat", {}),
    "dat, 3 inner steps": ("dat", {"inner_steps": 3}),
    "speaker normalization": ("speaker_normalization", {}),
    "cgt": ("cgt", {}),
}
FLOOR = "torch alone"
STEPS, WARM = 30, 5


def part() -> Any:
    """As large as half a RAVDESS fold: 432 utterances of about 2 s at 30 ms, of 8 speakers."""
    from unheard.training.dataset import Dataset

    generator = np.random.default_rng(0)
    lengths = generator.integers(45, 95, 432)
    frames = [[generator.standard_normal((int(length), 40)).astype(np.float32)] for length in lengths]
    columns = {"emotion": np.arange(432) % 8, "speaker": np.arange(432) // 54}
    return Dataset(tuple(map(str, range(432))), frames, columns, 0.03)


def measure(name: str) -> dict[str, float]:
    """Processor seconds of one step, and the process's peak memory in bytes."""
    from unheard.models.model import build_model
    from unheard.models.model_settings import ModelSettings
    from unheard.registry import load
    from unheard.training.dataset import training_batches
    from unheard.training.loop import Trainer
    from unheard.training.settings import TrainingSettings

    torch.set_num_threads(1)
    torch.manual_seed(0)
    data, settings = part(), TrainingSettings(epochs=1000)
    model = build_model(40, {"emotion": 8, "speaker": 8}, ModelSettings()).train()
    batches = [batch for epoch in range(1, 5) for batch in training_batches(data, settings, seed=0, epoch=epoch)]
    if name == FLOOR:
        optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, fused=True)

        def step(number: int) -> None:
            batch = batches[number]
            optimizer.zero_grad(set_to_none=True)
            logits = model(batch.features, batch.lengths)
            torch.nn.functional.cross_entropy(logits, batch.columns["emotion"]).backward()
            optimizer.step()
    else:
        member, options = OBJECTIVES[name]
        module = load("objectives", member)
        objective = module.Objective(module.Settings(**options), {})
        trainer = Trainer(model, objective, data, data.subset(range(32)), settings, seed=0)
        trainer.model.train()
        halfway = settings.epochs * trainer.steps // 2  # where the adversary has its weight

        def step(number: int) -> None:
            trainer.step(batches[number], halfway + number)

    for number in range(WARM):
        step(number)
    begun = time.process_time()
    for number in range(WARM, WARM + STEPS):
        step(number)
    seconds = (time.process_time() - begun) / STEPS
    return {"seconds": seconds, "bytes": 1024.0 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def in_process(name: str, source: Path) -> dict[str, float]:
    """`measure` in a process that imports these sources."""
    environment = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, __file__, "--measure", name]
    said = subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout  # noqa: S603
    found: dict[str, float] = json.loads(said)
    return found


def rows(rounds: int, against: Path | None) -> list[dict[str, Any]]:
    """One row an objective: ratios to the floor, and to the other checkout."""
    sources = {"own": HERE / "src", **({} if against is None else {"other": against.resolve()})}
    jobs = [("own", FLOOR), *((where, name) for name in OBJECTIVES for where in sources)]
    seen: dict[tuple[str, str], list[dict[str, float]]] = {job: [] for job in jobs}
    for _ in range(rounds):
        for where, name in jobs:
            seen[where, name].append(in_process(name, sources[where]))
    median = {
        job: {key: float(np.median([one[key] for one in own])) for key in ("seconds", "bytes")}
        for job, own in seen.items()
    }
    floor, found = median["own", FLOOR], []
    for name in OBJECTIVES:
        own = median["own", name]
        row: dict[str, Any] = {"objective": name, "time": own["seconds"] / floor["seconds"]}
        row |= {"memory": own["bytes"] / floor["bytes"], "milliseconds": 1000 * own["seconds"]}
        if against is not None:
            other = median["other", name]
            row |= {"time_to_other": own["seconds"] / other["seconds"]}
            row |= {"memory_to_other": own["bytes"] / other["bytes"]}
        found.append(row)
    return found


def line(row: dict[str, Any]) -> str:
    """A row in words."""
    said = f"{row['milliseconds']:6.1f} ms a step, {row['time']:.2f} x the floor, memory {row['memory']:.2f} x"
    if "time_to_other" in row:
        said += (
            f"; beside the other checkout: time {row['time_to_other']:.3f} x, memory {row['memory_to_other']:.3f} x"
        )
    return said


def main() -> None:
    """Measure and print, or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", choices=[FLOOR, *OBJECTIVES])
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure)))
        return
    found = rows(options.rounds, options.against)
    for row in found:
        print(f"{row['objective']:24} {line(row)}")
    if options.json:
        keep(options.json, command=COMMAND, rows=found)


if __name__ == "__main__":
    main()
