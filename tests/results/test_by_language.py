"""A figure for each language beside the pooled one, where there are several."""

import csv

import numpy as np

from experiment.made_jobs import training
from reports.conftest import made_result
from schemas.changes import changed
from unheard.experiment.preparation import default_cache, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.reports.pages.report import render
from unheard.results.pooling import Pool
from unheard.schemas.result import Result
from unheard.settings import read_document


def pool(recipe, tones, folder, language):
    """Answers that are right for all but two speakers, over tones in the language of each speaker's number."""
    with (tones / "corpus" / "tones.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    for row in rows:
        row["file"] = str(tones / "corpus" / row["file"])
        row["language"] = language(int(row["speaker"][1:]))
    table = folder / "tones.csv"
    with table.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    ready = prepare(read_recipe(read_document(recipe, [f"corpus.folder={table}"])), default_cache())
    rows = [
        (name, np.eye(len(ready.classes))[0 if item.speaker in ("s01", "s03") else _number(ready, item)].tolist())
        for name, item in ready.utterances.items()
    ]
    return Pool("plain", [training(rows, fold="speakers-1")], ready)


def _number(ready, item):
    return ready.classes.index(item.emotion)


def test_each_language_has_a_figure_with_its_interval_over_speakers(recipe, tones, tmp_path):
    uar = pool(recipe, tones, tmp_path, lambda who: "de" if who % 2 else "am").uar()
    assert set(uar.by) == {"language"}
    amharic = uar.by["language"]["am"]
    assert (amharic.uar, amharic.interval[1]) == (1.0, 1.0)
    assert (amharic.speakers, amharic.utterances) == (3, 27)
    german = uar.by["language"]["de"]
    assert abs(german.uar - 5 / 9) < 1e-9
    assert german.interval[0] < german.uar < german.interval[1]
    page = render(changed(Result.model_validate(made_result()), "objectives.plain.uar", uar.model_dump()))
    assert "<dt>language am</dt>" in page
    assert "3 speakers" in page


def test_one_language_has_none(recipe, tones, tmp_path):
    assert pool(recipe, tones, tmp_path, lambda who: "de").uar().by == {}
    assert pool(recipe, tones, tmp_path, lambda who: "de" if who else "").uar().by == {}
