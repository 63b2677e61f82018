"""A whole run: all jobs of a recipe, in parallel, then one result."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from unheard.errors import RunError, SettingsError
from unheard.experiment.job import JOBS, Job, plan_jobs
from unheard.experiment.job_data import JobData
from unheard.experiment.job_files import finished
from unheard.experiment.job_result import JobResult
from unheard.experiment.job_run import run_job
from unheard.experiment.preparation import Prepared
from unheard.experiment.recipe import RunRecipe, labels_alike
from unheard.experiment.saved_settings import SETTINGS, read_settings, write_settings
from unheard.files import refuse_unwritable, write_atomically
from unheard.leftovers import sweep
from unheard.members import Member
from unheard.processes import side_by_side
from unheard.targets import EMOTION

__all__ = ["PROGRESS", "claim_folder", "run_jobs", "save_plans"]

PROGRESS = "progress.json"
"""What a running job writes after each epoch, for whoever wants to watch."""


def claim_folder(recipe: RunRecipe, out: Path, *, write: bool = True) -> None:
    """Make the result folder this recipe's, or find that it is already.

    A folder may be extended by more seeds and more objectives; anything else would mix two runs.

    Args:
        recipe: what is to be run.
        out: the folder.
        write: whether to write settings.toml; without it, only look.

    Raises:
        RunError: the folder holds the results of other settings.
        SettingsError: it predicts no emotion, and results of numbers alone cannot be written yet.
        MachineError: nothing can be written there.
    """
    if EMOTION.name not in recipe.targets:
        problem = (
            "the result of a run is of the emotion, and of no numbers alone: keep [targets.emotion] beside them, or "
            "train from Python (unheard.experiment.job_training.fit)"
        )
        raise SettingsError("recipe", "targets", problem)
    refuse_unwritable(out)
    file = out / SETTINGS
    if file.exists():
        before = read_settings(out)
        changed = sorted(
            label for label, own in before.objectives.items() if recipe.objectives.get(label, own) != own
        )
        if _fingerprint_beside(before, recipe) != recipe.fingerprint() or changed:
            what = f"objective {', '.join(changed)}" if changed else "its settings"
            raise RunError(
                f"{out} holds a run of other settings ({what} differ; see {file.name} there). "
                "Choose another --out, or remove that folder."
            )
        objectives = {**before.objectives, **recipe.objectives}
        if alike := labels_alike(objectives):
            raise RunError(f"{out}: {alike} would share a folder where case does not count. Rename the new one.")
        seeds = tuple(dict.fromkeys([*before.seeds, *recipe.seeds]))
        recipe = recipe.model_copy(update={"objectives": objectives, "seeds": seeds})
    if write:
        # Only here: a folder without settings.toml may be anybody's.
        sweep([out, *(out / JOBS).glob("*/*"), out / "weights", out / "splits"] if file.exists() else [])
        write_settings(recipe, out)


def _fingerprint_beside(before: RunRecipe, recipe: RunRecipe) -> str:
    """The fingerprint of a stored recipe, read with the new one's upstreams where its own are no longer there.

    A checkpoint may have been moved. If it was exchanged as well, jobs still know their own, and are run again.
    """
    try:
        return before.fingerprint()
    except (SettingsError, OSError):
        features = _moved(before.features, recipe.features, recipe.feature)
        encoder = _moved(before.model.encoder, recipe.model.encoder, recipe.encoder)
        model = before.model.model_copy(update={"encoder": encoder})
        return before.model_copy(update={"features": features, "model": model}).fingerprint()


def _moved(old: Mapping[str, Any], new: Mapping[str, Any], member: Member) -> dict[str, Any]:
    """The old table of a member, its places where they are now."""
    return {**old, **{key: new[key] for key in member.places & old.keys() & new.keys()}}


def save_plans(prepared: Prepared, out: Path) -> None:
    """Write each seed's split plan beside the results."""
    for seed, plan in prepared.plans.items():
        plan.save(out / "splits" / f"seed{seed}.json")


def _run_one(data: JobData, job: Job) -> JobResult:
    file = job.folder / PROGRESS

    def report(numbers: Mapping[str, float]) -> None:
        write_atomically(json.dumps({"label": job.label, **numbers}), file)

    result = run_job(data, job, report)
    file.unlink(missing_ok=True)
    return result


def run_jobs(
    prepared: Prepared,
    out: Path,
    *,
    processes: int = 1,
    on_done: Callable[[Job, JobResult], None] | None = None,
) -> list[JobResult]:
    """Run every job that is not done yet and return the results of all, in the order of `plan_jobs`.

    Jobs do not know of each other; how many run at once changes no number.
    """
    jobs = plan_jobs(prepared, out)
    results: dict[int, JobResult] = {}
    for position, result in _results(prepared.job_data, jobs, processes):
        results[position] = result
        if on_done is not None:
            on_done(jobs[position], result)
    return [results[position] for position in range(len(jobs))]


def _results(data: JobData, jobs: list[Job], processes: int) -> Iterator[tuple[int, JobResult]]:
    waiting = []
    for position, job in enumerate(jobs):
        done = finished(data, job)
        if done is None:
            waiting.append(position)
        else:
            yield position, done
    work = ((data, position, jobs[position]) for position in waiting)
    yield from side_by_side(_numbered, work, jobs=processes, ordered=False)


def _numbered(data: JobData, position: int, job: Job) -> tuple[int, JobResult]:
    return position, _run_one(data, job)
