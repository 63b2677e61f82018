"""Keep what a table needs of a run: result.json less curves, maps and fold lists, a few KB.

python scripts/keep_result.py runs/ravdess docs/results/tu2019-ravdess.json [--beside]

Where the run was probed, swept or run under other protocols, that is kept beside it, as NAME.probes.json,
NAME.sweep.json and NAME.inflation.json. The folder of a sweep alone gives NAME.sweep.json only, and with --beside a
run gives only what stands beside it.
"""

import json
import sys
from pathlib import Path
from typing import Any

from unheard.documents import DamageError, conform, opened, read_json
from unheard.errors import RunError, UnheardError
from unheard.files import write_atomically
from unheard.result_shape import InflationShape, ProbesShape, SweepShape
from unheard.results.files import read_result

DROPPED = ("maps", "map_note")
NEEDED = ("split.folds", "seeds", "corpus.duplicates", "settings_text", "comparisons")
OF_OBJECTIVE = ("curves", "per_fold")
OF_CALIBRATION = ("reliability", "risk_coverage")


def rounded(value: Any) -> Any:
    """Numbers to five decimals, which no claim here goes beyond."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    return value


def trimmed(result: dict[str, Any]) -> dict[str, Any]:
    """The result without what only the report shows."""
    kept = {key: value for key, value in result.items() if key not in DROPPED}
    for own in result["objectives"].values():
        for which in ("before", "after"):
            for key in OF_CALIBRATION:
                ((own.get("calibration") or {}).get(which) or {}).pop(key, None)
        (own.get("calibration") or {}).pop("temperatures", None)
    for row in result["comparisons"]:
        row.pop("by_speaker", None)
    kept["objectives"] = {
        label: {key: value for key, value in own.items() if key not in OF_OBJECTIVE}
        for label, own in result["objectives"].items()
    }
    kept["split"] = {key: value for key, value in result["split"].items() if key != "folds"}
    kept["split"]["tests"] = len(result["split"]["folds"]) // len(result["seeds"])
    kept["corpus"]["duplicates"] = len(result["corpus"]["duplicates"])
    # Where the corpus and the results lay on one machine is nobody's business.
    lines = kept["settings_text"].splitlines()
    kept["settings_text"] = "\n".join(
        line for line in lines if not line.startswith(("folder =", "file =", "folds_file ="))
    )
    kept.pop("command", None)
    return kept


def probed(document: dict[str, Any]) -> dict[str, Any]:
    """Probes less each kind's own figures: of a protocol the best kind and the linear one are shown."""
    kept = {key: value for key, value in document.items() if key not in ("command", "source")}
    for own in [*kept["objectives"].values(), *filter(None, kept["references"].values())]:
        for protocols in own["leakage"].values():
            for found in protocols.values():
                for kind in ("mlp", "svm", "knn"):
                    found.pop(kind, None)
        (own.get("erasure") or {}).pop("speaker_after", None)
    return kept


def swept(document: dict[str, Any]) -> dict[str, Any]:
    """A sweep less what was typed on whose machine."""
    return {key: value for key, value in document.items() if key != "command"}


BESIDE = {"probes": probed, "sweep": swept, "inflation": dict}
"""Name of a file of a run, without its ending -> what is kept of it."""


SHAPES = {"probes": ProbesShape, "sweep": SweepShape, "inflation": InflationShape}


def beside(file: Path) -> dict[str, Any]:
    """What stands beside a result, less its digest."""
    try:
        document = opened(read_json(file))
        conform(document, SHAPES[file.stem])
    except DamageError as problem:
        raise RunError(f"{file}: damaged ({problem}). Make it again.") from problem
    return document


def write(document: dict[str, Any], target: Path) -> None:
    """Write one document and say how large it is."""
    text = json.dumps(rounded(document), ensure_ascii=False, separators=(",", ":"))
    write_atomically(text + "\n", target)
    print(f"{target}: {target.stat().st_size / 1024:.1f} KB")


def main() -> None:
    """Read a run, write the kept parts."""
    run, target = Path(sys.argv[1]), Path(sys.argv[2])
    if not (run / "sweep.json").exists() and "--beside" not in sys.argv:
        write(trimmed(read_result(run, needs=NEEDED)), target)
    for name, keep in BESIDE.items():
        file = run / f"{name}.json"
        if file.exists():
            write(keep(beside(file)), target.with_suffix(f".{name}.json"))


if __name__ == "__main__":
    try:
        main()
    except UnheardError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
