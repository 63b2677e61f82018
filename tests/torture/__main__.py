"""`python tests/torture`: 100 kills, full disks and two writers on a small run; figures as JSON."""

import argparse
import contextlib
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from torture.bench import LIMITED, Bench, differences, kill, made_bench, wrecks


def _killed(bench: Bench, seconds: float, jobs: int, kills: int, generator: random.Random) -> dict[str, Any]:
    """Runs that are killed again and again, five times each, then left to end."""
    found: dict[str, Any] = {"jobs": jobs, "kills": 0, "survivors": [], "wrecks": [], "differences": []}
    found["seconds until the last process ended"] = []
    while found["kills"] < kills:
        out = bench.folder / f"killed-{jobs}-{found['kills']}"
        for _ in range(5):
            # Half of the moments lie anywhere, half behind the start, which is most of so short a run.
            sign = generator.choice([None, out / "settings.toml"])
            after = generator.uniform(0.0, seconds if sign is None else 0.5 * seconds)
            killed = kill(bench.start(out, jobs), after, sign=sign)
            found["kills"] += killed.ran
            found["survivors"] += killed.left
            if killed.ran:
                found["seconds until the last process ended"].append(round(killed.seconds, 1))
            found["wrecks"] += wrecks(out) if out.exists() else []
            if not killed.ran:
                break
        _end(bench, out, found, jobs)
        _say(found)
    return found


def _end(bench: Bench, out: Path, found: dict[str, Any], jobs: int = 1, **given: Any) -> None:
    """Let a run end, and hold it against the quiet one; what was left beside must go once it is old."""
    for file in out.rglob("*.part"):
        os.utime(file, (0, 0))
    ended = bench.finish(out, jobs, **given)
    if ended.code != 0:
        found["differences"].append(f"{out.name}: {ended.code}: {ended.said[-500:]}")
        return
    found["differences"] += [f"{out.name}: {one}" for one in differences(out, bench.folder / "quiet")]
    found["wrecks"] += [str(file) for file in out.rglob("*.part")]


def _full(bench: Bench, limits: list[int]) -> dict[str, Any]:
    """Runs where no file may have more bytes than a limit, each with a cache of its own."""
    found: dict[str, Any] = {"limits": len(limits), "said": 0, "not said": [], "wrecks": [], "differences": []}
    for limit in limits:
        out, cache = bench.folder / f"full-{limit}", bench.folder / f"cache-{limit}"
        ended = bench.finish(out, 1 + limit % 2, cache, code=LIMITED, before=[limit])
        _judge(ended.code, ended.said, found)
        found["wrecks"] += wrecks(out) + [str(file) for file in cache.rglob("*.part")]
        _end(bench, out, found, cache=cache)
    _say(found)
    return found


def _judge(code: int, said: str, found: dict[str, Any]) -> None:
    if code == 2 and "Traceback" not in said and re.search("/(full|cache)-", said):
        found["said"] += 1
    elif code != 0:
        found["not said"].append(f"{code}: {said[-500:]}")


def _full_disk(bench: Bench, sizes: list[int]) -> dict[str, Any]:
    """Runs on disks of so many kilobytes, where this user may make some."""
    found: dict[str, Any] = {"disks": 0, "said": 0, "not said": [], "wrecks": [], "differences": []}
    for size in sizes:
        with _disk(bench.folder / f"full-disk-{size}", size) as disk:
            if disk is None:
                return found
            found["disks"] += 1
            ended = bench.finish(disk / "run", 1 + size % 2, disk / "cache")
            _judge(ended.code, ended.said, found)
            found["wrecks"] += wrecks(disk / "run") + [str(file) for file in disk.rglob("*.part")]
            if ended.code and subprocess.run(["mount", "-o", "remount,size=100m", disk], check=False).returncode == 0:
                _end(bench, disk / "run", found, cache=disk / "cache")
    _say(found)
    return found


@contextlib.contextmanager
def _disk(place: Path, kilobytes: int) -> Iterator[Path | None]:
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={kilobytes}k", "tmpfs", place], check=False, stderr=subprocess.DEVNULL
    )
    if made.returncode != 0:
        yield None
        return
    try:
        yield place
    finally:
        subprocess.run(["umount", place], check=True)


def _two(bench: Bench, pairs: int) -> dict[str, Any]:
    """Two runs at once into one folder, and two into folders of their own that fill one cache."""
    found: dict[str, Any] = {"pairs": 0, "differences": []}
    for number in range(pairs):
        for outs in (("same", "same"), ("one", "other")):
            cache = bench.folder / f"cache-two-{number}-{outs[0]}"
            places = [bench.folder / f"two-{number}-{out}" for out in outs]
            for out, run in [(out, bench.start(out, 1 + number % 2, cache)) for out in places]:
                _, said = run.communicate(timeout=1200)
                problems = differences(out, bench.folder / "quiet") if run.returncode == 0 else [said[-500:]]
                found["differences"] += [f"{out.name}: {problem}" for problem in problems]
            found["pairs"] += 1
    _say(found)
    return found


def _say(found: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Exit with 1 where anything did not hold."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="half of them with two jobs")
    parser.add_argument("--full", type=int, default=12, help="full disks of each kind")
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    generator = random.Random(given.seed)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory() as scratch:
        bench = made_bench(Path(scratch))
        if bench.finish(bench.folder / "quiet").code != 0:
            return 1
        seconds = time.monotonic() - begun
        sizes = [int(600 * 1.4**step) for step in range(given.full)]
        found = {
            "kills": [_killed(bench, seconds, jobs, given.kills // 2, generator) for jobs in (1, 2)],
            "full": _full(bench, [size + step % 2 for step, size in enumerate(sizes)]),
            "full_disk": _full_disk(bench, [100 + 45 * step for step in range(given.full)]),
            "two": _two(bench, given.pairs),
        }
    found["minutes"] = round((time.monotonic() - begun) / 60, 1)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")
    parts = [*found["kills"], found["full"], found["full_disk"], found["two"]]
    bad = [part[key] for part in parts for key in ("survivors", "wrecks", "differences", "not said") if part.get(key)]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
