"""Whether a run's probabilities mean what they say on unseen speakers: before and after temperature scaling.

The temperature of the figures after is fitted on the dev predictions of all folds and seeds (`pooled_temperature`)
less those of the speakers whom the fold at hand tests, for a fold's dev speakers are others' test speakers: no label
of a speaker touches the probabilities that are judged by it. The one that `unheard predict` uses is fitted on all.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize

from unheard.schemas.calibration import (
    Calibration,
    CalibrationScores,
    FoldTemperature,
    RiskCoverage,
    RunTemperature,
)
from unheard.schemas.scores import SeedScores
from unheard.scores.calibration_errors import (
    BINS,
    adaptive_calibration_error,
    brier,
    calibration_error,
    checked,
    classwise_calibration_error,
    log_loss,
    logs_of,
    reliability,
    risk_coverage,
)
from unheard.scores.temperature import Pooled, Temperature, fit_pooled, pool

__all__ = [
    "COVERAGE",
    "COVERAGES",
    "HeldOutPredictions",
    "calibration_summary",
    "fit_temperature",
    "with_temperature",
]

COVERAGE = 0.8
"""The share of answers at which the accuracy is given, where the least sure ones are left unanswered."""
COVERAGES = tuple(round(0.05 * step, 2) for step in range(1, 21))
"""The shares at which the risk-coverage curve is given."""
_COLDEST, _HOTTEST = 0.05, 20.0

Probabilities = NDArray[np.floating]
Truth = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class HeldOutPredictions:
    """Predictions of one objective on held-out speakers.

    Args:
        truth: class numbers, shape (items,), -1 where there is no label.
        probabilities: shape (items, classes).
        seeds: which training, shape (items,).
        folds: which fold of it, shape (items,).
        speakers: shape (items,).
        names: of the utterances, shape (items,).
        foreign: whether an item is of a corpus or language that its model was not trained on, shape (items,).
    """

    truth: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    seeds: NDArray[np.int64]
    folds: NDArray[np.str_]
    speakers: NDArray[np.str_]
    names: NDArray[np.str_]
    foreign: NDArray[np.bool_]


def with_temperature(probabilities: Probabilities, temperature: float) -> NDArray[np.float64]:
    """The probabilities made flatter (above 1) or sharper (below 1); which class is first does not change.

        softmax(log(p) / T)

    which is softmax(logits / T), as a softmax forgets what is added to all logits.

    >>> with_temperature(np.array([[0.8, 0.2]]), 2.0).round(3)
    array([[0.667, 0.333]])

    Args:
        probabilities: shape (items, classes).
        temperature: T, above 0.
    """
    logs = logs_of(np.asarray(probabilities, dtype=np.float64)) / temperature
    powers = np.exp(logs - logs.max(axis=1, keepdims=True))
    scaled: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return scaled


def fit_temperature(truth: Truth, probabilities: Probabilities) -> float:
    """The temperature that gives these items the lowest log loss, be they of whom they may.

    What these items alone say. Of few speakers it is no temperature for others: see `pooled_temperature.fit_pooled`.

    Searched between 0.05 and 20: where all are right, or all wrong, there is no best one, and the end is given.

    Args:
        truth: class numbers, shape (items,).
        probabilities: shape (items, classes).

    Returns:
        T; nan without labeled items.

    Reference:
        guo2017calibration: temperature scaling.
    """
    truth, probabilities = checked(truth, probabilities)
    if not truth.size:
        return float("nan")

    def loss(log_temperature: float) -> float:
        # The loss is convex in 1/T, so it has one valley in log T as well.
        return log_loss(truth, with_temperature(probabilities, float(np.exp(log_temperature))))

    ends = (np.log(_COLDEST), np.log(_HOTTEST))
    found = optimize.minimize_scalar(loss, bounds=ends, method="bounded", options={"xatol": 1e-4})
    return float(np.exp(found.x))


def _over_seeds(values: Sequence[float]) -> SeedScores:
    deviation = float(np.std(values, ddof=1)) if len(values) > 1 else None
    return SeedScores(mean=float(np.mean(values)), std=deviation, per_seed=list(values))


def _scores(test: HeldOutPredictions, probabilities: NDArray[np.float64]) -> CalibrationScores:
    """Every figure seed by seed, and the two curves over all seeds."""
    seeds = [test.seeds == seed for seed in np.unique(test.seeds)]

    def scored(score: Callable[[Truth, Probabilities], float]) -> SeedScores:
        return _over_seeds([score(test.truth[own], probabilities[own]) for own in seeds])

    curves = [risk_coverage(test.truth[own], probabilities[own], [COVERAGE, *COVERAGES]) for own in seeds]
    risk = np.mean([risk[1:] for risk, _ in curves], axis=0)
    return CalibrationScores(
        ece=scored(calibration_error),
        ece_adaptive=scored(adaptive_calibration_error),
        ece_classwise=scored(classwise_calibration_error),
        brier=scored(brier),
        log_loss=scored(log_loss),
        aurc=_over_seeds([area for _, area in curves]),
        accuracy_at_80=_over_seeds([1.0 - float(risk[0]) for risk, _ in curves]),
        reliability=reliability(test.truth, probabilities),
        risk_coverage=RiskCoverage(coverage=list(COVERAGES), risk=risk.tolist()),
    )


def calibration_summary(test: HeldOutPredictions, dev: HeldOutPredictions | None) -> Calibration:
    """The `calibration` of one objective in result.json.

    Args:
        test: its predictions of test speakers.
        dev: those of dev speakers, of all tasks that kept them; None where none did.

    Returns:
        `before`, the figures as the model gives its probabilities; `run_temperature`, the one that is used for other
        recordings; `fold_temperatures`, fitted without the fold's test speakers; and `after`, the figures with these.
        Where no dev predictions are known, `run_temperature` says that it is 1, and the rest is empty.
    """
    before = _scores(test, test.probabilities)
    if dev is None or not np.any(dev.truth >= 0):
        return Calibration(
            bins=BINS, before=before, after=None, run_temperature=_about(Temperature()), fold_temperatures=[]
        )
    pooled = pool(dev.truth, dev.probabilities, speakers=dev.speakers, names=dev.names)
    scaled, each = _each_fold(test, pooled)
    return Calibration(
        bins=BINS,
        before=before,
        after=_scores(test, scaled),
        run_temperature=_for_others(test, pooled),
        fold_temperatures=each,
    )


def _for_others(test: HeldOutPredictions, pooled: Pooled) -> RunTemperature:
    """The temperature that `unheard predict` divides by, and why it is that."""
    if test.foreign.all():
        sentence = "T = 1: the run tests corpora or languages that it did not train on; no dev speaker is of them."
        return _about(Temperature(), sentence)
    return _about(fit_pooled(pooled))


def _about(one: Temperature, sentence: str | None = None) -> RunTemperature:
    return RunTemperature(
        temperature=one.value,
        kept=one.kept,
        speakers=one.speakers,
        fitted=one.fitted,
        gain=one.gain,
        gain_error=one.error,
        sentence=sentence or one.sentence,
    )


def _each_fold(test: HeldOutPredictions, pooled: Pooled) -> tuple[NDArray[np.float64], list[FoldTemperature]]:
    """Each fold's probabilities with a temperature of speakers whom it does not test, and these temperatures."""
    scaled, each = test.probabilities.copy(), []
    known: dict[frozenset[str], Temperature] = {}
    for seed, fold in sorted({(int(seed), str(fold)) for seed, fold in zip(test.seeds, test.folds, strict=True)}):
        own = (test.seeds == seed) & (test.folds == fold)
        tested = frozenset(test.speakers[own].tolist()) & frozenset(pooled.speakers.tolist())
        if tested not in known:
            known[tested] = fit_pooled(pooled.without(tested))
        one = known[tested]
        at_home = own & ~test.foreign
        if not at_home.any():
            one = Temperature()
        if one.kept:
            scaled[at_home] = with_temperature(test.probabilities[at_home], one.value)
        each.append(
            FoldTemperature(seed=seed, fold=fold, temperature=one.value, kept=one.kept, speakers=one.speakers)
        )
    return scaled, each
