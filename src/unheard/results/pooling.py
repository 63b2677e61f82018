"""From the results of jobs to the one result of a run: pooled scores, intervals over speakers, leakage.

The result is documented in docs/reference/result.md.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from unheard.experiment.job import REFERENCES
from unheard.experiment.job_result import JobResult, TrainingResult, references_of, trainings_of
from unheard.experiment.preparation import Prepared
from unheard.harmless import csv_line
from unheard.metrics.macro_f1 import score as macro_f1
from unheard.metrics.uar import recalls, uar_from_confusion
from unheard.metrics.uar import score as uar
from unheard.metrics.wa import score as wa
from unheard.results.comparison import compare_confusions
from unheard.results.pooled_leakage import leakage_summary
from unheard.results.pooled_predictions import dev_predictions_of, held_out_predictions
from unheard.results.spread import over_seeds, spread
from unheard.schemas.comparison import Comparison
from unheard.schemas.fairness import Fairness
from unheard.schemas.leakage import BestProbe, Leakage, LeakageFigure, RawFeatures, References
from unheard.schemas.objective import FoldScores, ObjectiveResult, SpeakerScores, TrainingCurve
from unheard.schemas.scores import GroupScores, SeedScores, UarScores
from unheard.scores.calibration import calibration_summary
from unheard.scores.fairness import SpeakerPredictions, fairness_summary, group_scores, worst_speaker
from unheard.scores.seed_ensemble import score_seed_ensemble
from unheard.statistics.significance import confusions_by_speaker, interval

OF_THE_DATA = ("language", "corpus")
"""Columns of which each value has a figure beside the pooled one, where there are several."""

__all__ = [
    "Pool",
    "compare_pools",
    "predictions_csv",
    "reference_summary",
    "summarize",
]


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

    def score(self, metric: Callable[..., float]) -> SeedScores:
        """A metric of the pooled predictions of all folds, seed by seed."""
        return over_seeds(
            [
                metric(self.truth[own], self.prediction[own], classes=len(self.classes))
                for own in (self.seeds == seed for seed in np.unique(self.seeds))
            ]
        )

    def uar(self) -> UarScores:
        """UAR of the same, with its interval over speakers, by origin, and of one vote of all seeds."""
        return UarScores(
            **dict(self.score(uar)),
            interval=interval(self.confusions),
            by=self.by_origin(),
            ensemble=score_seed_ensemble(
                self.truth,
                self.probabilities,
                names=np.array(self.names),
                speakers=self.speakers,
                seeds=self.seeds,
            ),
        )

    def by_speaker(self) -> list[SpeakerScores]:
        """Each speaker's own UAR and WA, averaged over seeds."""
        rows = []
        for number, speaker in enumerate(np.unique(self.speakers)):
            own = self.confusions[:, number]
            total = own.sum(axis=0)
            rows.append(
                SpeakerScores(
                    speaker=str(speaker),
                    gender=self.groups["gender"][int(np.flatnonzero(self.speakers == speaker)[0])],
                    utterances=int(own[0].sum()),
                    emotions=int(np.count_nonzero(own[0].sum(axis=-1))),
                    uar=float(np.mean([uar_from_confusion(one) for one in own])),
                    wa=float(np.trace(total) / total.sum()),
                )
            )
        return rows

    def by_gender(self) -> dict[str, float | None]:
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

    def by_origin(self) -> dict[str, dict[str, GroupScores]]:
        """UAR of each language and of each corpus, with its interval over speakers, where there are several."""
        return {
            column: group_scores(self.predictions, self.groups[column])
            for column in OF_THE_DATA
            if len(set(self.groups[column]) - {None}) > 1
        }

    @property
    def predictions(self) -> SpeakerPredictions:
        """The predictions with who spoke."""
        columns = (self.truth, self.prediction, self.speakers, self.seeds, np.array(self.names))
        return SpeakerPredictions(*columns, len(self.classes))

    def fairness(self) -> Fairness:
        """Groups of speakers and the worst tenth of them; see `fairness_summary`."""
        return fairness_summary(self.predictions, self.groups)


def _per_fold(pool: Pool, results: Sequence[TrainingResult]) -> list[FoldScores]:
    rows = []
    folds = np.array(pool.folds)
    for result in results:
        own = (pool.seeds == result.seed) & (folds == result.fold)
        truth, prediction = pool.truth[own], pool.prediction[own]
        absent = [name for number, name in enumerate(pool.classes) if not (truth == number).any()]
        rows.append(
            FoldScores(
                fold=result.fold,
                seed=result.seed,
                uar=uar(truth, prediction, classes=len(pool.classes)),
                wa=wa(truth, prediction, classes=len(pool.classes)),
                absent=absent,
                best_epoch=result.best_epoch,
                epochs=result.epochs,
                seconds=result.seconds,
            )
        )
    return rows


def _curves(results: Sequence[TrainingResult]) -> list[TrainingCurve]:
    """Training curves, rounded; the domain's columns are called speaker_… whatever the domain."""
    curves = []
    for result in results:
        history = result.history
        columns = {key for epoch in history for key in epoch}
        logged = {
            key: [None if key not in epoch else round(epoch[key], 4) for epoch in history] for key in sorted(columns)
        }
        curves.append(TrainingCurve(fold=result.fold, seed=result.seed, logged=logged))
    return curves


def summarize(label: str, results: Sequence[JobResult], prepared: Prepared) -> tuple[ObjectiveResult, Pool]:
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
    summary = ObjectiveResult(
        name=settings.pop("name", label),
        settings=settings,
        uar=pool.uar(),
        wa=pool.score(wa),
        macro_f1=pool.score(macro_f1),
        per_fold=_per_fold(pool, own),
        confusion=confusion.tolist(),
        recall=dict(zip(pool.classes, recalls(confusion).tolist(), strict=True)),
        speakers=speakers,
        worst_speaker=worst_speaker(speakers, classes=len(pool.classes)),
        gender=pool.by_gender(),
        fairness=pool.fairness(),
        calibration=calibration_summary(held_out_predictions(own, prepared), dev_predictions_of(own, prepared)),
        curves=_curves(own),
        leakage=leakage_summary([result.leakage for result in own if result.leakage is not None]),
        seconds_per_fold=spread(result.seconds for result in own),
        seconds_per_epoch=spread(result.seconds / max(1, result.epochs) for result in own),
    )
    return summary, pool


def reference_summary(results: Sequence[JobResult], prepared: Prepared) -> References:
    """Leakage of chance, the raw features, an untrained encoder and a perfect emotion code.

    Of the raw features also `uar`, as of an objective: what `closed_form` answers from them.
    """
    own = references_of(results)
    if not own:
        return References()
    chance = spread(result.raw_features.chance for result in own)
    raw = leakage_summary([result.raw_features for result in own])
    return References(
        chance=Leakage(best=BestProbe(**dict(chance)), probes={}, eer=LeakageFigure(mean=0.5, std=None)),
        raw_features=None if raw is None else RawFeatures(**dict(raw), uar=Pool(REFERENCES, own, prepared).uar()),
        untrained=leakage_summary([result.untrained for result in own]),
        emotion_code=leakage_summary([result.emotion_code for result in own]),
    )


def compare_pools(pools: Mapping[str, Pool]) -> list[Comparison]:
    """Every pair of objectives, later against earlier, paired over speakers, corrected for their number (Holm)."""
    systems = {label: pool.confusions for label, pool in pools.items()}
    speakers = [str(speaker) for speaker in np.unique(next(iter(pools.values())).speakers)] if pools else []
    return compare_confusions(systems, speakers)


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
