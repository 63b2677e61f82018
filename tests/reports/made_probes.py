"""What `unheard probe` and `unheard run --also` may leave beside the made result: every key, every figure made up."""

from unheard.results.provenance import training_digest

KINDS = ("linear", "mlp", "knn")


def figure(mean, spread=0.05):
    return {"mean": mean, "std": 0.01, "interval": [mean - spread, mean + spread], "speakers": 12, "tasks": 3}


def asked(mean, chance=0.1):
    kinds = {kind: figure(mean - less) for kind, less in zip(KINDS, (0.0, 0.02, 0.04), strict=True)}
    return {**kinds, "best": {"kind": "linear", **figure(mean)}, "chance": chance, "test_items": 60}


def representation(leak):
    trials = {
        "cosine": figure(0.47),
        "backend": figure(0.42),
        "best": {"kind": "backend", **figure(0.42)},
        "targets": 100,
        "impostors": 900,
    }
    return {
        "size": 16,
        "items": 720,
        "leakage": {
            "speaker": {"utterances": asked(leak + 0.05), "sentences": asked(leak)},
            "gender": {"utterances": asked(0.7, 0.5)},
        },
        "verification": {"utterances": trials, "sentences": trials},
        "within_emotion": asked(leak + 0.03),
        "code_length": {
            "bits": figure(3.0),
            "permuted": figure(3.6),
            "compression": figure(1.1),
            "uniform": 3.3,
        },
        "domain_distance": {"gender: f and m": {"distance": figure(0.8)}},
        "erasure": {
            "rank": 11,
            "whole_rank": 11,
            "of_size": 16,
            **{key: figure(0.5) for key in ("uar_before", "uar_after", "uar_control")},
            "uar_lost": figure(0.02, 0.03),
            "uar_beyond_control": figure(0.0, 0.03),
            "uar_chance": 0.17,
            "speaker_after": asked(0.2),
        },
    }


def made_probes(result, leaks=(0.4, 0.2, 0.38)):
    """Probes of all objectives of a result; leaks are what the best probe reads of each, sentences held out."""
    labels = list(result["objectives"])
    return {
        "schema": 1,
        "created": "2026-01-02T04:00:00+00:00",
        "unheard": "0.1.0",
        "kind": "run",
        "name": "made",
        "source": "runs/made",
        "seeds": [0],
        "folds": ["0"],
        "trainings": {label: training_digest(result, label, [0]) for label in labels},
        "weight_zero": labels[0],
        "notes": ["something could not be had."],
        "settings": {"level": 0.95},
        "objectives": {label: representation(leak) for label, leak in zip(labels, leaks, strict=False)},
        "references": {
            "raw_features": representation(0.9),
            "untrained": representation(0.6),
            "emotion_code": representation(0.12),
        },
        "sentences": ["All of it in words."],
    }


def made_inflation(result):
    """The result's own figures beside a stricter and an inflated protocol."""
    titles = {
        "own": "unseen speakers",
        "sentences": "unseen speakers and sentences",
        "random": "random split (inflated)",
    }
    objectives, gaps = {}, []
    for label, own in result["objectives"].items():
        mean = own["uar"]["mean"]
        objectives[label] = {
            "own": own["uar"],
            "sentences": {"mean": mean - 0.1, "interval": [mean - 0.15, mean - 0.05]},
            "random": {"mean": mean + 0.2, "interval": [mean + 0.15, mean + 0.25]},
        }
        for protocol, gap in (("sentences", -0.1), ("random", 0.2)):
            row = {"objective": label, "protocol": protocol, "difference": gap, "interval": [gap - 0.02, gap + 0.02]}
            gaps.append({**row, "p": 0.01, "speakers": 12, "seeds": 3, "sentence": f"{label} {protocol} in words."})
    protocols = {
        name: {"title": title, "split": name, "inflated": name == "random", "folds": 3}
        for name, title in titles.items()
    }
    return {
        "schema": 1,
        "name": "made",
        "chance": 1 / 6,
        "seeds": [0, 1, 2],
        "protocols": protocols,
        "objectives": objectives,
        "differences": gaps,
    }


def made_sweep(result):
    """A sweep whose points are the result's objectives."""
    points = [
        {
            "point": label,
            "run": ".",
            "label": label,
            "objective": label,
            "method": own["name"],
            "varied": {} if place == 0 else {"objectives.dat.weight": -float(place)},
            "settings": {},
            "dev_uar": {"mean": 0.6, "std": 0.01},
            "uar": own["uar"],
            "leakage": own["leakage"],
            "seconds": 10.0,
            "front": place < 2,
            "chosen": place == 1,
        }
        for place, (label, own) in enumerate(result["objectives"].items())
    ]
    keys = ("name", "created", "command", "unheard", "classes", "seeds", "references", "corpus", "warnings")
    return {
        "schema": 1,
        **{key: result[key] for key in keys},
        "split": {"protocol": "speaker_groups", "inflated": False, "folds": 3, "digest": {"0": "ab"}},
        "chance": 1 / 6,
        "vary": ["objectives.dat.weight=-1,-2"],
        "search": None,
        "measure": "uar",
        "points": points,
        "chosen": "dat",
        "chosen_of": {label: label for label in result["objectives"]},
        "nested": {"uar": {"mean": 0.6, "std": 0.01, "interval": [0.5, 0.7]}, "picked": {"dat": 3}},
    }
