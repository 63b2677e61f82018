"""A made-up but plausible result: nothing was trained for it, every figure is drawn from a seeded generator."""

import numpy as np
import pytest

from unheard.schemas.result import Result

CLASSES = ("anger", "calm", "fear", "happiness", "neutral", "sadness")
EVIL = "<script>alert('x')</script>\"&"
"""A name as a user's file may carry one."""


def _spread(mean, std=0.01):
    return {"mean": float(mean), "std": float(std)}


def _objective(label, place, generator, speakers, classes, seeds, epochs):
    good, leak = 0.55 + 0.03 * place, max(0.2, 0.6 - 0.15 * place)
    truth = np.full((len(classes), len(classes)), 6) + np.diag([60] * len(classes))
    confusion = generator.poisson(truth)
    rows = [
        {
            "speaker": name,
            "gender": "fm"[number % 2],
            "utterances": 60,
            "emotions": len(classes),
            "uar": float(uar),
            "wa": float(uar),
        }
        for number, (name, uar) in enumerate(
            zip(speakers, generator.normal(good, 0.08, len(speakers)).clip(0, 1), strict=True)
        )
    ]
    clock = np.arange(1, epochs + 1)
    curves = [
        {
            "fold": str(fold),
            "seed": seed,
            "logged": {
                "epoch": clock.tolist(),
                "emotion_loss": (1.9 * np.exp(-clock / 8) + generator.normal(0, 0.03, epochs)).tolist(),
                "dev_uar": (good * (1 - np.exp(-clock / 4)) + generator.normal(0, 0.02, epochs)).tolist(),
                "speaker_loss": (2.7 - 0.01 * clock + generator.normal(0, 0.02, epochs)).tolist(),
                "speaker_accuracy": (0.1 + 0.2 * leak * (1 - np.exp(-clock / 6))).tolist(),
                "weight": [-1.0] * epochs,
            },
        }
        for seed in seeds
        for fold in range(3)
    ]
    per_fold = [
        {"fold": str(fold), "seed": seed, "uar": good, "wa": good, "absent": [], "best_epoch": 9, "epochs": epochs}
        for seed in seeds
        for fold in range(3)
    ]
    return {
        "name": {0: "plain", 1: "dat", 2: "cgt"}[place % 3],
        "settings": {"weight": -1.0},
        "uar": _seeds(good) | {"interval": [good - 0.04, good + 0.04], "by": {}, "ensemble": None},
        "wa": _seeds(good + 0.02),
        "macro_f1": _seeds(good - 0.01),
        "per_fold": [row | {"seconds": 40.0} for row in per_fold],
        "confusion": confusion.tolist(),
        "recall": dict(zip(classes, (np.diag(confusion) / confusion.sum(1)).tolist(), strict=True)),
        "speakers": rows,
        "worst_speaker": _worst(rows),
        "gender": {"f": good + 0.02, "m": good - 0.02},
        "curves": curves,
        "leakage": _leakage(leak),
        "calibration": _calibration(),
        "fairness": _fairness(good, [row["speaker"] for row in rows]),
        "seconds_per_fold": _spread(40.0),
        "seconds_per_epoch": _spread(1.0),
    }


def _seeds(mean):
    return _spread(mean) | {"per_seed": [mean - 0.01, mean, mean + 0.01]}


def _worst(rows):
    worst = min(rows, key=lambda row: row["uar"])
    return {"speaker": worst["speaker"], "uar": worst["uar"], "left_out": 0}


def _leakage(leak, eer=0.42):
    return {
        "best": _spread(leak) | {"kind": "linear"},
        "probes": {"linear": _spread(leak), "mlp": _spread(leak - 0.1)},
        "chance": _spread(0.1, 0),
        "eer": _spread(eer),
    }


def _calibration():
    bins = [
        {
            "low": low / 15,
            "high": (low + 1) / 15,
            "count": 3 * low,
            "confidence": (low + 0.5) / 15,
            "accuracy": low / 20,
        }
        for low in range(15)
    ]
    bins[0] |= {"confidence": None, "accuracy": None}
    shares = [round(0.05 * step, 2) for step in range(1, 21)]
    errors = {name: _seeds(0.08) for name in ("ece", "ece_adaptive", "ece_classwise")}
    others = {"brier": 0.6, "log_loss": 1.1, "aurc": 0.3, "accuracy_at_80": 0.7}
    figures = (
        errors
        | {name: _seeds(value) for name, value in others.items()}
        | {
            "reliability": bins,
            "risk_coverage": {"coverage": shares, "risk": [0.4 * share for share in shares]},
        }
    )
    about = {"temperature": 1.4, "kept": True, "speakers": 8}
    more = {"fitted": 1.4, "gain": 0.03, "gain_error": 0.01, "sentence": "T = 1.40, fitted on 8 speakers."}
    return {
        "bins": 15,
        "before": figures,
        "after": figures | {"ece": _seeds(0.04)},
        "run_temperature": about | more,
        "fold_temperatures": [{"seed": 0, "fold": "0"} | about],
    }


def _fairness(good, names):
    tails = {"speakers": len(names), "left_out": 0, "tenth": 2, "worst": good - 0.1, "best": good + 0.1, "gap": 0.2}
    tails |= {"chance_gap": 0.15, "p": 0.2, "worst_speakers": names[:2]}
    rows = {
        "f": {"uar": good + 0.02, "interval": [good - 0.04, good + 0.08], "speakers": 6, "utterances": 360},
        "m": {"uar": good - 0.02, "interval": [good - 0.08, good + 0.04], "speakers": 6, "utterances": 360},
    }
    gap = {"better": "f", "worse": "m", "difference": 0.04, "interval": [-0.03, 0.11]}
    return {"tails": tails, "groups": {"gender": {"scores": rows, "gap": gap}}}


def _comparisons(labels):
    return [
        {
            "a": later,
            "b": labels[0],
            "metric": "uar",
            "difference": 0.03,
            "interval": [0.01, 0.05],
            "p": 0.004,
            "p_holm": 0.008,
            "speakers": 12,
            "seeds": 3,
            "wins": 9,
            "losses": 2,
            "ties": 1,
            "shown": True,
            "by_speaker": [{"speaker": "1", "difference": 0.1}],
            "sentence": f"{later} is better than {labels[0]} by 3.0 points (95 % interval 1.0 to 5.0): shown.",
        }
        for later in labels[1:]
    ]


def made_result(*, labels=("plain", "dat", "cgt"), speakers=12, name=str, classes=CLASSES, epochs=30):
    """A whole result of that size as plain values; name makes each speaker's name of its number."""
    generator, seeds = np.random.default_rng(7), [0, 1, 2]
    people = [name(number + 1) for number in range(speakers)]
    drawn = generator.normal(size=(120, 2))
    point_map = {
        "points": drawn.round(2).tolist(),
        "emotion": [classes[number % len(classes)] for number in range(120)],
        "speaker": [people[number % speakers] for number in range(120)],
    }
    return {
        "schema_version": 2,
        "name": "made",
        "created": "2026-01-02T03:04:05+00:00",
        "unheard": "0.1.0",
        "command": "unheard run made.toml",
        "corpus": {
            "name": "made",
            "title": "Made-up voices",
            "license": "CC0 1.0",
            "citation": "nobody",
            "languages": ["de", "en"],
            "utterances": 720,
            "speakers": speakers,
            "hours": 0.61,
            "digest": "c0ffee" * 10,
            "class_counts": dict.fromkeys(classes, 120),
            "skipped": [{"file": "broken.wav", "problem": "holds no samples"}],
            "duplicate_count": 2,
            "duplicates": [{"file": "a.wav", "kept": "b.wav"}, {"file": "c.wav", "kept": None}],
        },
        "split": {
            "protocol": "speaker_and_sentence_disjoint",
            "disjoint": ["recording", "sentence", "speaker"],
            "digest": {str(seed): "ab" * 32 for seed in seeds},
            "inflated": False,
            "selection": "source-dev",
            "fold_count": 1,
            "folds": [
                {
                    "name": "0",
                    "seed": 0,
                    "train": 480,
                    "dev": 120,
                    "test": 120,
                    "excluded": 0,
                    "test_speakers": people[:4],
                    "dev_speakers": people[4:6],
                }
            ],
        },
        "confound": {
            "emotion_bits": 2.58,
            "emotion_speaker_bits": 0.02,
            "chance_bits": 0.02,
            "speaker_lookup_uar": 0.17,
        },
        "cautions": [],
        "classes": list(classes),
        "seeds": seeds,
        "objectives": {
            label: _objective(label, place, generator, people, classes, seeds, epochs)
            for place, label in enumerate(labels)
        },
        "references": {
            "chance": {"best": _spread(0.1, 0), "probes": {}, "eer": {"mean": 0.5, "std": None}},
            "emotion_code": _leakage(0.12) | {"eer": None},
            "raw_features": _leakage(0.92, eer=0.3),
        },
        "comparisons": _comparisons(list(labels)),
        "maps": dict.fromkeys(labels, point_map),
        "timings": {"job_seconds": 400.0, "training_seconds": 360.0},
        "peak_memory_bytes": 512 * 2**20,
        "versions": {"python": "3.11"},
        "settings_text": 'name = "made"\n',
    }


@pytest.fixture
def result():
    """A whole plausible result with nothing to distrust but what a leaking embedding gives."""
    return Result.model_validate(made_result())


def made_nasty():
    """The same with many objectives and speakers, and names that are markup."""
    labels = [f"{EVIL}{number}" for number in range(11)]
    classes = (EVIL, "disappointment-and-contempt", *CLASSES)
    made = made_result(labels=labels, speakers=65, name=lambda number: f"{EVIL}{number}", classes=classes)
    for key in ("title", "license", "citation", "name"):
        made["corpus"][key] = EVIL
    made["corpus"]["skipped"] = [{"file": EVIL, "problem": EVIL}]
    return made | dict.fromkeys(("name", "command", "settings_text", "created", "unheard"), EVIL)


@pytest.fixture
def nasty():
    """A result whose names are markup."""
    return Result.model_validate(made_nasty())


@pytest.fixture
def bare(result):
    """The same with one objective, of which next to nothing is known."""
    whole = result.model_dump()
    nothing = {"mean": None, "std": None, "per_seed": []}
    own = whole["objectives"]["plain"] | dict.fromkeys(("fairness", "calibration", "leakage"))
    own |= {"uar": nothing | {"interval": None, "by": {}, "ensemble": None}, "wa": nothing, "macro_f1": nothing}
    own |= {"per_fold": [], "curves": [], "speakers": [], "gender": {}, "recall": {}, "confusion": []}
    own |= {"worst_speaker": {"speaker": None, "uar": None}, "settings": {}}
    corpus = whole["corpus"] | {
        "speech": None,
        "languages": [],
        "skipped": [],
        "duplicates": [],
        "duplicate_count": 0,
    }
    less = {"objectives": {"plain": own}, "comparisons": [], "maps": {}, "references": {}, "corpus": corpus}
    less |= {"confound": dict.fromkeys(whole["confound"]), "split": whole["split"] | {"folds": []}, "command": None}
    return Result.model_validate(whole | less)
