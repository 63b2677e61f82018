"""Whatever column an utterance has can be the domain of an objective, and what one class would be is refused."""

import csv

import numpy as np
import pytest

from unheard.data.vocabulary import DOMAINS
from unheard.errors import SplitError
from unheard.experiment.fold_data import FoldParts
from unheard.experiment.job import plan_jobs
from unheard.experiment.job_run import run_job
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.settings import read_document

COLUMNS = {
    "language": lambda who, row: "de" if who % 2 else "en",
    "session": lambda who, row: f"day{who}",
    "dialogue": lambda who, row: f"call{who}-{row['sentence']}",
}


@pytest.fixture
def table(tones, tmp_path):
    """The tones with every column that may be a domain, save the corpus."""
    with (tones / "corpus" / "tones.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["file"] = str(tones / "corpus" / row["file"])
        row |= {name: value(int(row["speaker"][1:]), row) for name, value in COLUMNS.items()}
    file = tmp_path / "tones.csv"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return file


def made(recipe, table, *changes):
    fast = ["training.epochs=1", "leakage.measure=false", f"corpus.folder={table}"]
    return prepare(read_recipe(read_document(recipe, [*fast, *changes])), default_cache())


@pytest.mark.parametrize("domain", [name for name in DOMAINS if name != "corpus"])
def test_every_column_can_be_the_domain(domain, recipe, table, tmp_path):
    ready = made(recipe, table, f"objectives.dat.domain={domain}")
    job = next(job for job in plan_jobs(ready, tmp_path) if job.label == "dat")
    parts = FoldParts(ready.job_data, job, job.fold)
    known = parts.train.columns[domain]
    assert known.min() >= 0
    assert parts.vocabulary.count(domain) == len(np.unique(known)) > 1
    (epoch,) = run_job(ready.job_data, job).history
    assert np.isfinite(epoch[f"{domain}_loss"])
    assert 0 <= epoch[f"{domain}_accuracy"] <= 1


def test_a_test_speaker_is_nobody_and_a_language_is_the_same_for_all(recipe, table, tmp_path):
    ready = made(recipe, table)
    job = plan_jobs(ready, tmp_path)[0]
    parts = FoldParts(ready.job_data, job, job.fold)
    assert set(parts.test.columns["speaker"].tolist()) == {-1}
    languages = [ready.utterances[name].language for name in parts.test.names]
    assert [parts.vocabulary.classes["language"][number] for number in parts.test.columns["language"]] == languages


def test_one_corpus_alone_is_no_domain(recipe, table):
    with pytest.raises(SplitError, match=r"objectives\.dat, fold 'speakers-1'.* no two values of corpus, only table"):
        made(recipe, table, "objectives.dat.domain=corpus")
