"""Progress of a run on the terminal: one line for the whole, one for each task under way."""

import contextlib
import json
import threading
from collections.abc import Mapping, Sequence
from typing import Any, Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from unheard.cli._progress import console
from unheard.evaluation.protocol import Task
from unheard.evaluation.run import PROGRESS
from unheard.training.settings import TrainingSettings

__all__ = ["Watcher"]


class Watcher:
    """Shows how far the tasks of a run are, reading what each writes after every epoch.

    Reading files instead of passing messages works the same for one process, several, and a cluster.
    """

    def __init__(self, tasks: Sequence[Task], training: TrainingSettings) -> None:
        self.tasks, self.training = list(tasks), training
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self.stop = threading.Event()
        self.lines: dict[str, Any] = {}

    def __enter__(self) -> Self:
        self.progress.start()
        self.whole = self.progress.add_task("tasks", total=len(self.tasks), note="")
        self.thread = threading.Thread(target=self._watch, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop.set()
        self.thread.join()
        self.progress.stop()

    def done(self, task: Task, result: Mapping[str, Any]) -> None:
        """One more task is finished."""
        del result
        self.progress.advance(self.whole)
        line = self.lines.pop(task.name, None)
        if line is not None:
            self.progress.remove_task(line)

    def _watch(self) -> None:
        while not self.stop.wait(1.0):
            for task in self.tasks:
                with contextlib.suppress(OSError, json.JSONDecodeError, KeyError):
                    if task.result_file.exists():
                        continue
                    self._show(task, json.loads((task.folder / PROGRESS).read_text(encoding="utf-8")))

    def _show(self, task: Task, numbers: Mapping[str, float]) -> None:
        parts = [f"emotion loss {numbers['emotion_loss']:.3f}"]
        if "speaker_loss" in numbers:
            parts.append(f"speaker loss {numbers['speaker_loss']:.3f}")
        epochs, done = self.training.epochs, numbers["epoch"]
        if "dev_uar" in numbers:
            parts.append(f"dev UAR {numbers['dev_uar']:.3f}")
        else:  # the second training has the dev speakers with it, and so no score
            parts.append("with the dev speakers")
            done += epochs
        if task.name not in self.lines:
            self.lines[task.name] = self.progress.add_task(
                f"  {task.name}", total=epochs * (1 + self.training.refit), note=""
            )
        self.progress.update(self.lines[task.name], completed=done, note=", ".join(parts))
