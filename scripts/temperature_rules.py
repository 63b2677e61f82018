"""What three rules for the temperature do to the probabilities of test speakers, in finished runs.

    python scripts/temperature_rules.py runs/gat2022-ravdess runs/gat2022-emodb

raw     T = 1
job     one a fold and seed, of lowest log loss on that job's own dev speakers
pooled  `pooled_temperature`, of all dev predictions less those of the fold's test speakers: `after` in result.json

Prints a Markdown table a run, means over seeds, and `vote`: of the mean over seeds of the probabilities, as `unheard
predict` takes it over models. Folders are only read. The figures of docs/adr/0008-temperature.md are from here.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unheard.experiment.job import JOBS, RESULT
from unheard.experiment.job_result import TrainingResult, read_job_result, trainings_of
from unheard.results.files import read_predictions, read_result
from unheard.schemas.calibration import Calibration
from unheard.scores.calibration import HeldOutPredictions, calibration_summary, fit_temperature, with_temperature
from unheard.scores.calibration_errors import (
    adaptive_calibration_error,
    calibration_error,
    classwise_calibration_error,
    log_loss,
)
from unheard.scores.temperature import fit_pooled, pool

FIGURES = {
    "ECE": calibration_error,
    "ECE, adaptive": adaptive_calibration_error,
    "ECE, classwise": classwise_calibration_error,
    "log loss": log_loss,
}


def judged(jobs: list[TrainingResult], part: str, known: dict[str, tuple[int, str]]) -> HeldOutPredictions:
    """The predictions of the test or the dev part, with the truth and the speakers of predictions.csv."""
    told = [(one, one.predictions if part == "test" else one.dev_predictions) for one in jobs]
    rows = [(one.seed, one.fold, name, row) for one, own in told for name, row in own.rows()]
    return HeldOutPredictions(
        truth=np.array([known[row[2]][0] for row in rows]),
        probabilities=np.array([row[3] for row in rows], dtype=np.float64),
        seeds=np.array([row[0] for row in rows]),
        folds=np.array([str(row[1]) for row in rows]),
        speakers=np.array([known[row[2]][1] for row in rows]),
        names=np.array([row[2] for row in rows]),
        foreign=np.zeros(len(rows), dtype=np.bool_),
    )


def by_job(test: HeldOutPredictions, dev: HeldOutPredictions) -> tuple[NDArray[np.float64], list[float]]:
    """Each job's probabilities with the temperature of its own dev speakers, and these temperatures."""
    scaled, found = test.probabilities.copy(), []
    for seed, fold in sorted(set(zip(test.seeds.tolist(), test.folds.tolist(), strict=True))):
        own, its = ((one.seeds == seed) & (one.folds == fold) for one in (test, dev))
        found.append(fit_temperature(dev.truth[its], dev.probabilities[its]))
        scaled[own] = with_temperature(test.probabilities[own], found[-1])
    return scaled, found


def pooled(test: HeldOutPredictions, dev: HeldOutPredictions) -> tuple[NDArray[np.float64], Calibration]:
    """Each fold's probabilities as `after` has them, and the whole summary."""
    scaled, summary = test.probabilities.copy(), calibration_summary(test, dev)
    for one in summary.fold_temperatures:
        own = (test.seeds == one.seed) & (test.folds == one.fold)
        scaled[own] = with_temperature(test.probabilities[own], one.temperature)
    return scaled, summary


def figures_of(test: HeldOutPredictions, probabilities: NDArray[np.float64]) -> list[float]:
    """Each of FIGURES, mean over seeds; then those of the vote of seeds."""
    seeds = [test.seeds == seed for seed in np.unique(test.seeds)]
    single = [np.mean([score(test.truth[own], probabilities[own]) for own in seeds]) for score in FIGURES.values()]
    right, votes = vote_of(test, probabilities)
    return [*map(float, single), calibration_error(right, votes), log_loss(right, votes)]


def vote_of(
    test: HeldOutPredictions, probabilities: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Truth and mean probabilities of each utterance."""
    names, first, place = np.unique(test.names, return_index=True, return_inverse=True)
    votes = np.zeros((names.size, probabilities.shape[1]))
    np.add.at(votes, place, probabilities / np.bincount(place)[place, None])
    return test.truth[first], votes


def needed(test: HeldOutPredictions) -> tuple[float, float]:
    """The temperatures that would have suited the test speakers best, one by one and in a vote: to look at only."""
    grid = np.exp(np.arange(-160, 161) / 100)
    single = [log_loss(test.truth, with_temperature(test.probabilities, one)) for one in grid]
    vote = [log_loss(*vote_of(test, with_temperature(test.probabilities, one))) for one in grid]
    return float(grid[np.argmin(single)]), float(grid[np.argmin(vote)])


def lines_of(run: Path) -> Iterator[str]:
    """The table of a run, and what was found of its temperature."""
    result = read_result(run)
    number = {name: position for position, name in enumerate(result.classes)}
    known = {row["file"]: (number[row["truth"]], row["speaker"]) for row in read_predictions(run)}
    yield f"{result.name}, {len(result.seeds)} seeds:\n"
    yield f"| | {' | '.join(FIGURES)} | vote: ECE | vote: log loss |\n| --- |{' --- |' * (len(FIGURES) + 2)}"
    said = []
    for label in result.objectives:
        jobs = [read_job_result(file) for file in run.glob(f"{JOBS}/*/*/{RESULT}")]
        mine = trainings_of(jobs, label)
        test, dev = judged(mine, "test", known), judged(mine, "dev", known)
        older, temperatures = by_job(test, dev)
        newer, summary = pooled(test, dev)
        for rule, probabilities in (("raw", test.probabilities), ("job", older), ("pooled", newer)):
            yield f"| {label}, {rule} | {' | '.join(f'{value:.4f}' for value in figures_of(test, probabilities))} |"
        whole = pool(dev.truth, dev.probabilities, speakers=dev.speakers, names=dev.names)
        each = [dev.speakers == name for name in whole.speakers]
        logs = [np.log(fit_temperature(dev.truth[own], dev.probabilities[own])) for own in each]
        one, several = needed(test)
        said.append(
            f"{label}: {summary.run_temperature.sentence} By job T is {min(temperatures):.2f} to "
            f"{max(temperatures):.2f}. Speakers' own log T deviate by {np.std(logs, ddof=1):.2f}; the pooled one is "
            f"{np.log(fit_pooled(whole).fitted):.2f}. The test speakers needed {one:.2f}, in a vote {several:.2f}."
        )
    yield "\n" + "\n".join(said) + "\n"


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="+", type=Path, help="folders of finished runs")
    for run in parser.parse_args().runs:
        for line in lines_of(run):
            print(line)


if __name__ == "__main__":
    main()
