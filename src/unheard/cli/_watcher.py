"""Progress of a run: one bar for the whole and one for each job under way, or a line a minute."""

import contextlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from unheard.cli._progress import Lines, is_watched
from unheard.cli._terminal import console
from unheard.documents import DamageError, read_json
from unheard.experiment.job import Job
from unheard.experiment.job_result import JobResult
from unheard.experiment.runner import PROGRESS
from unheard.training.settings import TrainingSettings

__all__ = ["Watcher"]


class Watcher:
    """Shows how far the jobs of a run are, reading what each writes after every epoch.

    Reading files instead of passing messages works the same for one process, several, and a cluster.
    """

    def __init__(self, jobs: Sequence[Job], training: TrainingSettings) -> None:
        self.jobs, self.training = list(jobs), training
        self.progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
        )
        self.said = None if is_watched() else Lines("jobs", self._under_way)
        self.finished = 0
        self.stop = threading.Event()
        self.bars: dict[str, Any] = {}

    def __enter__(self) -> Self:
        if self.said is not None:
            self.said.update(0, len(self.jobs))
            self.said.__enter__()
            return self
        self.progress.start()
        self.whole = self.progress.add_task("jobs", total=len(self.jobs), note="")
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self.said is not None:
            self.said.__exit__(*exception)
            return
        self.stop.set()
        self.thread.join()
        self.progress.stop()

    def done(self, job: Job, result: JobResult) -> None:
        """One more job is finished."""
        del result
        self.finished += 1
        if self.said is not None:
            self.said.update(self.finished, len(self.jobs))
            return
        self.progress.advance(self.whole)
        line = self.bars.pop(job.name, None)
        if line is not None:
            self.progress.remove_task(line)

    def _watch(self) -> None:
        while not self.stop.wait(1.0):
            for job, numbers in self._numbers():
                with contextlib.suppress(KeyError, TypeError, ValueError):
                    self._show(job, *self._stand(numbers))

    def _under_way(self) -> str:
        """Each job under way in words, for a line."""
        said = []
        for job, numbers in self._numbers():
            with contextlib.suppress(KeyError, TypeError, ValueError):
                done, total, note = self._stand(numbers)
                said.append(f"{job.name}: epoch {done:g}/{total}, {note}")
        return "; ".join(said)

    def _numbers(self) -> Iterator[tuple[Job, Mapping[str, float]]]:
        """What each job under way has written after its last epoch."""
        for job in self.jobs:
            # What cannot be read is shown a moment later: nothing hangs on it.
            with contextlib.suppress(OSError, DamageError):
                if not job.result_file.exists():
                    yield job, read_json(job.folder / PROGRESS, finite=False)

    def _stand(self, numbers: Mapping[str, float]) -> tuple[float, int, str]:
        """Epochs done, epochs at most, and how it goes."""
        parts = [f"emotion loss {numbers['emotion_loss']:.3f}"]
        if "speaker_loss" in numbers:
            parts.append(f"speaker loss {numbers['speaker_loss']:.3f}")
        epochs, done = self.training.epochs, numbers["epoch"]
        if "dev_uar" in numbers:
            parts.append(f"dev UAR {numbers['dev_uar']:.3f}")
        else:  # the second training has the dev speakers with it, and so no score
            parts.append("with the dev speakers")
            done += epochs
        return done, epochs * (1 + self.training.refit), ", ".join(parts)

    def _show(self, job: Job, done: float, total: int, note: str) -> None:
        if job.name not in self.bars:
            self.bars[job.name] = self.progress.add_task(f"  {job.name}", total=total, note="")
        self.progress.update(self.bars[job.name], completed=done, note=note)
