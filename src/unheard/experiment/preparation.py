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

import platformdirs

from unheard.data.folds.fold import where
from unheard.data.folds.groups import voices_of
from unheard.data.folds.plan import Fold, SplitPlan, drop_duplicates
from unheard.data.folds.tied_speakers import recording
from unheard.documents import DamageError
from unheard.errors import CorpusError, RunError
from unheard.experiment.corpora import read_utterances
from unheard.experiment.job_results import read_task
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.split_plans import check_domains, draw_plans
from unheard.features.cache import extract_corpus
from unheard.files import REFERENCES as REFERENCES_FOLDER
from unheard.files import file_names, objective_file_name, one_to_a_file_system, set_aside
from unheard.identities import NOBODY
from unheard.records import Utterance

__all__ = ["Prepared", "Task", "default_cache", "plan_tasks", "prepare", "read_corpus"]

REFERENCES = "(references)"
"""The label of the tasks that measure leakage without any objective."""


@dataclass(frozen=True)
class Prepared:
    """A corpus ready for its tasks.

    Args:
        recipe: what is run.
        utterances: name -> utterance, usable and labeled ones only.
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

    @functools.cached_property
    def voices(self) -> Mapping[str, str]:
        """Name -> who speaks, for all that is learned of and counted by speakers (see `voices_of`)."""
        return voices_of(list(self.utterances.values()))

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
        """What the task wrote, None unless it is done, and this very one; what is damaged is set aside, and named."""
        if not self.result_file.exists():
            return None
        try:
            stored = read_task(self.result_file)
        except DamageError as problem:
            set_aside(self.result_file, str(problem), "This task runs again.")
            return None
        return stored if stored["fingerprint"] == self.fingerprint else None


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
    check: Callable[[Prepared], None] | None = None,
) -> Prepared:
    """Read the corpus, check its folds, fill the feature cache, drop duplicates, draw one plan a seed.

    Args:
        recipe: what is to be run.
        cache: of features.
        jobs: processes.
        progress: called with (done, total) while features are computed.
        check: called before any recording is read, with folds that tell recordings apart by their paths and without
            features; what it raises ends all.

    Raises:
        CorpusError, AudioError, SplitError: with what to do; of folds before any recording is read.
    """
    utterances, skipped = read_corpus(recipe)
    proposed = _proposed(recipe, utterances, cache)
    if check is not None:
        check(proposed)
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
    plans = draw_plans(recipe, kept, extraction.contents)
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


def _proposed(recipe: RunRecipe, utterances: Sequence[Utterance], cache: Path) -> Prepared:
    """The corpus as it is before any recording is read: all that can be said of folds is said here.

    Raises:
        SplitError: there are no folds, they would leak, or in one of them an objective could learn nothing.
    """
    places = {item.name: recording(item) for item in utterances}
    plans = draw_plans(recipe, utterances, places)
    check_domains(recipe, utterances, plans.values())
    return Prepared(recipe, {item.name: item for item in utterances}, {}, places, {}, plans, (), (), cache)


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
