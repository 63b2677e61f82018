"""Mutated files, each in a process that may be killed: a value, a named error, or a fault.

A case is (subject, seed, number) and nothing else, so that a fault is made again by its three parts:

    python tests/fuzz --one SUBJECT:NUMBER --seed SEED --keep FOLDER
"""

import json
import os
import resource
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from subject import Subject, subjects

from unheard.errors import UnheardError

__all__ = ["Figures", "counts", "fuzz", "run_case", "serve"]

LIMIT = 10.0  # seconds a file
ROOM = 1 << 30  # bytes a file, above what the program takes before it
_START = 300.0  # seconds for a child's imports on a busy machine


@dataclass
class Figures:
    """What became of the cases of one subject.

    Args:
        cases: how many files were tried.
        values: how many were read.
        errors: how many were refused by a named error.
        faults: what else happened: number of the case, what was done to the file, what came of it.
        slowest: seconds of the slowest file.
        most: most memory that one process took in all, in bytes.
        chatter: files at which a library wrote to standard error.
    """

    cases: int = 0
    values: int = 0
    errors: int = 0
    faults: list[str] = field(default_factory=list)
    slowest: float = 0.0
    most: int = 0
    chatter: int = 0

    def take(self, which: str, said: dict[str, object]) -> None:
        """Count what a child said of one case."""
        self.cases += 1
        outcome = f"fault: {said['died']}" if "died" in said else str(said["outcome"])
        if "died" not in said:
            self.chatter += bool(said["chatter"])
            self.slowest = max(self.slowest, round(said["seconds"], 3))
            self.most = max(self.most, said["peak"])
            if said["seconds"] > LIMIT:
                outcome = f"fault: took {said['seconds']:.1f} s"
        self.values += outcome == "value"
        self.errors += outcome == "error"
        if outcome.startswith("fault"):
            self.faults.append(f"{which}: {said.get('done', '?')}: {outcome.removeprefix('fault: ')}")

    def plain(self) -> dict[str, object]:
        """As values for JSON."""
        return asdict(self)


def run_case(subject: Subject, originals: list[Path], seed: int, number: int, folder: Path) -> tuple[str, str, Path]:
    """Make one damaged file and read it: what came of it, what was done, and the file."""
    generator = np.random.default_rng([seed, number])
    original = originals[int(generator.integers(len(originals)))]
    file, done = subject.mutate(original, folder, generator)
    try:
        subject.attempt(file, done)
    except UnheardError as problem:
        told = f"{file.name}" in str(problem)
        return ("error" if told else f"fault: the error does not name the file: {problem}"), done, file
    except Exception as problem:  # noqa: BLE001 (whatever is not in the error tree is what is looked for)
        return f"fault: {type(problem).__name__}: {problem}", done, file
    return "value", done, file


def _peak() -> int:
    """Most memory that this process ever held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def serve(names: list[str], seed: int, answers: int) -> None:
    """In a child: read 'NUMBER SUBJECT' from standard input, line by line, and answer each with a line of JSON."""
    known = {name: own for name, own in subjects().items() if name in names}
    with tempfile.TemporaryDirectory() as scratch:
        originals = {}
        for number, (name, subject) in enumerate(known.items()):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            originals[name] = subject.originals(folder)
            for original in originals[name]:  # what is loaded at the first call is not a damaged file's doing
                subject.attempt(original, "nothing")
        size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _answer(answers, {"ready": True})
        for line in sys.stdin:
            number, name = line.strip().split(" ", 1)
            before, written = time.monotonic(), os.fstat(2).st_size
            outcome, done, file = run_case(known[name], originals[name], seed, int(number), Path(scratch))
            said = {"seconds": time.monotonic() - before, "peak": _peak(), "chatter": os.fstat(2).st_size > written}
            _answer(answers, {"outcome": outcome, "done": done, **said})
            file.unlink(missing_ok=True)


def _answer(answers: int, said: dict[str, object]) -> None:
    os.write(answers, (json.dumps(said) + "\n").encode())


class _Child:
    """A process that reads files for us, and may be killed."""

    def __init__(self, names: list[str], seed: int) -> None:
        ours, theirs = os.pipe()
        self.noise = tempfile.TemporaryFile()  # noqa: SIM115 (closed in end)
        command = [sys.executable, str(Path(__file__).parent), "--child", json.dumps(names), "--seed", str(seed)]
        self.process = subprocess.Popen(
            [*command, "--answers", str(theirs)],
            stdin=subprocess.PIPE,
            stderr=self.noise,
            stdout=self.noise,
            pass_fds=[theirs],
        )
        os.close(theirs)
        self.answers = os.fdopen(ours)
        started = self.wait(_START)
        if "ready" not in started:
            self.noise.seek(0)
            message = f"{names} do not start: {started} {self.noise.read().decode(errors='replace')[-2000:]}"
            raise RuntimeError(message)

    def ask(self, name: str, number: int) -> dict[str, object]:
        self.process.stdin.write(f"{number} {name}\n".encode())
        self.process.stdin.flush()
        return self.wait(LIMIT + 2)

    def wait(self, seconds: float) -> dict[str, object]:
        if not select.select([self.answers], [], [], seconds)[0]:
            self.end()
            return {"died": f"no answer in {LIMIT:g} s"}
        line = self.answers.readline()
        if not line:
            return {"died": f"the process ended with {self.process.wait()}"}
        return json.loads(line)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.answers.close()
        self.noise.close()


def fuzz(cases: Mapping[str, int], *, seed: int = 0) -> dict[str, Figures]:
    """Try damaged files: so many of each subject."""
    names = list(cases)
    child, found = _Child(names, seed), {name: Figures() for name in names}
    for name, count in cases.items():
        for number in range(count):
            said = child.ask(name, number)
            found[name].take(f"{name}:{number}", said)
            if "died" in said:
                child.end()
                child = _Child(names, seed)
    child.end()
    return found


def counts(total: int, names: list[str]) -> Counter[str]:
    """A total in even parts."""
    return Counter(names[number % len(names)] for number in range(total))
