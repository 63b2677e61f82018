"""How much memory a training takes whose features do not fit into it: 100 hours of made frames, a few steps.

    python benchmarks/memory.py                      # 100 h in 4 GiB: prints figures, exit code 1 if it took more
    python benchmarks/memory.py --hours 10 --steps 3
    python benchmarks/memory.py --json FILE

The frames (log-mel, 80 bands, 10 ms, zeros) are a hole in each file of the cache, so that they take no disk; they are
read and hashed like any others. It goes the way of a job: the parts of a fold, the normalizer's statistics, a fresh
model, steps of training, dev and test through the model. The child that does it may allocate no more than is allowed.
"""

import argparse
import dataclasses
import hashlib
import io
import itertools
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from kept import keep

from unheard.data.folds.fold import Fold
from unheard.experiment.fold_data import FoldParts
from unheard.experiment.job import Job
from unheard.experiment.job_data import JobData
from unheard.experiment.job_training import fresh_model
from unheard.experiment.recipe import RunRecipe
from unheard.features.stored import entry_file
from unheard.records import Utterance
from unheard.training.dataset import training_batches
from unheard.training.loop import Trainer
from unheard.training.whole import predict_all

COMMAND = "python benchmarks/memory.py"
CHANNELS, FRAMES_A_SECOND = 80, 100
LENGTHS = tuple(range(6, 16))  # seconds: files of one length are alike, and hashed once
EMOTIONS = ("anger", "calm", "joy", "sadness")
SPEAKERS = 50
DIGEST = 16


def write_hole(file: Path, frames: int, known: dict[int, tuple[bytes, bytes]]) -> None:
    """An entry of zeros that takes no disk: its head, a hole, its digest."""
    if frames not in known:
        stream = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            stream, {"descr": "<f4", "fortran_order": False, "shape": (frames, CHANNELS)}
        )
        head = stream.getvalue()
        zeros = bytes(frames * CHANNELS * 4)
        known[frames] = head, hashlib.blake2b(head + zeros, digest_size=DIGEST).digest()
    head, digest = known[frames]
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as stream:
        stream.write(head)
        stream.seek(len(head) + frames * CHANNELS * 4)
        stream.write(digest)


def made(cache: Path, hours: float) -> JobData:
    """A corpus of so many hours whose features are holes."""
    known: dict[int, tuple[bytes, bytes]] = {}
    utterances, keys, seconds = {}, {}, 0
    for number in itertools.count():
        if seconds >= hours * 3600:
            break
        length, name = LENGTHS[number % len(LENGTHS)], f"{number:06}"
        key = hashlib.sha256(name.encode()).hexdigest()
        write_hole(entry_file(cache, key), length * FRAMES_A_SECOND, known)
        speaker = f"{number % SPEAKERS:02}"
        emotion = EMOTIONS[number // SPEAKERS % len(EMOTIONS)]
        utterances[name] = Utterance(Path(name), name, "made", speaker=speaker, emotion=emotion)
        keys[name] = (key,)
        seconds += length
    recipe = RunRecipe(
        name="memory",
        corpus={"name": "table"},
        split={"name": "speaker_groups"},
        objectives={"dat": {}},
        model={"normalization": "training"},
        leakage={"measure": False},
    )
    speakers = {name: str(item.speaker) for name, item in utterances.items()}
    return JobData(recipe, utterances, speakers, EMOTIONS, keys, cache)


def fold_of(data: JobData) -> Fold:
    """Four fifths of the speakers to learn from, a few to choose on and to be tested on."""
    parts: dict[str, list[str]] = {"train": [], "dev": [], "test": [], "excluded": []}
    for name, speaker in data.speakers.items():
        number = int(speaker)
        parts["dev" if number == 0 else "test" if number == 1 else "train"].append(name)
    return Fold("made", *(tuple(parts[part]) for part in ("train", "dev", "test", "excluded")))


def work(cache: Path, hours: float, steps: int) -> dict[str, float]:
    """What a job does, for a few steps."""
    data = made(cache, hours)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.monotonic()
    job = Job("dat", 0, fold_of(data), cache / "job", "")
    parts = FoldParts(data, job, job.fold)
    opened = time.monotonic()
    chosen = data.recipe.objective("dat")
    objective = chosen.module.Objective(chosen.settings, {})
    classes = {"speaker": parts.vocabulary.count("speaker")}
    model = fresh_model(data, 0, parts.train, classes, objective)
    fitted = time.monotonic()
    trainer = Trainer(model, objective, parts.train, parts.dev, data.recipe.training, seed=0)
    batches = training_batches(parts.train, data.recipe.training, seed=0, epoch=1)
    for step, batch in enumerate(itertools.islice(batches, steps)):
        trainer.step(batch, step)
    trained = time.monotonic()
    predict_all(trainer.model, dataclasses.replace(parts.dev).subset(range(min(64, len(parts.dev)))))
    frames = sum(len(variants[0]) for part in (parts.train, parts.dev, parts.test) for variants in part.frames)
    return {
        "hours": frames / FRAMES_A_SECOND / 3600,
        "features_gib": frames * CHANNELS * 4 / 2**30,
        "utterances": len(data.utterances),
        "steps": steps,
        "seconds_to_open": opened - begun,
        "seconds_of_statistics": fitted - opened,
        "seconds_a_step": (trained - fitted) / steps,
        "resident_before_gib": before / 2**20,
        "peak_gib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20,
    }


def main() -> int:
    """Measure in a child that may allocate no more than is allowed, print and keep."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=100.0)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--allowed", type=float, default=4.0, help="GiB")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        limit = int(asked.allowed * 2**30)
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        print(json.dumps(work(asked.child, asked.hours, asked.steps)))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        given = [f"--hours={asked.hours}", f"--steps={asked.steps}", f"--allowed={asked.allowed}"]
        child = [sys.executable, __file__, f"--child={folder}", *given]
        done = subprocess.run(child, stdout=subprocess.PIPE, check=True)  # noqa: S603 (this very file)
    measured = json.loads(done.stdout)
    for name, value in measured.items():
        print(f"{name:24} {value:.3g}")
    if asked.json:
        keep(asked.json, command=COMMAND, rows=measured)
    return int(measured["peak_gib"] > asked.allowed)


if __name__ == "__main__":
    sys.exit(main())
