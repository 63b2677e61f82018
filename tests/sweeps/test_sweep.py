"""Sweeps: what may be varied, which points share a run, who beats whom, and that nobody looks at test speakers."""

import dataclasses
import json

import numpy as np
import pytest

from experiment.made_jobs import leakage, predictions, training
from reports.conftest import made_result
from schemas.changes import changed
from unheard.errors import RunError, SettingsError
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.recipe_file import read_recipe
from unheard.schemas.result import Result
from unheard.schemas.scores import SeedScores
from unheard.schemas.sweep import SearchSummary
from unheard.settings import read_document
from unheard.sweeps.axes import Axis, parse_axis, parse_values, search_axes
from unheard.sweeps.grid import plan_runs
from unheard.sweeps.search import search
from unheard.sweeps.sweep import build_sweep, choose, dev_score, pareto_front, points_of, read_sweep, write_sweep


@pytest.fixture
def read(recipe):
    return lambda more: read_recipe(read_document(recipe, more))


def axes(*texts):
    return [parse_axis(text) for text in texts]


def test_commas_inside_brackets_and_quotes_part_nothing():
    assert parse_values('[0.9, 1.1],[1.0],"a,b"') == ("[0.9, 1.1]", "[1.0]", '"a,b"')


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("objectives.dat.weight", "KEY=VALUE"),
        ("=1", "KEY=VALUE"),
        ("objectives.dat.weight=", "KEY=VALUE"),
        ("objectives.dat.weight=0,0.0", "twice"),
        ("objectives.dat.weight=1..-1", "low to high"),
        ("objectives.dat.weight=-1..1:log", "logarithmic"),
    ],
)
def test_what_cannot_be_read_says_why(text, said):
    with pytest.raises(SettingsError, match=said):
        parse_axis(text)


def test_settings_of_an_objective_share_one_run_and_leave_the_others_as_they_are(read):
    (run,) = plan_runs(read, axes("objectives.dat.weight=0,-0.1,-1"))
    assert run.folder == ""
    assert list(run.recipe.objectives) == ["plain", "dat.weight_0", "dat.weight_-0.1", "dat.weight_-1"]
    assert run.recipe.objectives["plain"] == {}
    assert run.recipe.objectives["dat.weight_-0.1"] == {"name": "dat", "weight": -0.1}
    assert [dict(member.varied) for member in run.members] == [
        {},
        {"objectives.dat.weight": 0},
        {"objectives.dat.weight": -0.1},
        {"objectives.dat.weight": -1},
    ]
    RunRecipe.model_validate(run.recipe.model_dump(mode="json"))  # labels that a folder may carry


def test_the_short_key_means_every_objective_that_has_the_setting(read):
    more = ["objectives.cgt.epsilon=1.0"]
    (run,) = plan_runs(lambda given: read([*more, *given]), axes("objective.weight=0,-1"))
    assert list(run.recipe.objectives) == [
        "plain",
        "dat.weight_0",
        "dat.weight_-1",
        "cgt.weight_0",
        "cgt.weight_-1",
    ]


def test_settings_of_two_objectives_are_not_crossed_and_those_of_one_are(read):
    more = ["objectives.cgt.epsilon=1.0"]
    typed = axes("objectives.dat.weight=0,-1", "objectives.dat.warmup=0,0.1", "objectives.cgt.epsilon=1,30,90")
    (run,) = plan_runs(lambda given: read([*more, *given]), typed)
    assert [member.objective for member in run.members] == ["plain"] + ["dat"] * 4 + ["cgt"] * 3


def test_other_settings_make_a_run_each(read):
    runs = plan_runs(read, axes("training.learning_rate=1e-3,3e-3", "objectives.dat.weight=0,-1"))
    assert [run.folder for run in runs] == ["points/learning_rate_1e-3", "points/learning_rate_3e-3"]
    assert [run.recipe.training.learning_rate for run in runs] == [0.001, 0.003]
    assert all(len(run.members) == 3 for run in runs)
    assert runs[1].members[0].varied == {"training.learning_rate": 0.003}


def test_only_takes_what_it_names(read):
    (run,) = plan_runs(read, axes("objectives.dat.weight=0,-1"), only=["dat"])
    assert [member.objective for member in run.members] == ["dat", "dat"]
    with pytest.raises(SettingsError, match="plain, dat"):
        plan_runs(read, axes("objectives.dat.weight=0,-1"), only=["dann"])


@pytest.mark.parametrize("key", ["objectives.dat.weigth", "objective.weigth", "seeds", "corpus.name", "split.groups"])
def test_what_cannot_be_varied_is_answered_with_what_can(read, key):
    with pytest.raises(SettingsError, match=r"cannot be varied.*objectives\.dat\.weight") as caught:
        plan_runs(read, axes(f"{key}=0,1"))
    assert "training.learning_rate" in str(caught.value)
    assert "model.encoder.recurrent" in str(caught.value)


def test_a_refused_value_is_said_of_vary(read):
    with pytest.raises(SettingsError, match=r"--vary: training\.learning_rate"):
        plan_runs(read, axes("training.learning_rate=1e-3,7"))
    with pytest.raises(SettingsError, match="twice"):
        plan_runs(read, axes("objectives.dat.weight=0,1", "objective.weight=2"))
    with pytest.raises(SettingsError, match="--search"):
        plan_runs(read, axes("objectives.dat.weight=0..1"))


def test_a_point_is_on_the_front_unless_another_is_as_good_in_both_and_better_in_one():
    generator = np.random.default_rng(0)
    pairs = [tuple(pair) for pair in generator.integers(0, 8, (60, 2)) / 8]
    front = pareto_front(pairs)
    for good, leak in pairs:
        beaten = [o >= good and least <= leak and (o, least) != (good, leak) for o, least in pairs]
        assert front[pairs.index((good, leak))] is not any(beaten)
    assert any(front)
    assert pareto_front([(None, 0.1), (0.5, None), (float("nan"), 0.0), (0.4, 0.4)]) == [False, False, False, True]


def test_a_search_raises_one_objective(read):
    single, objective = search_axes(read([]), axes("objective.weight=-3..-0.01:log", "training.epochs=2..5"))
    assert objective == "dat"
    assert [(axis.key, axis.whole) for axis in single] == [
        ("objectives.dat.weight", False),
        ("training.epochs", True),
    ]
    with pytest.raises(SettingsError, match="--only"):
        search_axes(read([]), axes("model.dropout=0..1"))
    with pytest.raises(SettingsError, match="no numbers"):
        search_axes(read([]), axes("objectives.dat.form=0..1"))
    with pytest.raises(SettingsError, match="whole"):
        search_axes(read([]), axes("training.epochs=1.5..4"))


SPACE = [
    Axis("objectives.dat.weight", (), -3.0, -0.01, log=True),
    Axis("training.epochs", (), 2, 9, whole=True),
    Axis("model.pooling", ("statistics", "mean")),
]


def hill(settings):
    return -abs(np.log(-float(settings["objectives.dat.weight"])) + 1) - abs(int(settings["training.epochs"]) - 5)


def test_a_search_stays_in_its_space_and_climbs(tmp_path):
    pytest.importorskip("optuna")
    trials = search(SPACE, 30, tmp_path / "search.json", hill, seed=1)
    weights = [float(trial["settings"]["objectives.dat.weight"]) for trial in trials]
    assert all(-3 <= weight <= -0.01 for weight in weights)
    assert all(2 <= int(trial["settings"]["training.epochs"]) <= 9 for trial in trials)
    assert {trial["settings"]["model.pooling"] for trial in trials} == {"statistics", "mean"}
    scores = [trial["dev_uar"] for trial in trials]
    assert np.mean(scores[15:]) > np.mean(scores[:5])


def test_a_killed_search_goes_on_as_if_it_had_not_been(tmp_path):
    pytest.importorskip("optuna")
    whole = search(SPACE, 12, tmp_path / "whole.json", hill)
    calls = []

    def dies(settings):
        calls.append(settings)
        if len(calls) == 7:
            raise KeyboardInterrupt
        return hill(settings)

    with pytest.raises(KeyboardInterrupt):
        search(SPACE, 12, tmp_path / "killed.json", dies)
    stored = json.loads((tmp_path / "killed.json").read_text())["trials"]
    assert [trial["done"] for trial in stored] == [True] * 6 + [False]
    assert search(SPACE, 12, tmp_path / "killed.json", hill) == whole
    longer = search(SPACE, 14, tmp_path / "killed.json", hill)
    assert longer[:12] == whole


def test_a_search_of_another_space_is_refused(tmp_path):
    pytest.importorskip("optuna")
    file = tmp_path / "search.json"
    search(SPACE[:1], 1, file, lambda settings: 0.5)
    with pytest.raises(RunError, match="another space or seed"):
        search(SPACE, 1, file, hill)
    file.write_text("{")
    with pytest.raises(RunError, match=r"search\.json"):
        search(SPACE, 1, file, hill)


class _Prepared:
    """As much of a prepared corpus as scoring needs: six clips of three speakers, two emotions."""

    def __init__(self):
        @dataclasses.dataclass(frozen=True)
        class Clip:
            speaker: str
            emotion: str

        self.classes = ["anger", "joy"]
        self.utterances = {f"{who}-{emotion}": Clip(who, emotion) for who in "abc" for emotion in self.classes}
        self.speakers = {name: clip.speaker for name, clip in self.utterances.items()}
        self.digest, self.plans = "digest", {}


def job(label, fold, dev, test):
    """dev and test: (name, probability of anger)."""
    told, asked = ([(name, [p, 1 - p]) for name, p in rows] for rows in (dev, test))
    measured = leakage(linear=0.4, mlp=0.3, eer=0.45)
    return training(asked, told, label=label, fold=fold, leakage=measured, total_seconds=2.0)


def rows(who, right):
    """Both clips of a speaker, rightly or wrongly heard."""
    return [(f"{who}-anger", 0.9 if right else 0.1), (f"{who}-joy", 0.1 if right else 0.9)]


FOLDS = {"f1": ("b", "a"), "f2": ("a", "b")}
"""Fold -> (dev speaker, test speaker): who is dev in one is tested in the other."""


def points(read):
    """`plain` hears b's dev and a's test rightly; `dat` hears a's dev and b's test rightly, and is better on dev."""
    (run,) = plan_runs(read, axes("objectives.dat.weight=-1"))
    prepared = _Prepared()
    jobs = []
    for fold, (dev, test) in FOLDS.items():
        jobs.append(job("plain", fold, rows(dev, dev == "b"), rows(test, test == "a")))
        jobs.append(job("dat.weight_-1", fold, rows(dev, dev == "a"), rows(test, test == "b")))
    return run, prepared, jobs


@pytest.fixture
def result():
    """What a run of these points found, as far as a sweep reads it."""
    whole = made_result(labels=("plain", "dat.weight_-1"), classes=("anger", "joy")) | {"seeds": [0]}
    for label, good in (("plain", 0.5), ("dat.weight_-1", 0.4)):
        own = whole["objectives"][label]
        own["uar"] |= {"mean": good, "interval": [0.1, 0.9]}
        own["leakage"]["best"] |= {"mean": 0.4, "std": 0.1}
    return Result.model_validate(whole)


def test_dev_uar_pools_the_folds_of_a_seed(read):
    _, prepared, jobs = points(read)
    own = [one for one in jobs if one.label == "plain"]
    assert dev_score(prepared, own) == SeedScores(mean=0.5, std=None, per_seed=[0.5])
    other = [one.model_copy(update={"seed": 1, "dev_predictions": own[0].dev_predictions}) for one in own]
    assert dev_score(prepared, [*own, *other]).per_seed == [0.5, 1.0]
    assert dev_score(prepared, [own[0].model_copy(update={"dev_predictions": predictions()})]).mean is None


def test_the_nested_choice_asks_each_folds_own_dev_speakers(read, result):
    run, prepared, jobs = points(read)
    found = build_sweep(points_of(run, prepared, jobs, result), result, vary=["x"])
    # f1's dev speaker b speaks for plain, which hears its test speaker a rightly; f2's a for dat, which hears b.
    assert found.nested.picked == {"plain": 1, "dat.weight_-1": 1}
    assert found.nested.uar.mean == 1.0
    assert found.chosen == "plain"
    assert found.chosen_of == {"plain": "plain", "dat": "dat.weight_-1"}
    assert [point.front for point in found.points] == [True, False]
    assert [point.chosen for point in found.points] == [True, False]
    assert (found.split.folds, found.corpus.digest) == ([], result.corpus.digest)


def test_the_choice_does_not_see_test_figures(read, result):
    run, prepared, jobs = points(read)
    before = build_sweep(points_of(run, prepared, jobs, result), result, vary=[])
    jobs = [
        one.model_copy(update={"predictions": predictions([(name, p[::-1]) for name, p in one.predictions.rows()])})
        for one in jobs
    ]
    turned = result
    for label, own in result.objectives.items():
        turned = changed(turned, ("objectives", label, "uar", "mean"), 1 - own.uar.mean)
    after = build_sweep(points_of(run, prepared, jobs, turned), turned, vary=[])
    assert (after.chosen, after.chosen_of) == (before.chosen, before.chosen_of)
    assert after.nested.picked == before.nested.picked


def test_what_was_not_tested_has_no_test_figures(read, result):
    run, prepared, jobs = points(read)
    found = points_of(run, prepared, jobs, None)
    assert all(point.row.uar is None and point.row.leakage.eer is None for point in found)
    assert found[0].row.leakage.best.mean == pytest.approx(0.4)
    sweep = build_sweep(found, result, vary=[], searched=SearchSummary(sampler="TPE", seed=0, trials=[]))
    assert sweep.measure == "dev_uar"
    assert sweep.nested is None


def test_points_of_other_data_are_not_put_beside_each_other(read, result):
    run, prepared, jobs = points(read)
    other = _Prepared()
    other.digest = "another"
    mixed = [*points_of(run, prepared, jobs, result)[:1], *points_of(run, other, jobs, result)[1:]]
    with pytest.raises(RunError, match="same recordings and folds"):
        build_sweep(mixed, result, vary=[])


def test_of_equals_the_first_is_chosen_and_of_nothing_none(read, result):
    (point, *_) = [one.row for one in points_of(*points(read), result)]
    made = [
        point.model_copy(update={"point": name, "dev_uar": SeedScores(mean=value, std=None, per_seed=[value])})
        for name, value in (("a", None), ("b", 0.5), ("c", 0.5))
    ]
    assert choose(made) == "b"
    assert choose(made[:1]) is None


def test_a_sweep_is_read_as_it_was_written(tmp_path, read, result):
    run, prepared, jobs = points(read)
    sweep = build_sweep(points_of(run, prepared, jobs, result), result, vary=["x"])
    write_sweep(sweep, tmp_path)
    assert read_sweep(tmp_path) == sweep
    (tmp_path / "sweep.json").write_text("[]")
    with pytest.raises(RunError, match=r"sweep\.json"):
        read_sweep(tmp_path)
