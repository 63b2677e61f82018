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
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from subject import Subject, subjects

from unheard.errors import UnheardError

__all__ = ["Figures", "fuzz", "run_case"]

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


def _child(name: str, seed: int, answers: int) -> None:
    """Read numbers from standard input, answer each with a line of JSON."""
    subject = subjects()[name]
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "whole").mkdir()
        originals = subject.originals(Path(scratch) / "whole")
        for original in originals:  # so that what is loaded at the first call is not counted as a file's
            subject.attempt(original, "nothing")
        size = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (size + ROOM, size + ROOM))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _answer(answers, {"ready": True, "peak": _peak()})
        for line in sys.stdin:
            before, written = time.monotonic(), os.fstat(2).st_size
            outcome, done, file = run_case(subject, originals, seed, int(line), Path(scratch))
            said = {"seconds": time.monotonic() - before, "peak": _peak(), "chatter": os.fstat(2).st_size > written}
            _answer(answers, {"outcome": outcome, "done": done, **said})
            file.unlink(missing_ok=True)


def _answer(answers: int, said: dict[str, object]) -> None:
    os.write(answers, (json.dumps(said) + "\n").encode())


class _Child:
    """A process that reads files for us, and may be killed."""

    def __init__(self, subject: Subject, seed: int) -> None:
        ours, theirs = os.pipe()
        self.noise = tempfile.TemporaryFile()  # noqa: SIM115 (closed in end)
        command = [sys.executable, str(Path(__file__).parent), "--child", subject.name, "--seed", str(seed)]
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
            message = f"{subject.name} does not start: {started} {self.noise.read().decode(errors='replace')[-2000:]}"
            raise RuntimeError(message)

    def ask(self, number: int) -> dict[str, object]:
        self.process.stdin.write(f"{number}\n".encode())
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


def fuzz(subject: Subject, count: int, *, seed: int = 0) -> Figures:
    """Try `count` damaged files of one subject."""
    figures = Figures()
    child = _Child(subject, seed)
    for number in range(count):
        said = child.ask(number)
        figures.cases += 1
        if "died" in said:
            figures.faults.append(f"{subject.name}:{number}: {said['died']}")
            child.end()
            child = _Child(subject, seed)
            continue
        outcome = str(said["outcome"])
        figures.values += outcome == "value"
        figures.errors += outcome == "error"
        figures.chatter += bool(said["chatter"])
        figures.slowest = max(figures.slowest, said["seconds"])
        figures.most = max(figures.most, said["peak"])
        if said["seconds"] > LIMIT:
            outcome = f"fault: took {said['seconds']:.1f} s"
        if outcome.startswith("fault"):
            figures.faults.append(f"{subject.name}:{number}: {said['done']}: {outcome.removeprefix('fault: ')}")
    child.end()
    return figures


def counts(total: int, names: list[str]) -> Counter[str]:
    """A total in even parts."""
    return Counter(names[number % len(names)] for number in range(total))
