"""What `unheard probe` and `unheard run --also` may leave beside the made result: every key, every figure made up."""

from unheard.results.provenance import training_digest
from unheard.schemas.probes import Probes
from unheard.schemas.protocols import ProtocolComparison
from unheard.schemas.sweep import Sweep

KINDS = ("linear", "mlp", "knn")


def figure(mean, spread=0.05):
    ends = (max(0.0, mean - spread), min(1.0, mean + spread)) if spread is not None else None
    return {"mean": mean, "std": 0.01, "interval": ends, "speakers": 12, "jobs": 3}


def difference(mean, spread):
    return figure(mean) | {"interval": None if spread is None else (mean - spread, mean + spread)}


def asked(mean, chance=0.1, spread=0.05):
    kinds = {kind: figure(max(0.0, mean - less), spread) for kind, less in zip(KINDS, (0.0, 0.02, 0.04), strict=True)}
    return {
        "probes": kinds,
        "best": {"kind": "linear", **figure(mean, spread)},
        "chance": chance,
        "permutation_chance": {"probes": dict.fromkeys(KINDS, chance), "best": chance},
        "test_items": 60,
    }


def trials(cosine=0.47, backend=0.42):
    kind, best = min(("cosine", cosine), ("backend", backend), key=lambda pair: pair[1])
    return {
        "cosine": figure(cosine),
        "backend": figure(backend),
        "best": {"kind": kind, **figure(best)},
        "targets": 100,
        "impostors": 900,
    }


def erasure(lost=(0.02, 0.03), beyond=(0.0, 0.03), *, rank=11.0, span=16.0):
    return {
        "rank": rank,
        "whole_rank": rank,
        "span": span,
        "of_size": 16.0,
        **{key: figure(0.5) for key in ("uar_before", "uar_after", "uar_control")},
        "uar_lost": difference(*lost),
        "uar_beyond_control": difference(*beyond),
        "uar_chance": 0.17,
        "speaker_after": asked(0.2),
    }


def representation(leak):
    return {
        "size": 16,
        "items": 720,
        "leakage": {
            "speaker": {"utterances": asked(leak + 0.05), "sentences": asked(leak)},
            "gender": {"utterances": asked(0.7, 0.5)},
        },
        "verification": {"utterances": trials(), "sentences": trials()},
        "within_emotion": asked(leak + 0.03) | {"emotions": 6.0},
        "code_length": {
            "bits": difference(3.0, 0.05),
            "permuted": difference(3.6, 0.05),
            "saved": difference(0.6, 0.05),
            "compression": difference(1.1, 0.05),
            "uniform": 3.3,
        },
        "domain_distance": {"gender: f and m": difference(0.8, 0.05)},
        "erasure": erasure(),
    }


def made_probes(result, leaks=(0.4, 0.2, 0.38)):
    """Probes of all objectives of a result; leaks are what the best probe reads of each, sentences held out."""
    labels = list(result.objectives)
    return Probes.model_validate(
        {
            "created": "2026-01-02T04:00:00+00:00",
            "unheard": "0.1.0",
            "kind": "run",
            "name": "made",
            "source": "runs/made",
            "seeds": [0],
            "folds": ["0"],
            "trainings": {label: training_digest(result, label, [0]) for label in labels},
            "unseen": True,
            "weight_zero": labels[0],
            "notes": ["something could not be had."],
            "settings": {"kinds": list(KINDS), "trials": 1000, "erased": None, "level": 0.95},
            "objectives": {label: representation(leak) for label, leak in zip(labels, leaks, strict=False)},
            "references": {
                "raw_features": representation(0.9),
                "untrained": representation(0.6),
                "emotion_code": representation(0.12),
            },
            "sentences": ["All of it in words."],
        }
    )


def uar(mean, spread=0.05):
    return {"mean": mean, "std": 0.01, "per_seed": [mean], "interval": (mean - spread, mean + spread)}


def made_protocols(result):
    """The result's own figures beside a stricter and an inflated protocol."""
    titles = {
        "own": "unseen speakers",
        "sentences": "unseen speakers and sentences",
        "random": "random split (inflated)",
    }
    objectives, gaps = {}, []
    for label, own in result.objectives.items():
        mean = own.uar.mean
        objectives[label] = {
            "own": own.uar.model_dump(),
            "sentences": uar(mean - 0.1),
            "random": uar(mean + 0.2),
        }
        for protocol, gap in (("sentences", -0.1), ("random", 0.2)):
            row = {"objective": label, "protocol": protocol, "difference": gap, "interval": (gap - 0.02, gap + 0.02)}
            gaps.append({**row, "p": 0.01, "speakers": 12, "seeds": 3, "sentence": f"{label} {protocol} in words."})
    protocols = {
        name: {"title": title, "split": name, "inflated": name == "random", "adaptation": "none", "folds": 3}
        for name, title in titles.items()
    }
    return ProtocolComparison.model_validate(
        {
            "name": "made",
            "chance": 1 / 6,
            "seeds": [0, 1, 2],
            "protocols": protocols,
            "objectives": objectives,
            "closed_form": {},
            "differences": gaps,
            "comparisons": {},
        }
    )


def made_sweep(result):
    """A sweep whose points are the result's objectives."""
    points = [
        {
            "point": label,
            "run": ".",
            "label": label,
            "objective": label,
            "method": own.name,
            "varied": {} if place == 0 else {"objectives.dat.weight": -float(place)},
            "settings": {},
            "dev_uar": {"mean": 0.6, "std": 0.01, "per_seed": [0.6]},
            "uar": own.uar.model_dump(),
            "leakage": own.leakage.model_dump(),
            "seconds": 10.0,
            "front": place < 2,
            "chosen": place == 1,
        }
        for place, (label, own) in enumerate(result.objectives.items())
    ]
    whole = result.model_dump()
    keys = ("name", "created", "command", "unheard", "classes", "seeds", "references", "cautions")
    return Sweep.model_validate(
        {
            **{key: whole[key] for key in keys},
            "corpus": {key: whole["corpus"][key] for key in ("name", "title", "digest", "utterances", "speakers")},
            "split": whole["split"] | {"folds": []},
            "chance": 1 / 6,
            "vary": ["objectives.dat.weight=-1,-2"],
            "search": None,
            "measure": "uar",
            "points": points,
            "chosen": "dat",
            "chosen_of": {label: label for label in result.objectives},
            "learning": None,
            "nested": {"uar": uar(0.6, 0.1), "picked": {"dat": 3}},
        }
    )
