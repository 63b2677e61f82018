"""What lies in a run's folder beside its result: probes, the sweep that it is part of, other protocols.

Each piece is shown only if it can be read and belongs to the result that stands there now; what does not is named
among the cautions, with the command that makes it anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from unheard.errors import UnheardError
from unheard.probing.probe_run import PROBES, read_probes
from unheard.results.protocols import INFLATION, OWN, read_protocols
from unheard.results.provenance import training_digest
from unheard.schemas.caution import Caution
from unheard.schemas.probes import Probes
from unheard.schemas.protocols import ProtocolComparison
from unheard.schemas.record import Record
from unheard.schemas.result import Result
from unheard.schemas.sweep import Sweep
from unheard.sweeps.sweep import SWEEP, read_sweep

__all__ = ["Evidence", "probes_are_of", "protocols_are_of", "read_evidence", "sweep_is_of"]

Document = TypeVar("Document", bound=Record)


@dataclass(frozen=True)
class Evidence:
    """What stands beside a result; each piece is None where there is none.

    Args:
        probes: of the run.
        sweep: that the run is part of.
        protocols: the same recipe under other protocols.
        cautions: on what lies there and is not shown.
    """

    probes: Probes | None = None
    sweep: Sweep | None = None
    protocols: ProtocolComparison | None = None
    cautions: tuple[Caution, ...] = ()


@dataclass(frozen=True)
class _Piece(Generic[Document]):
    """One file that may stand beside a result.

    Args:
        file: its name.
        read: reads it.
        is_of: whether it belongs to a result.
        mend: what to do where it does not.
    """

    file: str
    read: Callable[[Path], Document]
    is_of: Callable[[Document, Result], bool]
    mend: str

    def found(self, folder: Path, result: Result, cautions: list[Caution]) -> Document | None:
        """The document, None where there is none; one that is not shown is named among the cautions."""
        if not (folder / self.file).is_file():
            return None
        try:
            document = self.read(folder / self.file)
        except UnheardError as problem:
            said = f"{problem} Until then it is not shown here. ({self.mend})"
        else:
            if self.is_of(document, result):
                return document
            state = f"{self.file} belongs to another state of this run than its result and is not shown here."
            said = f"{state} {self.mend}."
        cautions.append(Caution(kind="beside-not-shown", text=said))
        return None


def read_evidence(folder: Path, result: Result) -> Evidence:
    """All that a run's folder holds beside its result; never an error, for the result stands without it.

    Args:
        folder: of the run.
        result: what stands there now.
    """
    cautions: list[Caution] = []
    return Evidence(
        probes=_PROBES.found(folder, result, cautions),
        sweep=_SWEEP.found(folder, result, cautions),
        protocols=_PROTOCOLS.found(folder, result, cautions),
        cautions=tuple(cautions),
    )


def probes_are_of(probes: Probes, result: Result) -> bool:
    """Whether probes were run on the trainings of a result: they say which trainings those were."""
    labels = list(probes.objectives)
    return bool(labels) and all(
        (known := probes.trainings.get(label)) is not None and known == training_digest(result, label, probes.seeds)
        for label in labels
    )


def sweep_is_of(sweep: Sweep, result: Result) -> bool:
    """Whether the points that were run in this very folder have the UAR that the result has."""
    own = [
        (point.uar.mean, result.objectives[point.label].uar.mean if point.label in result.objectives else None)
        for point in sweep.points
        if point.run == "." and point.uar is not None
    ]
    alike = sweep.corpus.digest == result.corpus.digest
    return alike and bool(own) and all(there is not None and there == here for there, here in own)


def protocols_are_of(protocols: ProtocolComparison, result: Result) -> bool:
    """Whether what stands there of the recipe's own split is what the result says."""
    own = [
        (
            scores[OWN].mean if OWN in scores else None,
            result.objectives[label].uar.mean if label in result.objectives else None,
        )
        for label, scores in protocols.objectives.items()
    ]
    return bool(own) and all(there is not None and there == here for there, here in own)


_PROBES = _Piece(PROBES, read_probes, probes_are_of, "Run `unheard probe` on this folder again")
_SWEEP: _Piece[Sweep] = _Piece(SWEEP, read_sweep, sweep_is_of, "Give the same `unheard sweep` again")
_PROTOCOLS = _Piece(INFLATION, read_protocols, protocols_are_of, "Give the same `unheard run --also` again")
