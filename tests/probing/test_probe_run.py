"""From trees of measures to figures: jobs side by side, means over folds, the best, and words."""

import math
import re

import numpy as np
import pytest

from reports.made_probes import asked, erasure, representation
from schemas.changes import changed
from unheard.errors import RunError
from unheard.leakage.permutation_chance import PermutationScores
from unheard.leakage.probe_splits import Items
from unheard.leakage.suite import ProbeSettings
from unheard.probing.probe_run import probe_tables, read_probes, write_probes
from unheard.probing.summary import figures_of
from unheard.probing.verdicts import erasure_sentence, erasure_verdict, sentences
from unheard.schemas.probes import ProbedReferences, ProbedRepresentation, Probes, ProbesSettings
from unheard.statistics.jackknife import Measure, summary
from unheard.testing.codes import make_codes


def tree(linear, knn, cosine, **more):
    shuffled = PermutationScores({"linear": (0.2, 0.3), "knn": (0.3, 0.2)})
    probes = {"linear": linear, "knn": knn, "chance": Measure(0.25), "test_items": 10, "shuffled": shuffled}
    trials = {"cosine": cosine, "backend": Measure(0.4), "targets": 3, "impostors": 5}
    return {
        "size": 8,
        "items": 20,
        "leakage": {"speaker": {"utterances": probes}},
        "verification": {"utterances": trials},
        **more,
    }


def test_folds_are_averaged_counts_summed_and_the_best_is_best_on_average():
    trees = [
        tree(Measure(0.9, {"a": 0.8}), Measure(0.5), Measure(0.5)),
        tree(Measure(0.3, {"b": 0.2}), Measure(0.5), Measure(0.5)),
    ]
    found = figures_of(trees, 0.95)
    own = found.leakage["speaker"]["utterances"]
    assert own.probes["linear"].mean == pytest.approx(0.6)
    assert (own.best.kind, own.best.mean) == ("linear", own.probes["linear"].mean)
    assert (own.chance, own.test_items, found.size, found.items) == (0.25, 20, 8, 40)
    assert own.permutation_chance.best == pytest.approx(0.3)  # of each deal the luckier kind
    assert own.permutation_chance.probes == pytest.approx({"linear": 0.25, "knn": 0.25})
    trials = found.verification["utterances"]
    assert (trials.best.kind, trials.targets, trials.impostors) == ("backend", 6, 10)  # the lower error counts


def test_what_no_tree_has_is_none_or_empty():
    found = figures_of([tree(Measure(0.9), Measure(0.5), Measure(0.5))], 0.95)
    assert (found.within_emotion, found.code_length, found.erasure) == (None, None, None)
    assert found.domain_distance == {}
    assert list(found.leakage) == ["speaker"]
    unknown = figures_of([tree(Measure(math.nan), Measure(math.nan), Measure(math.nan))], 0.95)
    assert unknown.leakage["speaker"]["utterances"].best is None


def test_the_interval_of_the_best_holds_for_whichever_is_chosen():
    """Bonferroni: of two kinds, each at 97.5 %, that both hold has at least 95 %."""
    knn = Measure(0.5, {"a": 0.4, "b": 0.5, "c": 0.6})
    found = figures_of([tree(Measure(0.3, {"a": 0.3, "b": 0.3, "c": 0.3}), knn, Measure(0.5))], 0.95)
    own = found.leakage["speaker"]["utterances"]
    assert own.best.kind == "knn"
    assert own.best.interval == pytest.approx(summary([knn], level=0.975, span=(0, 1)).interval)
    assert own.probes["knn"].interval == pytest.approx(summary([knn], level=0.95).interval)


def test_what_a_table_lacks_or_repeats_is_said():
    codes = make_codes(speakers=4, unseen=0, each=8, size=9)
    items = Items({"speaker": codes.columns["speaker"]}, np.full(32, "train"))
    embeddings = codes.embeddings.copy()
    embeddings[1] = embeddings[0]
    found = probe_tables({"a": (embeddings, items)}, ProbeSettings(kinds=("linear",)), source="a.npz")
    said = " ".join(found.notes)
    for words in (
        "no emotion",
        "no raw features, untrained, weight zero",
        "no test speakers",
        "no item has a sentence",
    ):
        assert words.replace("no emotion", "no item has an emotion") in said
    assert "1 embeddings are copies" in said
    assert not found.unseen
    assert "that the probes of a have never met" in found.sentences[1]


def test_a_fold_that_lacks_a_figure_is_left_out_of_it():
    one = tree(Measure(0.9), Measure(0.5), Measure(0.5))
    other = {key: value for key, value in one.items() if key != "leakage"}
    assert figures_of([one, other], 0.95).leakage["speaker"]["utterances"].probes["linear"].jobs == 1


def test_the_number_of_jobs_changes_no_figure():
    codes = make_codes(speakers=3, unseen=2, each=8, size=9)
    items = Items({name: codes.columns[name] for name in ("speaker", "emotion")}, codes.part)
    settings = ProbeSettings(kinds=("linear",))
    found = [probe_tables({"a": (codes.embeddings, items)}, settings, source="a.npz", jobs=jobs) for jobs in (1, 2)]
    assert found[0].objectives == found[1].objectives
    assert found[0].references == found[1].references
    assert found[0].references.raw_features is None


def test_probes_are_written_whole_and_read_again(tmp_path):
    codes = make_codes(speakers=3, unseen=2, each=8, size=9)
    items = Items({name: codes.columns[name] for name in ("speaker", "emotion")}, codes.part)
    found = probe_tables({"a": (codes.embeddings, items)}, ProbeSettings(kinds=("linear",)), source="a.npz")
    write_probes(found, tmp_path / "probes.json")
    assert read_probes(tmp_path / "probes.json") == found
    (tmp_path / "probes.json").write_text("{}")
    with pytest.raises(RunError, match=r"probes.json: not probes .*unheard probe"):
        read_probes(tmp_path / "probes.json")


@pytest.fixture
def probes():
    """Of one objective, which was asked of new sentences."""
    raw = representation(0.95)
    raw["leakage"] = {"speaker": {"sentences": asked(0.95, 0.0625)}}
    own = representation(0.34) | {"verification": {}, "erasure": None}
    own["leakage"] = {"speaker": {"sentences": asked(0.34, 0.0625, spread=0.04)}}
    own["leakage"]["speaker"]["sentences"]["best"]["kind"] = "mlp"
    return Probes(
        created="2026-01-02T04:00:00+00:00",
        unheard="0.1.0",
        kind="table",
        name="made",
        seeds=[0],
        folds=[],
        trainings={},
        unseen=True,
        weight_zero=None,
        notes=[],
        settings=ProbesSettings(kinds=["mlp"], trials=10, erased=None, level=0.95),
        objectives={"dat": ProbedRepresentation.model_validate(own)},
        references=ProbedReferences.model_validate({"raw_features": raw}),
        sentences=[],
    )


def test_the_sentence_names_the_figure_and_what_stands_beside(probes):
    first = "An embedding of dat names the speaker of a new sentence in 34 of 100 cases"
    assert sentences(probes) == [f"{first} (95 % interval 30 to 38, mlp probe); chance 6, raw features 95."]


@pytest.mark.parametrize(
    ("erased", "words"),
    [
        (erasure((0.05, 0.03), (0.04, 0.03)), "takes 5.0 points .*: it was used"),
        (erasure((0.05, 0.03), (0.01, 0.02)), "no more than as many directions at random"),
        (erasure((0.01, 0.03), (0.01, 0.005)), "that it was used is not shown"),
        (erasure((-0.04, 0.02), (-0.04, 0.02)), "gives 4.0 points .*: it was in the way"),
        (erasure((0.3, 0.1), (0.3, 0.1), rank=64.0, span=64.0), "nothing is left of the embedding"),
        (erasure((0.3, 0.1), (0.3, 0.1), rank=7.0, span=7.0), "7 of 7 directions.*nothing is left of the embedding"),
        (erasure((0.3, None), (0.3, None)), "too few speakers"),
    ],
)
def test_what_erasing_says_hangs_on_the_intervals_and_the_control(probes, erased, words):
    assert re.search(words, sentences(changed(probes, "objectives.dat.erasure", erased))[1])


def test_erasing_says_nothing_where_no_emotion_was_read(probes):
    without = erasure() | dict.fromkeys(("uar_before", "uar_after", "uar_control", "uar_lost", "uar_beyond_control"))
    blind = changed(probes, "objectives.dat.erasure", without)
    assert erasure_sentence(blind, "dat") is None
    assert erasure_verdict(blind.objectives["dat"].erasure) is None


def test_where_nothing_can_be_asked_the_sentence_says_so(probes):
    assert "cannot be measured" in sentences(changed(probes, "objectives.dat.leakage", {}))[0]
