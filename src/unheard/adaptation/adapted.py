"""A read-out with the steps that adapt it: fitted once on unlabeled recordings, asked as often as one likes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.adaptation.fitted import Fitted
from unheard.adaptation.source import Readout, Real, Source, checked_rows
from unheard.adaptation.target import UNKNOWN, Target, distinct, read_target
from unheard.errors import AdaptationError
from unheard.registry import load

__all__ = ["Adapted", "Step", "adapt"]

Step = tuple[str, Mapping[str, Any]]
"""A method's registered name, and those of its settings that are not the default."""


@dataclass(frozen=True)
class Adapted:
    """A read-out and the steps before and behind it.

    Args:
        readout: of the source; it is never changed.
        size: of an embedding.
        steps: in the order in which they act.
    """

    readout: Readout
    size: int
    steps: tuple[Fitted, ...]

    @property
    def transductive(self) -> bool:
        """Whether an answer hangs on the recordings that are asked together with it."""
        return any(bool(load("adaptations", step.method).TRANSDUCTIVE) for step in self.steps)

    @property
    def speakers(self) -> tuple[str, ...]:
        """Names that any step knows, sorted."""
        return tuple(sorted({name for step in self.steps for name in step.speakers}))

    def target(self, embeddings: NDArray[np.floating], speakers: NDArray[np.generic] | None = None) -> Target:
        """Recordings, where they lie after all steps and what is said of them there.

        Args:
            embeddings: shape (items, size).
            speakers: names, shape (items,). Whoever was not there when it was fitted, and all where None is given,
                are treated as the corpus was.

        Raises:
            AdaptationError: shapes do not fit, or an embedding is not finite.
        """
        rows = checked_rows(embeddings, size=self.size, who="adapted")
        names = np.full(len(rows), UNKNOWN) if speakers is None else np.asarray(speakers).astype(np.str_)
        if names.shape != rows.shape[:1]:
            raise AdaptationError(
                f"adapted: embeddings {rows.shape} and speakers {names.shape} do not fit. Pass one speaker an item."
            )
        target = Target(rows, names, np.asarray(self.readout(rows), dtype=np.float64))
        for step in self.steps:
            target = load("adaptations", step.method).apply(step, self.readout, target)
        return target

    def probabilities(self, embeddings: NDArray[np.floating], speakers: NDArray[np.generic] | None = None) -> Real:
        """Class probabilities, shape (items, classes); see `target` for the arguments.

        Raises:
            AdaptationError: shapes do not fit, or an embedding is not finite.
        """
        return self.target(embeddings, speakers).probabilities


def adapt(
    source: Source,
    embeddings: NDArray[np.floating],
    speakers: NDArray[np.generic] | None = None,
    *,
    steps: Iterable[Step | str],
) -> Adapted:
    """Fit steps on unlabeled recordings, each on what the ones before it left.

    It always begins at the source, so that adapting again on the same recordings is adapting once. A recording that
    is given twice counts once, and the order of the recordings changes nothing.

    Args:
        source: statistics of the training items, and the read-out trained on them.
        embeddings: of the target, shape (items, size), at least one item.
        speakers: names, shape (items,); None where nobody knows who speaks.
        steps: methods by name, each alone or with its settings.

    Raises:
        AdaptationError: shapes do not fit, there is no recording, or a step that moves embeddings stands behind one
        that
            changes probabilities.
        UnknownNameError: a method is not registered.
    """
    whole = read_target(source, embeddings, speakers)
    if not len(whole.embeddings):
        raise AdaptationError("adapt: no recording. Pass at least one.")
    chosen = distinct(whole.embeddings, whole.speakers)
    target = read_target(source, whole.embeddings[chosen], whole.speakers[chosen])
    fitted: list[Fitted] = []
    for name, options in _in_order(steps):
        method = load("adaptations", name)
        found: Fitted = method.fit(source, target, method.Settings(**options))
        target = method.apply(found, source.readout, target)
        fitted.append(found)
    return Adapted(source.readout, source.statistics.size, tuple(fitted))


def _in_order(steps: Iterable[Step | str]) -> Sequence[Step]:
    """Each step with its settings; a step that moves embeddings would undo what was said of them before."""
    named: list[Step] = [(step, {}) if isinstance(step, str) else step for step in steps]
    said = ""
    for name, _ in named:
        if load("adaptations", name).CHANGES == "probabilities":
            said = name
        elif said:
            raise AdaptationError(f"adapt: {name} moves embeddings and stands behind {said}. Put it before.")
    return named
