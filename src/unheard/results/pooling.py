"""From the results of jobs to the one result of a run: pooled scores, intervals over speakers, leakage.

The result is documented in docs/reference/result.md. Numbers that cannot be had are None, never 0.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from unheard.experiment.job import REFERENCES
from unheard.experiment.job_result import JobResult, LeakageFigures, TrainingResult, references_of, trainings_of
from unheard.experiment.preparation import Prepared
from unheard.harmless import csv_line
from unheard.leakage.probe_kinds import KINDS
from unheard.metrics.macro_f1 import score as macro_f1
from unheard.metrics.uar import recalls, uar_from_confusion
from unheard.metrics.uar import score as uar
from unheard.metrics.wa import score as wa
from unheard.results.comparison import comparison_rows
from unheard.results.pooled_predictions import dev_predictions_of, held_out_predictions
from unheard.scores.calibration import calibration_summary
from unheard.scores.fairness import SpeakerPredictions, fairness_summary, group_rows, worst_speaker
from unheard.scores.seed_ensemble import score_seed_ensemble
from unheard.statistics.significance import confusions_by_speaker, interval

OF_THE_DATA = ("language", "corpus")
"""Columns of which each value has a figure beside the pooled one, where there are several."""

__all__ = ["Pool", "compare_pools", "predictions_csv", "spread", "summarize"]


def spread(values: Iterable[float | None], weights: Iterable[float] | None = None) -> dict[str, float | None]:
    """Mean and standard deviation (n - 1) of the numbers among the values; None where there are too few.

    Args:
        values: what cannot be had is None or nan.
        weights: what each value counts in the mean, as many; None for 1 each.
    """
    numbers = np.array([math.nan if value is None else float(value) for value in values])
    counts = np.ones(numbers.size) if weights is None else np.array(list(weights))
    known = np.isfinite(numbers) & (counts > 0)
    return {
        "mean": float(np.average(numbers[known], weights=counts[known])) if known.any() else None,
        "std": float(np.std(numbers[known], ddof=1)) if known.sum() > 1 else None,
    }


class Pool:
    """The pooled predictions of one objective: every test utterance once a seed.

    Args:
        label: of the objective.
        results: of its jobs.
        prepared: the corpus.
    """

    def __init__(self, label: str, results: Sequence[JobResult], prepared: Prepared) -> None:
        self.label, self.classes = label, list(prepared.classes)
        number = {name: position for position, name in enumerate(self.classes)}
        rows = [
            (result.seed, result.fold, name, probabilities)
            for result in results
            for name, probabilities in result.predictions.rows()
        ]
        self.seeds = np.array([row[0] for row in rows])
        self.folds = [str(row[1]) for row in rows]
        self.names = [str(row[2]) for row in rows]
        self.probabilities = np.array([row[3] for row in rows], dtype=np.float64)
        self.prediction = self.probabilities.argmax(axis=1)
        items = [prepared.utterances[name] for name in self.names]
        self.groups = {column: [getattr(item, column) for item in items] for column in ("gender", *OF_THE_DATA)}
        self.truth = np.array([number[str(item.emotion)] for item in items])
        self.speakers = np.array([prepared.speakers[name] for name in self.names])
        self.genders = np.array([str(item.gender) for item in items])
        self.confusions = confusions_by_speaker(
            self.truth, self.prediction, self.speakers, classes=len(self.classes), seeds=self.seeds
        )

    def scores(self) -> dict[str, Any]:
        """UAR, WA and macro-F1 of the pooled predictions of all folds, seed by seed, with the interval of UAR."""
        count = len(self.classes)
        result: dict[str, Any] = {}
        for name, metric in (("uar", uar), ("wa", wa), ("macro_f1", macro_f1)):
            per_seed = [
                metric(self.truth[self.seeds == seed], self.prediction[self.seeds == seed], classes=count)
                for seed in np.unique(self.seeds)
            ]
            result[name] = {**spread(per_seed), "per_seed": per_seed}
        result["uar"]["interval"] = list(interval(self.confusions))
        result["uar"]["by"] = self.by_origin()
        result["uar"]["ensemble"] = score_seed_ensemble(
            self.truth, self.probabilities, names=np.array(self.names), speakers=self.speakers, seeds=self.seeds
        )
        return result

    def by_speaker(self) -> list[dict[str, Any]]:
        """Each speaker's own UAR and WA, averaged over seeds."""
        rows = []
        for number, speaker in enumerate(np.unique(self.speakers)):
            own = self.confusions[:, number]
            total = own.sum(axis=0)
            rows.append(
                {
                    "speaker": str(speaker),
                    "gender": str(self.genders[self.speakers == speaker][0]),
                    "utterances": int(own[0].sum()),
                    "emotions": int(np.count_nonzero(own[0].sum(axis=-1))),
                    "uar": float(np.mean([uar_from_confusion(one) for one in own])),
                    "wa": float(np.trace(total) / total.sum()),
                }
            )
        return rows

    def by_gender(self) -> dict[str, float]:
        """UAR of the pooled predictions for each gender."""
        return {
            str(gender): uar(
                self.truth[self.genders == gender],
                self.prediction[self.genders == gender],
                classes=len(self.classes),
            )
            for gender in np.unique(self.genders)
            if gender != "None"
        }

    def by_origin(self) -> dict[str, Any]:
        """UAR of each language and of each corpus, with its interval over speakers, where there are several."""
        return {
            column: group_rows(self.predictions, self.groups[column])
            for column in OF_THE_DATA
            if len(set(self.groups[column]) - {None}) > 1
        }

    @property
    def predictions(self) -> SpeakerPredictions:
        """The predictions with who spoke."""
        return SpeakerPredictions(
            self.truth, self.prediction, self.speakers, self.seeds, np.array(self.names), len(self.classes)
        )

    def fairness(self) -> dict[str, Any]:
        """Groups of speakers and the worst tenth of them; see `fairness_summary`."""
        return fairness_summary(self.predictions, self.groups)


def _per_fold(pool: Pool, results: Sequence[TrainingResult]) -> list[dict[str, Any]]:
    rows = []
    folds = np.array(pool.folds)
    for result in results:
        own = (pool.seeds == result.seed) & (folds == result.fold)
        truth, prediction = pool.truth[own], pool.prediction[own]
        absent = [name for number, name in enumerate(pool.classes) if not (truth == number).any()]
        rows.append(
            {
                "fold": result.fold,
                "seed": result.seed,
                "uar": uar(truth, prediction, classes=len(pool.classes)),
                "wa": wa(truth, prediction, classes=len(pool.classes)),
                "absent": absent,
                "best_epoch": result.best_epoch,
                "epochs": result.epochs,
                "seconds": result.seconds,
            }
        )
    return rows


def _curves(results: Sequence[TrainingResult]) -> list[dict[str, Any]]:
    """Training curves, rounded; the domain's columns are called speaker_… whatever the domain."""
    curves = []
    for result in results:
        history = result.history
        columns = {key for epoch in history for key in epoch}
        curve: dict[str, Any] = {"fold": result.fold, "seed": result.seed}
        for key in sorted(columns):
            curve[key] = [None if key not in epoch else round(epoch[key], 4) for epoch in history]
        curves.append(curve)
    return curves


def leakage_summary(measured: Sequence[LeakageFigures]) -> dict[str, Any]:
    """Mean and deviation over folds and seeds of each leakage figure; `best` is that of the kind that reads most.

    The accuracy of a probe weighs as many utterances as it was asked, so that folds with few of them do not decide.
    The best kind is chosen once, by its mean: the best of each fold would be the luckiest.
    """
    if not measured:
        return {}
    withheld = [float(one.withheld) for one in measured]
    found: dict[str, Any] = {
        kind: spread((one.probes.get(kind) for one in measured), withheld)
        for kind in KINDS
        if any(kind in one.probes for one in measured)
    }
    found["chance"] = spread((one.chance for one in measured), withheld)
    if any(one.eer is not None for one in measured):
        found["eer"] = spread(one.eer for one in measured)
    known = [kind for kind in KINDS if kind in found and found[kind]["mean"] is not None]
    kind = max(known, key=lambda each: float(found[each]["mean"]), default=None)
    return found | {"best": {"kind": kind, **found[kind]} if kind else {"kind": None, **spread(())}}


def summarize(label: str, results: Sequence[JobResult], prepared: Prepared) -> tuple[dict[str, Any], Pool]:
    """One objective's entry in the result, and its pool for comparisons.

    Args:
        label: of the objective.
        results: of all jobs of the run.
        prepared: the corpus.
    """
    own = trainings_of(results, label)
    pool = Pool(label, own, prepared)
    confusion = pool.confusions.sum(axis=(0, 1))
    speakers = pool.by_speaker()
    settings = dict(prepared.recipe.objectives[label])
    summary = {
        "name": settings.pop("name", label),
        "settings": settings,
        **pool.scores(),
        "per_fold": _per_fold(pool, own),
        "confusion": confusion.tolist(),
        "recall": dict(zip(pool.classes, recalls(confusion).tolist(), strict=True)),
        "speakers": speakers,
        "worst_speaker": worst_speaker(speakers, classes=len(pool.classes)),
        "gender": pool.by_gender(),
        "fairness": pool.fairness(),
        "calibration": calibration_summary(held_out_predictions(own, prepared), dev_predictions_of(own, prepared)),
        "curves": _curves(own),
        "leakage": leakage_summary([result.leakage for result in own if result.leakage is not None]),
        "seconds_per_fold": spread(result.seconds for result in own),
        "seconds_per_epoch": spread(result.seconds / max(1, result.epochs) for result in own),
    }
    return summary, pool


def reference_summary(results: Sequence[JobResult], prepared: Prepared) -> dict[str, Any]:
    """Leakage of chance, the raw features, an untrained encoder and a perfect emotion code.

    Of the raw features also `uar`, as of an objective: what `closed_form` answers from them.
    """
    own = references_of(results)
    if not own:
        return {}
    chance = spread(result.raw_features.chance for result in own)
    summary: dict[str, Any] = {"chance": {"best": chance, "eer": {"mean": 0.5, "std": None}}}
    summary["raw_features"] = leakage_summary([result.raw_features for result in own])
    summary["untrained"] = leakage_summary([result.untrained for result in own])
    summary["emotion_code"] = leakage_summary([result.emotion_code for result in own])
    summary["raw_features"]["uar"] = Pool(REFERENCES, own, prepared).scores()["uar"]
    return summary


def compare_pools(pools: Mapping[str, Pool]) -> list[dict[str, Any]]:
    """Every pair of objectives, later against earlier, paired over speakers, corrected for their number (Holm)."""
    systems = {label: pool.confusions for label, pool in pools.items()}
    speakers = [str(speaker) for speaker in np.unique(next(iter(pools.values())).speakers)] if pools else []
    return comparison_rows(systems, speakers)


def predictions_csv(pools: Mapping[str, Pool]) -> str:
    """objective,file,speaker,fold,seed,truth,prediction and a probability a class, one line a prediction.

    As `csv_line` writes it; `read_predictions` reads it.
    """
    classes = next(iter(pools.values())).classes
    lines = [csv_line(["objective", "file", "speaker", "fold", "seed", "truth", "prediction", *classes])]
    for label, pool in pools.items():
        for row in range(len(pool.names)):
            head = [label, pool.names[row], pool.speakers[row], pool.folds[row], int(pool.seeds[row])]
            named = [pool.classes[pool.truth[row]], pool.classes[pool.prediction[row]]]
            lines.append(csv_line([*head, *named, *(f"{value:.6f}" for value in pool.probabilities[row])]))
    return "".join(lines)
