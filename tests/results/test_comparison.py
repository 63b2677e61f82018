"""Which runs may be compared, and what is said of those that may not; on runs written by hand."""

import csv

import numpy as np
import pytest

from reports.conftest import made_result
from unheard.errors import RunError
from unheard.results.comparison import compare_systems, compared, read_systems
from unheard.results.files import write_record
from unheard.schemas.result import Result
from unheard.statistics.significance import paired_difference

CLASSES = ("anger", "joy", "calm")


def written(folder, objectives, *, seeds=(0, 1), classes=CLASSES, digest="data", plan="plan", speakers=6):
    """A finished run whose objectives are right with the given chance; returns its folder."""
    folder.mkdir()
    splits = {str(seed): f"{plan}{seed}" for seed in seeds}
    result = made_result(labels=tuple(objectives), classes=classes) | {"seeds": list(seeds)}
    result["corpus"]["digest"], result["split"]["digest"] = digest, splits
    write_record(Result.model_validate(result), folder / "result.json")
    with (folder / "predictions.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(["objective", "file", "speaker", "fold", "seed", "truth", "prediction"])
        for label, chance in objectives.items():
            generator = np.random.default_rng(7)
            for seed in seeds:
                for clip in range(speakers * 30):
                    truth = CLASSES[clip % 3]
                    told = truth if generator.random() < chance else CLASSES[(clip + 1) % 3]
                    writer.writerow([label, f"clip{clip:03}", f"v{clip // 30}", "a", seed, truth, told])
    return folder


def test_rows_say_what_the_paired_difference_says(tmp_path):
    systems = read_systems(written(tmp_path / "run", {"plain": 0.6, "dat": 0.8}))
    (row,) = compared(systems)
    paired = paired_difference(systems[1].confusions, systems[0].confusions, names=("dat", "plain"))
    assert (row.a, row.b, row.sentence) == ("dat", "plain", paired.sentence)
    assert row.interval == (paired.low, paired.high)
    assert [one.speaker for one in row.by_speaker] == [f"v{number}" for number in range(6)]
    assert sum(one.difference > 0 for one in row.by_speaker) == row.wins
    assert np.mean([one.difference for one in row.by_speaker]) == pytest.approx(row.difference)
    assert row.power.planned.difference == 0.02
    assert compare_systems(systems)[0].paired == paired


def test_the_order_in_which_a_recipe_lists_its_emotions_changes_nothing(tmp_path):
    first = read_systems(written(tmp_path / "a", {"plain": 0.6}), prefix="a:")
    other = written(tmp_path / "b", {"plain": 0.8}, classes=("calm", "anger", "joy"))
    (row,) = compared([*first, *read_systems(other, prefix="b:")])
    same = written(tmp_path / "c", {"plain": 0.8})
    (again,) = compared([*first, *read_systems(same, prefix="b:")])
    assert row == again


def test_by_wa_a_clip_counts_as_a_clip(tmp_path):
    systems = read_systems(written(tmp_path / "run", {"plain": 0.6, "dat": 0.8}))
    (row,) = compared(systems, metric="wa")
    right = [np.trace(one.confusions.sum(axis=(0, 1))) / one.confusions.sum() for one in systems]
    assert row.metric == "wa"
    assert row.difference == pytest.approx(right[1] - right[0])
    with pytest.raises(RunError, match="uar, wa"):
        compared(systems, metric="macro_f1")


def test_runs_with_some_seeds_in_common_say_which_and_can_be_compared_on_them(tmp_path):
    a = written(tmp_path / "a", {"plain": 0.6}, seeds=(0, 1, 2))
    b = written(tmp_path / "b", {"plain": 0.7}, seeds=(1, 2, 3))
    systems = [*read_systems(a, prefix="a:"), *read_systems(b, prefix="b:")]
    with pytest.raises(RunError, match=r"a:plain and b:plain .*0, 1, 2 and 1, 2, 3.*--seeds 1,2,"):
        compared(systems)
    common = [*read_systems(a, prefix="a:", seeds=[1, 2]), *read_systems(b, prefix="b:", seeds=[1, 2])]
    (row,) = compared(common)
    assert row.seeds == 2
    with pytest.raises(RunError, match=r"has no seed 3\. It has: 0, 1, 2"):
        read_systems(a, seeds=[2, 3])


def test_other_data_other_folds_and_no_common_seed_are_refused(tmp_path):
    first = read_systems(written(tmp_path / "a", {"plain": 0.6}), prefix="a:")
    for name, changed, said in (
        ("data", {"digest": "others"}, "did not see the same data"),
        ("plan", {"plan": "others"}, "other folds for seed 0, 1"),
        ("seeds", {"seeds": (5,)}, "no seed in common"),
        ("clips", {"speakers": 5}, "did not judge the same clips"),
    ):
        other = read_systems(written(tmp_path / name, {"plain": 0.6}, **changed), prefix=f"{name}:")
        with pytest.raises(RunError, match=said):
            compared([*first, *other])


def test_one_system_and_two_of_one_name_are_refused(tmp_path):
    run = written(tmp_path / "run", {"plain": 0.6})
    with pytest.raises(RunError, match="one system cannot be compared"):
        compared(read_systems(run))
    with pytest.raises(RunError, match="two systems are called plain"):
        compared([*read_systems(run), *read_systems(run)])
    with pytest.raises(RunError, match="has no objective 'cgt'"):
        read_systems(run, objective="cgt")


def test_a_run_without_its_predictions_says_how_to_get_them(tmp_path):
    run = written(tmp_path / "run", {"plain": 0.6})
    (run / "predictions.csv").write_text("objective,file\n")
    with pytest.raises(RunError, match="unheard run"):
        read_systems(run)
    (run / "predictions.csv").unlink()
    with pytest.raises(RunError, match="cannot be read"):
        read_systems(run)
