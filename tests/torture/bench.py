"""A small run that can be killed, starved of disk and doubled, and what must hold afterwards."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from safetensors import safe_open
from safetensors.numpy import load_file

from processes_of import alive_in_session
from unheard.testing.tones import write_tones

__all__ = ["LIMITED", "RUN", "Bench", "Kill", "Outcome", "differences", "kill", "made_bench", "wrecks"]

RECIPE = """
name = "torture"
seeds = [0]

[corpus]
name = "table"
folder = "corpus/tones.csv"

[features]
name = "logmel"
channels = 16
window = 0.04
hop = 0.02

[split]
name = "speaker_groups"
groups = {groups}
dev_speakers = 1

[model]
embedding = 16
hidden = 16
dropout = 0.1

[model.encoder]
name = "tdnn_lstm"
channels = 16
recurrent = 8

[training]
epochs = {epochs}
patience = {epochs}
speakers_per_batch = 2
utterances_per_speaker = 3
average = 0.5

[leakage]
measure = {leakage}

[objectives.plain]

"""
_DAT = """
[objectives.dat]
weight = -0.5
"""

RUN = """
import sys
import unheard.training.loop as loop
loop._CHECKPOINT_EVERY = 0.0
from unheard.cli.main import main
main(sys.argv[1:])
"""
"""`unheard`, with a checkpoint after every epoch, so that a kill has more to damage."""

LIMITED = f"""
import resource, sys
limit = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
{RUN}
"""
"""The same where no file may have more bytes than the first argument says."""

_TIMES = ("seconds", "timings", "peak_memory_bytes", "created", "command")
"""How what no two runs have in common begins."""


@dataclass(frozen=True)
class Bench:
    """A corpus, a recipe, and a cache of its features that is shared unless a test brings its own."""

    folder: Path

    def command(self, out: Path, jobs: int, *, code: str = RUN, before: Sequence[object] = ()) -> list[str]:
        """The command line of a run into a folder."""
        recipe = self.folder / "recipe.toml"
        parts = [sys.executable, "-c", code, *before, "run", recipe, "--out", out, "--jobs", jobs]
        return [str(part) for part in parts]

    def start(self, out: Path, jobs: int, cache: Path | None = None, **given: Any) -> "subprocess.Popen[str]":
        """Begin a run, in a session of its own, so that all its processes can be told."""
        return subprocess.Popen(
            self.command(out, jobs, **given),
            env=os.environ | {"UNHEARD_CACHE": str(cache or self.folder / "cache"), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def finish(self, out: Path, jobs: int = 1, cache: Path | None = None, **given: Any) -> "Outcome":
        """Run to the end."""
        run = self.start(out, jobs, cache, **given)
        _, said = run.communicate(timeout=1200)
        return Outcome(run.returncode, said)


@dataclass(frozen=True)
class Outcome:
    """How a command ended."""

    code: int
    said: str


def made_bench(folder: Path, *, small: bool = False) -> Bench:
    """Write corpus and recipe; a small one is two jobs, and else it is nine."""
    write_tones(folder / "corpus", speakers=6, each=2 if small else 3)
    text = RECIPE.format(epochs=2 if small else 5, leakage=str(not small).lower(), groups=2 if small else 3)
    text += "" if small else _DAT
    (folder / "recipe.toml").write_text(text, encoding="utf-8")
    return Bench(folder)


@dataclass(frozen=True)
class Kill:
    """What came of a kill.

    Args:
        ran: whether the run had not ended before.
        seconds: until its last process had ended.
        left: what had not ended when patience did.
    """

    ran: bool
    seconds: float
    left: list[str]


def kill(run: "subprocess.Popen[str]", after: float, *, sign: Path | None = None, patience: float = 60.0) -> Kill:
    """Kill a run by SIGKILL, and watch its workers end.

    Args:
        run: it.
        after: seconds from now, or from when the sign is there.
        sign: a file that the run writes.
        patience: seconds that its workers have to end.
    """
    while sign is not None and not sign.exists() and run.poll() is None:
        time.sleep(0.02)
    try:
        run.wait(after)
    except subprocess.TimeoutExpired:
        run.send_signal(signal.SIGKILL)
    ran = run.wait() == -signal.SIGKILL
    begun = time.monotonic()
    assert run.stderr is not None
    run.stderr.close()
    while (left := alive_in_session(run.pid)) and time.monotonic() < begun + patience:
        time.sleep(0.1)
    return Kill(ran, time.monotonic() - begun, left)


def differences(out: Path, reference: Path) -> list[str]:
    """In what a finished run differs from the one that nobody disturbed: predictions, figures, weights to the bit."""
    found = []
    if (out / "predictions.csv").read_bytes() != (reference / "predictions.csv").read_bytes():
        found.append("predictions.csv")
    mine, theirs = (_timeless(json.loads((run / "result.json").read_text())) for run in (out, reference))
    # The digest of the whole is of its times, too.
    found += [f"result.json: {key}" for key in theirs if key != "digest" and mine.get(key) != theirs[key]]
    weights = {file.name for file in (reference / "weights").iterdir()}
    if {file.name for file in (out / "weights").iterdir() if file.suffix == ".safetensors"} != weights:
        return [*found, "which weights there are"]
    found += [f"weights/{name}" for name in sorted(weights) if not _same(out / "weights" / name, reference)]
    return found


def _same(file: Path, reference: Path) -> bool:
    """Whether two models are equal in every bit; the order of a header's keys is whatever it is."""
    with (
        safe_open(file, framework="np") as mine,
        safe_open(reference / "weights" / file.name, framework="np") as theirs,
    ):
        return (
            mine.metadata() == theirs.metadata()
            and sorted(mine.keys()) == sorted(theirs.keys())
            and all(mine.get_tensor(key).tobytes() == theirs.get_tensor(key).tobytes() for key in list(mine.keys()))
        )


def _timeless(value: Any) -> Any:
    """A result without what no two runs have in common."""
    if isinstance(value, dict):
        return {key: _timeless(item) for key, item in value.items() if not key.startswith(_TIMES)}
    return [_timeless(item) for item in value] if isinstance(value, list) else value


def wrecks(out: Path) -> list[str]:
    """Files of a run that are not whole, whoever stopped it; what a killed writer left beside is none of the run."""
    found = []
    for file in out.rglob("*"):
        try:
            if file.suffix == ".json":
                json.loads(file.read_text(encoding="utf-8"))
            elif file.suffix == ".safetensors":
                load_file(file)
            elif file.suffix in (".csv", ".html", ".md", ".toml") and not file.read_text(encoding="utf-8"):
                found.append(str(file))
        except Exception as problem:  # noqa: BLE001 (whatever a reader says of half a file)
            found.append(f"{file}: {problem}")
    return found
