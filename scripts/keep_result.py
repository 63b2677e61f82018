"""Keep what a table needs of a run: result.json less curves, maps and fold lists, a few KB.

python scripts/keep_result.py runs/ravdess docs/results/tu2019-ravdess.json
"""

import json
import sys
from pathlib import Path
from typing import Any

from unheard.evaluation.result import read_result
from unheard.files import write_atomically

DROPPED = ("maps", "map_note")
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
        own.get("calibration", {}).pop("temperatures", None)
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
    return rounded(kept)


def main() -> None:
    """Read a run, write the kept part."""
    run, target = Path(sys.argv[1]), Path(sys.argv[2])
    write_atomically(json.dumps(trimmed(read_result(run)), ensure_ascii=False, separators=(",", ":")) + "\n", target)
    print(f"{target}: {target.stat().st_size / 1024:.1f} KB")


if __name__ == "__main__":
    main()
