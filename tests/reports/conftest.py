"""A made-up but plausible result: nothing was trained for it, every figure is drawn from a seeded generator."""

import numpy as np
import pytest

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
        {"speaker": name, "gender": "fm"[number % 2], "utterances": 60, "uar": float(uar), "wa": float(uar)}
        for number, (name, uar) in enumerate(zip(speakers, generator.normal(good, 0.08, len(speakers)), strict=True))
    ]
    clock = np.arange(1, epochs + 1)
    curves = [
        {
            "fold": str(fold),
            "seed": seed,
            "epoch": clock.tolist(),
            "emotion_loss": (1.9 * np.exp(-clock / 8) + generator.normal(0, 0.03, epochs)).tolist(),
            "dev_uar": (good * (1 - np.exp(-clock / 4)) + generator.normal(0, 0.02, epochs)).tolist(),
            "speaker_loss": (2.7 - 0.01 * clock + generator.normal(0, 0.02, epochs)).tolist(),
            "speaker_accuracy": (0.1 + 0.2 * leak * (1 - np.exp(-clock / 6))).tolist(),
            "weight": [-1.0] * epochs,
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
        "uar": _spread(good) | {"per_seed": [good - 0.01, good, good + 0.01], "interval": [good - 0.04, good + 0.04]},
        "wa": _spread(good + 0.02),
        "macro_f1": _spread(good - 0.01),
        "per_fold": [row | {"seconds": 40.0} for row in per_fold],
        "confusion": confusion.tolist(),
        "recall": dict(zip(classes, (np.diag(confusion) / confusion.sum(1)).tolist(), strict=True)),
        "speakers": rows,
        "worst_speaker": min(rows, key=lambda row: row["uar"]),
        "gender": {"f": good + 0.02, "m": good - 0.02},
        "curves": curves,
        "leakage": {key: _spread(leak - take) for key, take in (("linear", 0.0), ("mlp", 0.1), ("best", 0.0))}
        | {"eer": _spread(0.42)},
        "calibration": _calibration(),
        "fairness": _fairness(good, [row["speaker"] for row in rows]),
        "seconds_per_fold": _spread(40.0),
        "seconds_per_epoch": _spread(1.0),
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
    figures = {"ece": _spread(0.08), "brier": _spread(0.6), "aurc": _spread(0.3), "accuracy_at_80": _spread(0.7)} | {
        "reliability": bins,
        "risk_coverage": {"coverage": shares, "risk": [0.4 * share for share in shares]},
    }
    after = figures | {"ece": _spread(0.04)}
    return {
        "bins": 15,
        "before": figures,
        "temperatures": [{"seed": 0, "fold": "0", "temperature": 1.4}],
        "after": after,
    }


def _fairness(good, names):
    tail = {"speakers": len(names), "tenth": 2, "worst": good - 0.1, "best": good + 0.1, "gap": 0.2}
    tail |= {"gap_by_luck": 0.15, "p": 0.2, "worst_speakers": names[:2]}
    rows = {
        "f": {"uar": good + 0.02, "interval": [good - 0.04, good + 0.08], "speakers": 6, "utterances": 360},
        "m": {"uar": good - 0.02, "interval": [good - 0.08, good + 0.04], "speakers": 6, "utterances": 360},
    }
    gap = {"better": "f", "worse": "m", "difference": 0.04, "interval": [-0.03, 0.11]}
    return {"speakers": tail, "groups": {"gender": {"rows": rows, "gap": gap}}}


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
            "sentence": f"{later} is better than {labels[0]} by 3.0 points (95 % interval 1.0 to 5.0): shown.",
        }
        for later in labels[1:]
    ]


def made_result(*, labels=("plain", "dat", "cgt"), speakers=12, name=str, classes=CLASSES, epochs=30):
    """A whole result of that size; name makes each speaker's name of its number."""
    generator, seeds = np.random.default_rng(7), [0, 1, 2]
    people = [name(number + 1) for number in range(speakers)]
    drawn = generator.normal(size=(120, 2))
    point_map = {
        "points": drawn.round(2).tolist(),
        "emotion": [classes[number % len(classes)] for number in range(120)],
        "speaker": [people[number % speakers] for number in range(120)],
    }
    probes = {key: {"linear": _spread(0.9), "best": _spread(0.92), "eer": _spread(0.3)} for key in ("raw_features",)}
    return {
        "schema": 1,
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
            "classes": dict.fromkeys(classes, 120),
            "skipped": [{"file": "broken.wav", "problem": "holds no samples"}],
            "duplicates": [["a.wav", "b.wav"], ["c.wav", None]],
        },
        "split": {
            "protocol": "speaker_and_sentence_disjoint",
            "disjoint": ["recording", "sentence", "speaker"],
            "digest": {str(seed): "ab" * 32 for seed in seeds},
            "inflated": False,
            "selection": "source-dev",
            "folds": [{"name": "0", "seed": 0, "train": 480, "dev": 120, "test": 120, "test_speakers": people[:4]}],
        },
        "confound": {
            "emotion_bits": 2.58,
            "emotion_speaker_bits": 0.02,
            "shuffled_bits": 0.02,
            "speaker_lookup_uar": 0.17,
        },
        "warnings": [],
        "classes": list(classes),
        "seeds": seeds,
        "objectives": {
            label: _objective(label, place, generator, people, classes, seeds, epochs)
            for place, label in enumerate(labels)
        },
        "references": {
            "chance": {"best": _spread(0.1, 0), "eer": {"mean": 0.5}},
            "emotion_code": {"best": _spread(0.12)},
        }
        | probes,
        "comparisons": _comparisons(list(labels)),
        "maps": dict.fromkeys(labels, point_map),
        "map_note": "t-SNE of one fold.",
        "timings": {"task_seconds": 400.0},
        "peak_memory_bytes": 512 * 2**20,
        "versions": {"python": "3.11"},
        "settings_text": 'name = "made"\n',
    }


@pytest.fixture
def result():
    """A whole plausible result with nothing to distrust but what a leaking embedding gives."""
    return made_result()


@pytest.fixture
def nasty():
    """The same with many objectives and speakers, and names that are markup."""
    labels = [f"{EVIL}{number}" for number in range(11)]
    classes = (EVIL, "disappointment-and-contempt", *CLASSES)
    made = made_result(labels=labels, speakers=65, name=lambda number: f"{EVIL}{number}", classes=classes)
    for key in ("title", "license", "citation", "name"):
        made["corpus"][key] = EVIL
    made["corpus"]["skipped"] = [{"file": EVIL, "problem": EVIL}]
    return made | dict.fromkeys(("name", "command", "map_note", "settings_text", "created", "unheard"), EVIL)
