"""The one result of a run: corpus, folds, objectives and what to distrust. See docs/reference/result.md."""

import importlib.metadata
import platform
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.manifold import TSNE

from unheard.data.audit.confounds import confound, parts_of
from unheard.data.audit.metadata import audit, names_alike
from unheard.documents import DamageError
from unheard.errors import RunError
from unheard.experiment.adaptive_protocol import ADAPTIVE
from unheard.experiment.fold_data import ENOUGH
from unheard.experiment.job import Job, plan_jobs
from unheard.experiment.job_files import EMBEDDINGS, read_embeddings
from unheard.experiment.job_result import JobResult, TrainingResult
from unheard.experiment.preparation import Prepared
from unheard.experiment.recipe import notes_on_members
from unheard.experiment.split_plans import notes_on_folds, sessions_word, together
from unheard.registry import load
from unheard.results.files import SCHEMA, plain_numbers
from unheard.results.pooling import compare_pools, predictions_csv, reference_summary, summarize

__all__ = ["build_result", "trait_only"]

_PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "soundfile", "soxr")


def _corpus_part(prepared: Prepared) -> dict[str, Any]:
    card = load("corpora", prepared.recipe.corpus.name).CARD
    items = prepared.utterances.values()
    counts = Counter(str(item.emotion) for item in items)
    # The card of a table or a database says in words where its languages stand, and not which they are.
    spoken = sorted({item.language for item in items if item.language})
    return {
        "name": card.name,
        "title": card.title,
        "license": card.license,
        "citation": card.citation,
        "speech": card.speech,
        "languages": spoken or [name for name in card.languages if " " not in name],
        "utterances": len(prepared.utterances),
        "speakers": len(set(prepared.speakers.values())),
        "hours": sum(prepared.corpus.recordings.seconds[name] for name in prepared.utterances) / 3600,
        "digest": prepared.digest,
        "classes": {name: counts[name] for name in prepared.classes},
        "skipped": [{"file": name, "problem": problem} for name, problem in prepared.corpus.set_aside.skipped],
        "duplicates": [list(pair) for pair in prepared.corpus.set_aside.duplicates],
    }


def _split_part(prepared: Prepared) -> dict[str, Any]:
    folds = []
    for seed, plan in prepared.plans.items():
        for fold in plan.folds:
            speakers = {
                part: sorted({prepared.speakers[name] for name in getattr(fold, part)}) for part in ("dev", "test")
            }
            folds.append(
                {
                    "name": fold.name,
                    "seed": seed,
                    **{part: len(getattr(fold, part)) for part in ("train", "dev", "test", "excluded")},
                    "test_speakers": speakers["test"],
                    "dev_speakers": speakers["dev"],
                }
            )
    first, items = next(iter(prepared.plans.values())), list(prepared.utterances.values())
    return {
        "protocol": first.protocol,
        "disjoint": sorted(first.disjoint),
        "digest": {str(seed): plan.digest for seed, plan in prepared.plans.items()},
        "inflated": first.inflated,
        "sessions": sessions_word(prepared.recipe, items, first),
        "together": together(items, matter=first.sessions_matter and not first.inflated),
        "adaptation": prepared.recipe.adaptation,
        "selection": prepared.recipe.training.selection,
        "refit": prepared.recipe.training.refit,
        "folds": folds,
    }


def _confound_part(prepared: Prepared) -> dict[str, Any]:
    """How far the corpus itself ties emotion to speaker: what an adversary would destroy, or a cheat would use."""
    found = audit(list(prepared.utterances.values()), prepared.corpus.recordings.contents)
    speaker = found.ties["speaker"]
    return {
        "emotion_bits": found.emotion_bits,
        "emotion_speaker_bits": speaker.bits,
        "shuffled_bits": speaker.chance_bits,
        "speaker_lookup_uar": speaker.lookup_uar,
        "level_only_uar": trait_only(prepared, "level", prepared.corpus.recordings.levels),
        "length_only_uar": trait_only(prepared, "seconds", prepared.corpus.recordings.seconds),
    }


def trait_only(prepared: Prepared, trait: str, values: Mapping[str, float]) -> float | None:
    """UAR of a table that sees one trait of the recording alone, learnt and asked on the first seed's own folds.

    Args:
        prepared: the corpus.
        trait: its name.
        values: utterance name -> its value; who has none is left out.

    Returns:
        In [0, 1]; None where no value is known, no fold asks anything, or there is one emotion only.
    """
    names = [name for name in prepared.utterances if name in values]
    parts = parts_of(next(iter(prepared.plans.values())).folds, names)
    emotions = [str(prepared.utterances[name].emotion) for name in names]
    # One permutation, for the figure alone is kept; `unheard audit` says how much of it is chance.
    found = confound(trait, [values[name] for name in names], emotions, parts, permutations=1)
    return None if found is None else found.uar


def _maps(prepared: Prepared, jobs: Sequence[Job], results: Sequence[JobResult]) -> dict[str, Any]:
    """A t-SNE of the embeddings of unseen speakers, for the first seed's first fold of each objective."""
    maps: dict[str, Any] = {}
    for job, result in zip(jobs, results, strict=True):
        if job.label in maps or not isinstance(result, TrainingResult):
            continue
        embeddings = _unseen(job.folder / EMBEDDINGS)
        names = result.groups.unseen
        keep = np.random.default_rng(0).permutation(len(names))[:600]
        points = embeddings[keep].astype(np.float64)
        if len(points) < 5 or len({prepared.speakers[names[position]] for position in keep}) < 2:
            continue
        perplexity = min(30.0, (len(points) - 1) / 3)
        flat = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(points)
        items = [prepared.utterances[names[position]] for position in keep]
        maps[job.label] = {
            "points": np.round(flat, 2).tolist(),
            "emotion": [str(item.emotion) for item in items],
            "speaker": [prepared.speakers[names[position]] for position in keep],
        }
    return maps


def _unmeasured(prepared: Prepared) -> list[str]:
    """That leakage is not known, where no training speaker has utterances enough to withhold one, or there is one."""
    if not prepared.recipe.leakage.measure:
        return []
    plan = next(iter(prepared.plans.values()))
    spoken = [Counter(prepared.utterances[name].speaker for name in fold.train) for fold in plan.folds]
    folds, unmeasured = len(spoken), "how far probes name the speaker was not measured there."
    said = []
    if without := sum(max(counts.values(), default=0) < ENOUGH for counts in spoken):
        said.append(
            f"In {without} of {folds} folds no training speaker has {ENOUGH} utterances, so that none could be "
            f"withheld: {unmeasured}"
        )
    if alone := sum(len(counts) == 1 for counts in spoken):
        said.append(
            f"In {alone} of {folds} folds there is one training speaker, and nobody to tell apart: {unmeasured}"
        )
    return said


def _unseen(file: Path) -> np.ndarray:
    """The embeddings of unseen speakers that a job left."""
    try:
        return read_embeddings(file)["unseen"]
    except DamageError as problem:
        raise RunError(f"{file}: damaged ({problem}). Give the same run again.") from problem


def _warnings(prepared: Prepared, confound: Mapping[str, Any]) -> list[str]:
    warnings = []
    plan = next(iter(prepared.plans.values()))
    if plan.inflated:
        warnings.append(
            "INFLATED: this split lets the same speakers stand in train and test. It is a diagnostic, not a result."
        )
    warnings += notes_on_folds(prepared.recipe, list(prepared.utterances.values()), plan)
    if prepared.recipe.adaptation == "speaker":
        warnings.append(ADAPTIVE)
    bits, total = confound["emotion_speaker_bits"], confound["emotion_bits"]
    if bits is not None and total and bits - (confound["shuffled_bits"] or 0.0) > 0.2 * total:
        warnings.append(
            f"Emotion and speaker depend on each other here ({bits:.2f} of {total:.2f} bits): what removes the "
            "speaker removes part of the label. Consider an adversary that is conditional on the emotion."
        )
    for _, groups, text in names_alike(prepared.utterances.values()):
        warnings.append(f"{text} ({'; '.join(' / '.join(names) for names in groups)})")
    warnings += notes_on_members(prepared.recipe)
    warnings += _unmeasured(prepared)
    if prepared.corpus.set_aside.skipped:
        warnings.append(f"{len(prepared.corpus.set_aside.skipped)} recordings were set aside (--skip-bad).")
    return warnings


def build_result(
    prepared: Prepared, results: Sequence[JobResult], out: Path, *, command: Sequence[str] = ()
) -> tuple[dict[str, Any], str]:
    """The result of a run as plain JSON values, and predictions.csv as text."""
    recipe = prepared.recipe
    objectives, pools = {}, {}
    for label in recipe.objectives:
        objectives[label], pools[label] = summarize(label, results, prepared)
    confound = _confound_part(prepared)
    result = {
        "schema": SCHEMA,
        "name": recipe.name,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "unheard": importlib.metadata.version("unheard"),
        "command": shlex.join(command),
        "corpus": _corpus_part(prepared),
        "split": _split_part(prepared),
        "confound": confound,
        "warnings": _warnings(prepared, confound),
        "classes": list(prepared.classes),
        "seeds": list(recipe.seeds),
        "objectives": objectives,
        "references": reference_summary(results, prepared),
        "comparisons": compare_pools(pools),
        "maps": _maps(prepared, plan_jobs(prepared, out), results),
        "map_note": "t-SNE of the embeddings of speakers that the model never saw in training, of one fold.",
        "timings": {
            "task_seconds": sum(one.total_seconds for one in results),
            "train_seconds": sum((one.seconds for one in results if isinstance(one, TrainingResult)), 0.0),
        },
        "peak_memory_bytes": max(one.peak_memory_bytes for one in results),
        "versions": {
            "python": platform.python_version(),
            "platform": platform.platform(),
            **{name: importlib.metadata.version(name) for name in _PACKAGES},
        },
        "settings_text": (out / "settings.toml").read_text(encoding="utf-8"),
    }
    plain: dict[str, Any] = plain_numbers(result)
    return plain, predictions_csv(pools)
