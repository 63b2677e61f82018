"""Keep what a table needs of a run: result.json less curves, maps and fold lists, a few KB.

python scripts/keep_result.py runs/ravdess docs/results/tu2019-ravdess.json [--beside]

Where the run was probed, swept or run under other protocols, that is kept beside it, as NAME.probes.json,
NAME.sweep.json and NAME.inflation.json. The folder of a sweep alone gives NAME.sweep.json only, and with --beside a
run gives only what stands beside it. What is kept is a document as any other: `read_result` and the like read it.
"""

import json
import sys
from pathlib import Path
from typing import Any, TypeVar

from unheard.documents import sealed
from unheard.errors import UnheardError
from unheard.files import write_atomically
from unheard.probing.probe_run import PROBES, read_probes
from unheard.results.files import read_result
from unheard.results.protocols import INFLATION, read_protocols
from unheard.schemas.calibration import Calibration, CalibrationScores
from unheard.schemas.objective import ObjectiveResult
from unheard.schemas.probes import ProbeAccuracies, ProbedRepresentation, Probes
from unheard.schemas.record import Record
from unheard.schemas.result import Result
from unheard.schemas.sweep import Sweep
from unheard.sweeps.sweep import SWEEP, read_sweep

Kept = TypeVar("Kept", bound=Record)


def rounded(value: Any) -> Any:
    """Numbers to five decimals, which no claim here goes beyond."""
    if isinstance(value, float):
        return round(value, 5)
    if isinstance(value, dict):
        return {key: rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(item) for item in value]
    return value


def without(record: Kept, **changes: Any) -> Kept:
    """The record with some of its fields emptied."""
    return record.model_copy(update=changes)


def kept_result(result: Result) -> Result:
    """The result without what only the report shows."""
    # Where the corpus and the results lay on one machine is nobody's business.
    lines = [
        line
        for line in result.settings_text.splitlines()
        if not line.startswith(("folder =", "file =", "folds_file ="))
    ]
    return without(
        result,
        command=None,
        corpus=without(result.corpus, duplicates=[]),
        split=without(result.split, folds=[]),
        objectives={label: _kept_objective(own) for label, own in result.objectives.items()},
        comparisons=[without(one, by_speaker=[]) for one in result.comparisons],
        maps={},
        settings_text="\n".join(lines),
    )


def _kept_objective(own: ObjectiveResult) -> ObjectiveResult:
    calibration = None if own.calibration is None else _kept_calibration(own.calibration)
    return without(own, per_fold=[], curves=[], calibration=calibration)


def _kept_calibration(own: Calibration) -> Calibration:
    def kept(scores: CalibrationScores) -> CalibrationScores:
        return without(scores, reliability=[], risk_coverage=None)

    after = None if own.after is None else kept(own.after)
    return without(own, before=kept(own.before), after=after, fold_temperatures=[])


def kept_probes(probes: Probes) -> Probes:
    """Probes less each kind's own figures: of a protocol the best kind and the linear one are shown."""
    references = {name: None if own is None else _kept_figures(own) for name, own in probes.references}
    return without(
        probes,
        command=None,
        source=None,
        objectives={label: _kept_figures(own) for label, own in probes.objectives.items()},
        references=without(probes.references, **references),
    )


def _kept_figures(own: ProbedRepresentation) -> ProbedRepresentation:
    def kept(found: ProbeAccuracies) -> ProbeAccuracies:
        return without(found, probes={kind: figure for kind, figure in found.probes.items() if kind == "linear"})

    leakage = {
        target: {protocol: kept(found) for protocol, found in each.items()} for target, each in own.leakage.items()
    }
    erasure = None if own.erasure is None else without(own.erasure, speaker_after=None)
    return without(own, leakage=leakage, erasure=erasure)


def kept_sweep(sweep: Sweep) -> Sweep:
    """A sweep less what was typed on whose machine."""
    return without(sweep, command=None)


def write(record: Record, target: Path) -> None:
    """Write one document and say how large it is."""
    made = type(record).model_validate(rounded(record.model_dump()))
    text = json.dumps(sealed(made.model_dump()), ensure_ascii=False, separators=(",", ":"))
    write_atomically(text + "\n", target)
    print(f"{target}: {target.stat().st_size / 1024:.1f} KB")


def main() -> None:
    """Read a run, write the kept parts."""
    run, target = Path(sys.argv[1]), Path(sys.argv[2])
    if not (run / SWEEP).exists() and "--beside" not in sys.argv:
        write(kept_result(read_result(run)), target)
    if (run / PROBES).exists():
        write(kept_probes(read_probes(run / PROBES)), target.with_suffix(".probes.json"))
    if (run / SWEEP).exists():
        write(kept_sweep(read_sweep(run)), target.with_suffix(".sweep.json"))
    if (run / INFLATION).exists():
        write(read_protocols(run / INFLATION), target.with_suffix(".inflation.json"))


if __name__ == "__main__":
    try:
        main()
    except UnheardError as problem:
        print(f"error: {problem}", file=sys.stderr)
        sys.exit(2)
