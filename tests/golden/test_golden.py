"""A golden run: the made tones through the whole way must keep giving what they gave.

Where a change is meant to move the numbers, run `python tests/golden/test_golden.py` and say why in the commit.
"""

import csv
import json
import sys
import tempfile
from pathlib import Path

import pytest

from unheard.cli.main import main

GOLDEN = Path(__file__).with_name("tones.json")


def measured(recipe: Path, run: Path) -> dict:
    """UAR of each objective, the split, and the probabilities of a few utterances."""
    longer = [f"--set=training.{setting}" for setting in ("epochs=25", "patience=25", "learning_rate=0.01")]
    with pytest.raises(SystemExit) as left:
        main(["run", str(recipe), "--out", str(run), "--jobs", "1", *longer])
    assert left.value.code == 0
    result = json.loads((run / "result.json").read_text())
    with (run / "predictions.csv").open() as stream:
        rows = list(csv.DictReader(stream))[::18]
    return {
        "split": result["split"]["digest"],
        "uar": {label: own["uar"]["mean"] for label, own in result["objectives"].items()},
        "anger": {f"{row['objective']} {row['file']}": float(row["anger"]) for row in rows},
    }


def test_the_golden_run_gives_what_it_gave(recipe, tmp_path):
    golden, now = json.loads(GOLDEN.read_text()), measured(recipe, tmp_path / "run")
    assert now["split"] == golden["split"]
    assert now["uar"] == pytest.approx(golden["uar"], abs=0.04)
    assert now["anger"] == pytest.approx(golden["anger"], abs=0.03)


if __name__ == "__main__":
    from unheard.testing.tones import write_tones

    sys.path.insert(0, str(Path(__file__).parents[1]))
    from conftest import RECIPE

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = write_tones(folder / "corpus")
        (folder / "recipe.toml").write_text(RECIPE.replace("corpus/tones.csv", str(table)), encoding="utf-8")
        GOLDEN.write_text(json.dumps(measured(folder / "recipe.toml", folder / "run"), indent=1) + "\n")
