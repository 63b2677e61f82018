"""Made results of jobs, with as much of their own as a test says."""

from unheard.experiment.job_result import Groups, LeakageFigures, Predictions, ReferencesResult, TrainingResult

COMMON = {"seed": 0, "fold": "a", "fingerprint": "x", "total_seconds": 1.0, "peak_memory_bytes": 1}


def predictions(rows=()) -> Predictions:
    """Rows are pairs of a name and its probabilities."""
    return Predictions(names=[name for name, _ in rows], probabilities=[list(row) for _, row in rows])


def leakage(eer=None, withheld=1, chance=0.5, speakers=2, **probes) -> LeakageFigures:
    return LeakageFigures(probes=probes, chance=chance, withheld=withheld, speakers=speakers, eer=eer)


def training(rows=(), dev=(), **own) -> TrainingResult:
    found = {
        **COMMON,
        "label": "plain",
        "predictions": predictions(rows),
        "dev_predictions": predictions(dev),
        "history": [],
        "best_epoch": 1,
        "epochs": 1,
        "seconds": 0.5,
        "leakage": None,
        "groups": Groups(train=[], withheld=[], unseen=[]),
    }
    return TrainingResult(**{**found, **own})


def references(rows=(), **own) -> ReferencesResult:
    found = {**COMMON, "label": "(references)", "predictions": predictions(rows)}
    found |= dict.fromkeys(("raw_features", "untrained", "emotion_code"), leakage(linear=0.5))
    return ReferencesResult(**{**found, **own})
