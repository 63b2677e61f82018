"""The one result of a run: corpus, folds, objectives and what to distrust. See docs/reference/result.md."""

import importlib.metadata
import platform
import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sklearn.manifold import TSNE

from unheard.data.audit.confounds import confound, parts_of
from unheard.data.audit.metadata import audit
from unheard.data.folds.plan import Fold
from unheard.documents import DamageError
from unheard.errors import RunError
from unheard.experiment.job import Job, plan_jobs
from unheard.experiment.job_files import EMBEDDINGS, read_embeddings
from unheard.experiment.job_result import JobResult, TrainingResult
from unheard.experiment.preparation import Prepared
from unheard.experiment.split_plans import sessions_of, tied_speakers_of
from unheard.registry import load
from unheard.results.cautions import run_cautions
from unheard.results.pooling import compare_pools, predictions_csv, reference_summary, summarize
from unheard.schemas.corpus import Confound, Corpus, DuplicateRecording, SkippedRecording, Split, SplitFold
from unheard.schemas.result import EmbeddingMap, Result, Timings

__all__ = ["build_result", "trait_only"]

_PACKAGES = ("torch", "numpy", "scipy", "scikit-learn", "soundfile", "soxr")


def _corpus(prepared: Prepared) -> Corpus:
    card = load("corpora", prepared.recipe.corpus.name).CARD
    items = prepared.utterances.values()
    counts = Counter(str(item.emotion) for item in items)
    # The card of a table or a database says in words where its languages stand, and not which they are.
    spoken = sorted({item.language for item in items if item.language})
    return Corpus(
        name=card.name,
        title=card.title,
        license=card.license,
        citation=card.citation,
        speech=card.speech,
        languages=spoken or [name for name in card.languages if " " not in name],
        utterances=len(prepared.utterances),
        speakers=len(set(prepared.speakers.values())),
        hours=sum(prepared.corpus.recordings.seconds[name] for name in prepared.utterances) / 3600,
        digest=prepared.digest,
        class_counts={name: counts[name] for name in prepared.classes},
        skipped=[SkippedRecording(file=name, problem=problem) for name, problem in prepared.corpus.set_aside.skipped],
        duplicate_count=len(prepared.corpus.set_aside.duplicates),
        duplicates=[DuplicateRecording(file=name, kept=kept) for name, kept in prepared.corpus.set_aside.duplicates],
    )


def _split(prepared: Prepared) -> Split:
    first, items = next(iter(prepared.plans.values())), list(prepared.utterances.values())
    return Split(
        protocol=first.protocol,
        disjoint=sorted(first.disjoint),
        digest={str(seed): plan.digest for seed, plan in prepared.plans.items()},
        inflated=first.inflated,
        sessions=sessions_of(prepared.recipe, items, first),
        tied_speakers=tied_speakers_of(items, matter=first.sessions_matter and not first.inflated),
        adaptation=prepared.recipe.adaptation,
        selection=prepared.recipe.training.selection,
        refit=prepared.recipe.training.refit,
        fold_count=len(first.folds),
        folds=[_fold(fold, seed, prepared) for seed, plan in prepared.plans.items() for fold in plan.folds],
    )


def _fold(fold: Fold, seed: int, prepared: Prepared) -> SplitFold:
    def speakers(names: Iterable[str]) -> list[str]:
        return sorted({prepared.speakers[name] for name in names})

    return SplitFold(
        name=fold.name,
        seed=seed,
        train=len(fold.train),
        dev=len(fold.dev),
        test=len(fold.test),
        excluded=len(fold.excluded),
        test_speakers=speakers(fold.test),
        dev_speakers=speakers(fold.dev),
    )


def _confound(prepared: Prepared) -> Confound:
    """How far the corpus itself ties emotion to speaker: what an adversary would destroy, or a cheat would use."""
    found = audit(list(prepared.utterances.values()), prepared.corpus.recordings.contents)
    speaker = found.ties["speaker"]
    return Confound(
        emotion_bits=found.emotion_bits,
        emotion_speaker_bits=speaker.bits,
        chance_bits=speaker.chance_bits,
        speaker_lookup_uar=speaker.lookup_uar,
        level_only_uar=trait_only(prepared, "level", prepared.corpus.recordings.levels),
        length_only_uar=trait_only(prepared, "seconds", prepared.corpus.recordings.seconds),
    )


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


def _maps(prepared: Prepared, jobs: Sequence[Job], results: Sequence[JobResult]) -> dict[str, EmbeddingMap]:
    """A t-SNE of the embeddings of unseen speakers, for the first seed's first fold of each objective."""
    maps: dict[str, EmbeddingMap] = {}
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
        maps[job.label] = EmbeddingMap(
            points=np.round(flat, 2).tolist(),
            emotion=[str(item.emotion) for item in items],
            speaker=[prepared.speakers[names[position]] for position in keep],
        )
    return maps


def _unseen(file: Path) -> np.ndarray:
    """The embeddings of unseen speakers that a job left."""
    try:
        return read_embeddings(file)["unseen"]
    except DamageError as problem:
        raise RunError(f"{file}: damaged ({problem}). Give the same run again.") from problem


def build_result(
    prepared: Prepared, results: Sequence[JobResult], out: Path, *, command: Sequence[str] = ()
) -> tuple[Result, str]:
    """The result of a run, and predictions.csv as text."""
    recipe = prepared.recipe
    objectives, pools = {}, {}
    for label in recipe.objectives:
        objectives[label], pools[label] = summarize(label, results, prepared)
    confound = _confound(prepared)
    result = Result(
        name=recipe.name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        unheard=importlib.metadata.version("unheard"),
        command=shlex.join(command),
        corpus=_corpus(prepared),
        split=_split(prepared),
        confound=confound,
        cautions=run_cautions(prepared, confound),
        classes=list(prepared.classes),
        seeds=list(recipe.seeds),
        objectives=objectives,
        references=reference_summary(results, prepared),
        comparisons=compare_pools(pools),
        maps=_maps(prepared, plan_jobs(prepared, out), results),
        timings=Timings(
            job_seconds=sum(one.total_seconds for one in results),
            training_seconds=sum((one.seconds for one in results if isinstance(one, TrainingResult)), 0.0),
        ),
        peak_memory_bytes=max(one.peak_memory_bytes for one in results),
        versions={
            "python": platform.python_version(),
            "platform": platform.platform(),
            **{name: importlib.metadata.version(name) for name in _PACKAGES},
        },
        settings_text=(out / "settings.toml").read_text(encoding="utf-8"),
    )
    return result, predictions_csv(pools)
