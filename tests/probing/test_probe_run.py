"""From trees of measures to figures: jobs side by side, means over folds, the best, and words."""

import re

import numpy as np
import pytest

from unheard.leakage.probe_splits import Items
from unheard.leakage.suite import ProbeSettings
from unheard.probing.probe_run import probe_tables
from unheard.probing.summary import figures_of
from unheard.probing.verdicts import sentences
from unheard.statistics.jackknife import Measure, summary
from unheard.testing.codes import make_codes


def tree(linear, knn, cosine, **more):
    probes = {"linear": linear, "knn": knn, "chance": Measure(0.25), "test_items": 10}
    return {
        "leakage": {"speaker": {"utterances": probes}},
        "verification": {"utterances": {"cosine": cosine, "backend": Measure(0.4), "targets": 3}},
        **more,
    }


def test_folds_are_averaged_counts_summed_and_the_best_is_best_on_average():
    trees = [
        tree(Measure(0.9, {"a": 0.8}), Measure(0.5), Measure(0.5), size=8),
        tree(Measure(0.3, {"b": 0.2}), Measure(0.5), Measure(0.5), size=8),
    ]
    found = figures_of(trees, 0.95)
    own = found["leakage"]["speaker"]["utterances"]
    assert own["linear"]["mean"] == pytest.approx(0.6)
    assert (own["best"]["kind"], own["best"]["mean"]) == ("linear", own["linear"]["mean"])
    assert (own["chance"], own["test_items"], found["size"]) == (0.25, 20, 8)
    assert found["verification"]["utterances"]["best"]["kind"] == "backend"  # the lower error counts


def test_the_interval_of_the_best_holds_for_whichever_is_chosen():
    """Bonferroni: of two kinds, each at 97.5 %, that both hold has at least 95 %."""
    knn = Measure(0.5, {"a": 0.4, "b": 0.5, "c": 0.6})
    found = figures_of([tree(Measure(0.3, {"a": 0.3, "b": 0.3, "c": 0.3}), knn, Measure(0.5))], 0.95)
    own = found["leakage"]["speaker"]["utterances"]
    assert own["best"]["kind"] == "knn"
    assert own["best"]["interval"] == pytest.approx(summary([knn], level=0.975, span=(0, 1))["interval"])
    assert own["knn"]["interval"] == pytest.approx(summary([knn], level=0.95)["interval"])


def test_what_a_table_lacks_or_repeats_is_said():
    codes = make_codes(speakers=4, unseen=0, each=8, size=9)
    items = Items({"speaker": codes.columns["speaker"]}, np.full(32, "train"))
    embeddings = codes.embeddings.copy()
    embeddings[1] = embeddings[0]
    found = probe_tables({"a": (embeddings, items)}, ProbeSettings(kinds=("linear",)), source="a.npz")
    said = " ".join(found["notes"])
    for words in (
        "no emotion",
        "no raw features, untrained, weight zero",
        "no test speakers",
        "no item has a sentence",
    ):
        assert words.replace("no emotion", "no item has an emotion") in said
    assert "1 embeddings are copies" in said
    assert not found["unseen"]
    assert "that the probes of a have never met" in found["sentences"][1]


def test_a_fold_that_lacks_a_figure_is_left_out_of_it():
    one = tree(Measure(0.9), Measure(0.5), Measure(0.5))
    other = {key: value for key, value in one.items() if key != "leakage"}
    assert figures_of([one, other], 0.95)["leakage"]["speaker"]["utterances"]["linear"]["tasks"] == 1


def test_the_number_of_jobs_changes_no_figure():
    codes = make_codes(speakers=3, unseen=2, each=8, size=9)
    items = Items({name: codes.columns[name] for name in ("speaker", "emotion")}, codes.part)
    settings = ProbeSettings(kinds=("linear",))
    found = [probe_tables({"a": (codes.embeddings, items)}, settings, source="a.npz", jobs=jobs) for jobs in (1, 2)]
    assert found[0]["objectives"] == found[1]["objectives"]
    assert found[0]["references"] == found[1]["references"]
    assert found[0]["references"]["raw_features"] is None


def figure(mean, low, high, **more):
    return {"mean": mean, "std": None, "interval": [low, high], **more}


def erased(lost, beyond, rank=15, size=128):
    return {"erasure": {"rank": rank, "of_size": size, "uar_lost": lost, "uar_beyond_control": beyond}}


def result(**own):
    best = {"chance": 0.0625, "best": figure(0.34, 0.3, 0.38, kind="mlp")}
    raw = {"chance": 0.0625, "best": figure(0.95, 0.9, 1.0, kind="linear")}
    return {
        "objectives": {"dat": {"leakage": {"speaker": {"sentences": best}}, **own}},
        "references": {
            "raw_features": {"leakage": {"speaker": {"sentences": raw}}},
            "untrained": None,
            "emotion_code": {"leakage": {}},
        },
        "weight_zero": None,
    }


def test_the_sentence_names_the_figure_and_what_stands_beside():
    first = "An embedding of dat names the speaker of a new sentence in 34 of 100 cases"
    assert sentences(result()) == [f"{first} (95 % interval 30 to 38, mlp probe); chance 6, raw features 95."]


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (erased(figure(0.05, 0.02, 0.08), figure(0.04, 0.01, 0.07)), "takes 5.0 points .*: it was used"),
        (erased(figure(0.05, 0.02, 0.08), figure(0.01, -0.01, 0.03)), "no more than as many directions at random"),
        (erased(figure(0.01, -0.02, 0.03), figure(0.01, 0.005, 0.03)), "that it was used is not shown"),
        (erased(figure(-0.04, -0.06, -0.02), figure(-0.04, -0.06, -0.02)), "gives 4.0 points .*: it was in the way"),
        (erased(figure(0.3, 0.2, 0.4), figure(0.3, 0.2, 0.4), 64, 64), "nothing is left of the embedding"),
        (
            {"erasure": {**erased(figure(0.3, 0.2, 0.4), figure(0.3, 0.2, 0.4), 7, 8)["erasure"], "span": 7}},
            "7 of 7 directions.*nothing is left of the embedding",
        ),
        (erased(figure(0.3, None, None), figure(0.3, None, None)), "too few speakers"),
    ],
)
def test_what_erasing_says_hangs_on_the_intervals_and_the_control(own, words):
    assert re.search(words, sentences(result(**own))[1])


def test_where_nothing_can_be_asked_the_sentence_says_so():
    made = result()
    made["objectives"]["dat"]["leakage"] = {}
    assert "cannot be measured" in sentences(made)[0]
