"""Speakers with one utterance each: what cannot be measured is said, and nothing ends the run."""

import csv

from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.experiment.runner import claim_folder, run_jobs
from unheard.results.result import build_result
from unheard.settings import read_document
from unheard.testing.tones import write_tones


def test_a_run_of_one_utterance_a_speaker_says_that_leakage_was_not_measured(recipe, tmp_path):
    table = write_tones(tmp_path / "corpus", speakers=12, each=1)
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    emotions = sorted({row["emotion"] for row in rows})
    kept = [row for row in rows if row["emotion"] == emotions[int(row["speaker"][1:]) % len(emotions)]]
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, kept[0])
        writer.writeheader()
        writer.writerows(kept)
    changes = [f"corpus.folder={table}", "split.dev_speakers=2", "training.epochs=1"]
    ready = prepare(read_recipe(read_document(recipe, changes)), default_cache())
    claim_folder(ready.recipe, tmp_path / "run")
    result, _ = build_result(ready, run_jobs(ready, tmp_path / "run"), tmp_path / "run")
    assert any(
        one.kind == "leakage-not-measured"
        and one.text.startswith("In 2 of 2 folds no training speaker has 3 utterances")
        for one in result.cautions
    )
    assert result.objectives["dat"].uar.mean is not None
    assert result.objectives["dat"].leakage.best.mean is None
    assert result.references.raw_features.best.mean is None
