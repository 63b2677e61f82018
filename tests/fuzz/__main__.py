"""`python tests/fuzz`: 10,000 mutated recordings and 1,000 headers, results and tables; figures as JSON."""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from harness import counts, fuzz, run_case, serve
from subject import subjects


def _one(which: str, seed: int, keep: Path) -> None:
    """Make one case again, in this process, and keep its file."""
    name, number = which.split(":")
    subject = subjects()[name]
    keep.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        outcome, done, file = run_case(subject, subject.originals(Path(scratch)), seed, int(number), keep)
    sys.stdout.write(f"{file}: {done}: {outcome}\n")


def main() -> int:
    """Exit with 1 where there is a fault."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=int, default=10_000)
    parser.add_argument("--documents", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--one", help="SUBJECT:NUMBER: this case alone")
    parser.add_argument("--keep", type=Path, default=Path("fuzzed"), help="where --one keeps its file")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--answers", type=int, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.child:
        serve(json.loads(chosen.child), chosen.seed, chosen.answers)
        return 0
    if chosen.one:
        _one(chosen.one, chosen.seed, chosen.keep)
        return 0
    known, begun, cases = subjects(), time.monotonic(), {}
    for group in ("recordings", "documents"):
        names = [name for name, subject in known.items() if subject.group == group]
        cases |= counts(getattr(chosen, group) if names else 0, names or [""])
    figures = {name: own.plain() for name, own in fuzz(cases, seed=chosen.seed).items()}
    said = {"seed": chosen.seed, "seconds": round(time.monotonic() - begun), "figures": figures}
    sys.stdout.write(json.dumps(said, indent=1) + "\n")
    return int(any(own["faults"] for own in figures.values()))


if __name__ == "__main__":
    sys.exit(main())
