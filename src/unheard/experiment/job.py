"""A job is one objective, one seed, one fold, and depends on no other; which jobs a run has.

A job writes its result into a folder of its own and is done when `job.json` is there, so that a run that was killed
goes on where it stood, and a cluster may run jobs in any order.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from unheard.data.folds.fold import Fold
from unheard.documents import DamageError
from unheard.errors import RunError
from unheard.experiment.job_result import ReferencesResult, TrainingResult, read_job_result
from unheard.experiment.preparation import Prepared
from unheard.files import REFERENCES as REFERENCES_FOLDER
from unheard.files import file_names, objective_file_name, one_to_a_file_system, set_aside

__all__ = ["JOBS", "REFERENCES", "RESULT", "Job", "plan_jobs"]

JOBS = "jobs"
"""In the folder of a run: the folders of its jobs, by objective."""
REFERENCES = "(references)"
"""The label of the jobs that measure leakage without any objective."""
RESULT = "job.json"
"""In the folder of a job, when it is done."""


@dataclass(frozen=True)
class Job:
    """One objective, one seed, one fold.

    Args:
        label: of the objective.
        seed: of all that is drawn.
        fold: of the seed's plan.
        folder: where it writes its result.
        fingerprint: digest of all that determines it.
        number: of the fold in its plan, from 1: its name may be a speaker's.
    """

    label: str
    seed: int
    fold: Fold
    folder: Path
    fingerprint: str
    number: int = 1

    @property
    def name(self) -> str:
        """For people: 'dat, seed 0, fold 3'."""
        return f"{self.label}, seed {self.seed}, fold {self.fold.name}"

    @property
    def result_file(self) -> Path:
        """Stands only when the job is done."""
        return self.folder / RESULT

    def result(self) -> TrainingResult | ReferencesResult | None:
        """What the job wrote, None unless it is done, and this very one; what is damaged is set aside, and named."""
        if not self.result_file.exists():
            return None
        try:
            stored = read_job_result(self.result_file)
        except DamageError as problem:
            set_aside(self.result_file, str(problem), "This job runs again.")
            return None
        return stored if stored.fingerprint == self.fingerprint else None


def plan_jobs(prepared: Prepared, out: Path) -> list[Job]:
    """All jobs of a run: objectives x seeds x folds, and the references of the first seed.

    Raises:
        RunError: two of them would write into one folder.
    """
    recipe = prepared.recipe
    labels = list(recipe.objectives)
    jobs = []
    for seed in recipe.seeds:
        plan = prepared.plans[seed]
        files = file_names(fold.name for fold in plan.folds)
        for number, fold in enumerate(plan.folds, 1):
            extra = [REFERENCES] if seed == recipe.seeds[0] and recipe.leakage.measure else []
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
                folder = out / JOBS / own_folder / f"seed{seed}-fold{files[fold.name]}"
                jobs.append(Job(label, seed, fold, folder, fingerprint, number))
    _refuse_shared_folders(jobs)
    return jobs


def _refuse_shared_folders(jobs: Sequence[Job]) -> None:
    """Hold what the names promise: jobs of one folder would take each other's results for their own."""
    seen: dict[str, Job] = {}
    for job in jobs:
        first = seen.setdefault(one_to_a_file_system(str(job.folder)), job)
        if first is not job:
            raise RunError(
                f"{job.name} and {first.name} would write into one folder, {job.folder}. Give the objectives, or "
                "the folds, names that differ in more than case."
            )
