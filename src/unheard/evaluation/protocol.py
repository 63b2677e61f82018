"""From a recipe to tasks: one task is one objective, one seed, one fold, and depends on no other.

A task writes its result into a folder of its own and is done when `task.json` is there, so that a run that was
killed goes on where it stood, and a cluster may run tasks in any order.
"""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs

from unheard.data.plan import Fold, SplitPlan, draw_plan, drop_duplicates
from unheard.data.splits._folds import where
from unheard.errors import CorpusError, RunError
from unheard.evaluation.adaptation import voice_reader
from unheard.evaluation.corpus import read_utterances
from unheard.evaluation.recipe import RunRecipe
from unheard.features.cache import extract_corpus, read_entry
from unheard.files import REFERENCES as REFERENCES_FOLDER
from unheard.files import file_names, objective_file_name, one_to_a_file_system
from unheard.identities import NOBODY
from unheard.models.model import named_seed
from unheard.records import UNLABELLED, Features, Utterance
from unheard.registry import load
from unheard.training.dataset import Dataset

__all__ = ["Prepared", "Task", "default_cache", "part_of", "plan_tasks", "prepare", "read_corpus", "withhold"]

REFERENCES = "(references)"
"""The label of the tasks that measure leakage without any objective."""


@dataclass(frozen=True)
class Prepared:
    """A corpus ready for its tasks.

    Args:
        recipe: what is run.
        utterances: name -> utterance, usable and labelled ones only.
        keys: name -> feature cache keys.
        contents: name -> digest of the recording.
        seconds: name -> length after conditioning.
        plans: seed -> split plan.
        skipped: (name, problem) of what was set aside.
        duplicates: (dropped, kept twin; None where copies contradict each other).
        cache: the feature cache.
        levels: name -> root mean square before conditioning, in decibels of full scale.
    """

    recipe: RunRecipe
    utterances: Mapping[str, Utterance]
    keys: Mapping[str, tuple[str, ...]]
    contents: Mapping[str, str]
    seconds: Mapping[str, float]
    plans: Mapping[int, SplitPlan]
    skipped: Sequence[tuple[str, str]]
    duplicates: Sequence[tuple[str, str | None]]
    cache: Path
    levels: Mapping[str, float] = field(default_factory=dict)

    @property
    def classes(self) -> list[str]:
        """Emotions, in the recipe's order or sorted."""
        present = {str(utterance.emotion) for utterance in self.utterances.values()}
        return [name for name in self.recipe.corpus.emotions if name in present] or sorted(present)

    @property
    def digest(self) -> str:
        """Digest of recordings and labels: two runs with the same digest saw the same data."""
        rows = sorted(
            [name, self.contents[name], utterance.emotion, utterance.speaker]
            for name, utterance in self.utterances.items()
        )
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@dataclass(frozen=True)
class Task:
    """One objective, one seed, one fold."""

    label: str
    seed: int
    fold: Fold
    folder: Path
    fingerprint: str

    @property
    def name(self) -> str:
        """For people: 'dat, seed 0, fold 3'."""
        return f"{self.label}, seed {self.seed}, fold {self.fold.name}"

    @property
    def result_file(self) -> Path:
        """Stands only when the task is done."""
        return self.folder / "task.json"

    def result(self) -> dict[str, Any] | None:
        """What the task wrote, None unless it is done and was this very task."""
        try:
            stored: dict[str, Any] = json.loads(self.result_file.read_text(encoding="utf-8"))
        except (OSError, json.JSONDecodeError):
            return None
        return stored if stored.get("fingerprint") == self.fingerprint else None


def default_cache() -> Path:
    """The feature cache: $UNHEARD_CACHE, or the user's cache folder."""
    return Path(os.environ.get("UNHEARD_CACHE") or platformdirs.user_cache_dir("unheard")) / "features"


def read_corpus(recipe: RunRecipe) -> tuple[list[Utterance], list[tuple[str, str]]]:
    """The utterances that a recipe asks for, and what was set aside under `skip_bad`.

    Raises:
        CorpusError: nothing is left, or speakers are missing.
    """
    settings = recipe.corpus
    bad: list[tuple[str, str]] | None = [] if settings.skip_bad else None
    everything = read_utterances(settings, bad)
    wanted = set(settings.emotions)
    kept = [item for item in everything if item.emotion is not None and (not wanted or item.emotion in wanted)]
    known = sorted({str(item.emotion) for item in everything if item.emotion is not None})
    missing = wanted - set(known)
    if missing:
        raise CorpusError(
            settings.name,
            f"no utterance has the emotion {', '.join(sorted(missing))}",
            f"It has: {', '.join(known) or 'none'}. Change corpus.emotions.",
        )
    if not kept:
        raise CorpusError(settings.name, "no utterance has an emotion", "Add an `emotion` column.")
    lacking = [item for item in kept if item.speaker is None]
    if lacking and bad is None:
        problem = f"{len(lacking)} of {len(kept)} utterances have no speaker ({where(lacking)})"
        mend = f"{NOBODY} Say who speaks, or pass --skip-bad to leave them out: a run must know its voices."
        raise CorpusError(settings.name, problem, mend)
    skipped = [*(bad or []), *((item.name, f"no speaker is named ({item.source or item.file})") for item in lacking)]
    return [item for item in kept if item.speaker is not None], skipped


def prepare(
    recipe: RunRecipe,
    cache: Path,
    *,
    jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> Prepared:
    """Read the corpus, fill the feature cache, drop duplicates, draw one plan a seed.

    Raises:
        CorpusError, AudioError, SplitError: with what to do.
    """
    utterances, skipped = read_corpus(recipe)
    extraction = extract_corpus(
        utterances,
        recipe.feature_recipe(),
        cache,
        jobs=jobs,
        skip_bad=recipe.corpus.skip_bad,
        progress=progress,
    )
    usable = [item for item in utterances if item.name in extraction.keys]
    kept, duplicates = drop_duplicates(usable, extraction.contents)
    matters = load("corpora", recipe.corpus.name).CARD.sessions_matter
    own = {key: value for key, value in recipe.split.items() if key != "name"}
    plans = {
        seed: draw_plan(
            recipe.split["name"],
            kept,
            own,
            seed=seed,
            contents=extraction.contents,
            sessions_matter=matters,
        )
        for seed in recipe.seeds
    }
    return Prepared(
        recipe,
        {item.name: item for item in kept},
        extraction.keys,
        extraction.contents,
        extraction.seconds,
        plans,
        [*skipped, *extraction.skipped],
        duplicates,
        cache,
        extraction.levels,
    )


def plan_tasks(prepared: Prepared, out: Path) -> list[Task]:
    """All tasks of a run: objectives x seeds x folds, and the references of the first seed.

    Raises:
        RunError: two of them would write into one folder.
    """
    recipe = prepared.recipe
    labels = list(recipe.objectives)
    tasks = []
    for number, seed in enumerate(recipe.seeds):
        plan = prepared.plans[seed]
        files = file_names(fold.name for fold in plan.folds)
        for fold in plan.folds:
            extra = [REFERENCES] if number == 0 and recipe.leakage.measure else []
            for label in [*labels, *extra]:
                own = recipe.objectives.get(label, {})
                fingerprint = recipe.fingerprint(
                    prepared.digest,
                    plan.digest,
                    json.dumps(own, sort_keys=True),
                    label == REFERENCES,
                    seed,
                    fold.name,
                )
                own_folder = REFERENCES_FOLDER if label == REFERENCES else objective_file_name(label)
                folder = out / "tasks" / own_folder / f"seed{seed}-fold{files[fold.name]}"
                tasks.append(Task(label, seed, fold, folder, fingerprint))
    _refuse_shared_folders(tasks)
    return tasks


def _refuse_shared_folders(tasks: Sequence[Task]) -> None:
    """Hold what the names promise: tasks of one folder would take each other's results for their own."""
    seen: dict[str, Task] = {}
    for task in tasks:
        first = seen.setdefault(one_to_a_file_system(str(task.folder)), task)
        if first is not task:
            raise RunError(
                f"{task.name} and {first.name} would write into one folder, {task.folder}. Give the objectives, or "
                "the folds, names that differ in more than case."
            )


def _frames(prepared: Prepared, augmented: bool, name: str) -> list[Features]:
    """The variants of an utterance, or the unperturbed one alone: copies that nobody hears are not read."""
    variants = []
    for key in prepared.keys[name][: None if augmented else 1]:
        entry = read_entry(prepared.cache, key)
        if entry is None:
            raise RunError(
                f"the feature cache lost the entry of {name}. Run the same command again: it will be computed anew."
            )
        variants.append(entry)
    return variants


def part_of(prepared: Prepared, names: Sequence[str], speakers: Sequence[str], *, augmented: bool = False) -> Dataset:
    """One part of a fold in memory.

    Args:
        prepared: the corpus.
        names: utterances of the part.
        speakers: the training speakers, whose order numbers the classes; others are UNLABELLED.
        augmented: whether to load the perturbed copies too.
    """
    emotions = {name: number for number, name in enumerate(prepared.classes)}
    numbers = {name: number for number, name in enumerate(speakers)}
    items = [prepared.utterances[name] for name in names]
    genders = {"f": 0, "m": 1}
    columns = {
        "emotion": [emotions[str(item.emotion)] for item in items],
        "speaker": [numbers.get(str(item.speaker), UNLABELLED) for item in items],
        "gender": [genders.get(str(item.gender), UNLABELLED) for item in items],
    }
    read: Callable[[str], Sequence[Features]] = functools.partial(_frames, prepared, augmented)
    if prepared.recipe.adaptation == "speaker":
        read = voice_reader(read, {name: str(item.speaker) for name, item in prepared.utterances.items()})
    return Dataset(
        tuple(names),
        [read(name) for name in names],
        {key: np.array(values, dtype=np.int64) for key, values in columns.items()},
        prepared.recipe.hop,
        prepared.recipe.bands,
    )


def withhold(prepared: Prepared, fold: Fold, seed: int, share: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split a fold's training part: (what the encoder and the probes train on, what only probes are tested on).

    Each speaker gives the same share, at least one utterance if he has three and never all of them; drawn by the
    seed and the fold.
    """
    generator = np.random.default_rng(named_seed(seed, "withheld", fold.name))
    by_speaker: dict[str, list[str]] = {}
    for name in sorted(fold.train):
        by_speaker.setdefault(str(prepared.utterances[name].speaker), []).append(name)
    held: set[str] = set()
    for names in by_speaker.values():
        count = min(max(1, round(share * len(names))), len(names) - 1) if len(names) >= 3 else 0
        held.update(names[i] for i in generator.permutation(len(names))[:count])
    return tuple(name for name in fold.train if name not in held), tuple(name for name in fold.train if name in held)
