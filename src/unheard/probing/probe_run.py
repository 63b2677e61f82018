"""`unheard probe`: the whole leakage suite on every fold of a run, or on a table, and its figures with intervals.

The result is documented in docs/reference/probes.md.
"""

import importlib.metadata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from unheard.errors import RunError
from unheard.experiment.preparation import default_cache
from unheard.leakage.probe_splits import Items
from unheard.leakage.suite import ProbeSettings, measure_leakage
from unheard.probing.sources import Probing, Run, embed_reference, emotion_code, probings_of, reference_data
from unheard.probing.summary import figures_of
from unheard.probing.verdicts import sentences
from unheard.processes import side_by_side
from unheard.results.files import read_record, write_record
from unheard.results.provenance import training_digest
from unheard.schemas.probes import ProbedReferences, ProbedRepresentation, Probes, ProbesSettings

__all__ = ["PROBES", "measure_probings", "probe_run", "probe_tables", "read_probes", "write_probes"]

PROBES = "probes.json"
"""Where a run keeps them."""

Progress = Callable[[int, int], None]


def _measure(probing: Probing, settings: ProbeSettings) -> dict[str, Any]:
    # One thread: they run side by side, and no number may hang on how many do.
    with threadpool_limits(limits=1):
        return measure_leakage(probing.embed(), probing.items, settings, seed=probing.seed)


def measure_probings(
    work: Sequence[Probing], settings: ProbeSettings, *, jobs: int = 1, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """The tree of measures of each, in their order; how many run at once changes no number.

    Args:
        work: what to probe.
        settings: how.
        jobs: processes.
        progress: called with (done, total).
    """
    trees = []
    for done, tree in enumerate(
        side_by_side(_measure, ((probing, settings) for probing in work), jobs=jobs), start=1
    ):
        trees.append(tree)
        if progress is not None:
            progress(done, len(work))
    return trees


def _result(
    work: Sequence[Probing], trees: Sequence[Mapping[str, Any]], settings: ProbeSettings, about: Mapping[str, Any]
) -> Probes:
    sides: dict[str, dict[str, ProbedRepresentation]] = {"objectives": {}, "references": {}}
    for probing in work:
        side = sides["references" if probing.reference else "objectives"]
        if probing.label not in side:
            own = [tree for other, tree in zip(work, trees, strict=True) if other.label == probing.label]
            side[probing.label] = figures_of(own, settings.level)
    found = Probes(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        unheard=importlib.metadata.version("unheard"),
        **about,
        settings=ProbesSettings(
            kinds=list(settings.kinds), trials=settings.trials, erased=settings.erased, level=settings.level
        ),
        objectives=sides["objectives"],
        references=ProbedReferences(**sides["references"]),
        sentences=[],
    )
    return found.model_copy(update={"sentences": sentences(found)})


def probe_run(  # noqa: PLR0913 (the edge where a run meets the disk)
    run: Run,
    settings: ProbeSettings,
    *,
    labels: Sequence[str] = (),
    seeds: Sequence[int] | None = None,
    jobs: int = 1,
    cache: Path | None = None,
    progress: Callable[[str], Progress] | None = None,
) -> Probes:
    """Probe the objectives of a finished run, fold by fold, beside their references.

    Args:
        run: from `open_run`.
        settings: how to probe.
        labels: objectives; none for all.
        seeds: seeds; None for the first one. References are those of the first of them.
        jobs: processes.
        cache: of features, for the references; None for the user's.
        progress: from the title of a step to what is called with (done, total).

    Raises:
        RunError: an objective or seed is not in the run, or a job is incomplete.
    """
    every = list(run.result.objectives)
    chosen, numbers = list(labels) or every, list(seeds) if seeds is not None else run.result.seeds[:1]
    for asked, known, what in ((chosen, every, "objective"), (numbers, run.result.seeds, "seed")):
        strange = [one for one in asked if one not in known]
        if strange:
            raise RunError(f"{run.folder} has no {what} '{strange[0]}'. It has: {', '.join(map(str, known))}.")
    found = probings_of(run, chosen, numbers)
    step = progress or (lambda _: lambda _done, _total: None)
    data, note = reference_data(run, cache or default_cache(), jobs=jobs, progress=step("features"))
    first = [one for one in found if one[0].label == chosen[0] and one[2] == numbers[0]]
    work = [one[0] for one in found]
    for probing, groups, seed, _ in first:
        if data is not None:
            work += [embed_reference(kind, data, probing, groups, seed) for kind in ("raw_features", "untrained")]
        work.append(_floor(probing))
    trees = measure_probings(work, settings, jobs=jobs, progress=step("probes"))
    zero = _weight_zero(run, every)
    about = {
        "kind": "run",
        "name": run.result.name,
        "source": str(run.folder),
        "seeds": numbers,
        "folds": sorted({one[3] for one in found}),
        "trainings": {label: training_digest(run.result, label, numbers) for label in chosen},
        "unseen": True,
        "weight_zero": zero,
        "notes": [*run.notes, *([note] if note else []), *_notes_on_zero(zero, chosen)],
    }
    return _result(work, trees, settings, about)


def _floor(probing: Probing) -> Probing:
    return replace(
        probing,
        label="emotion_code",
        reference=True,
        embed=_Constant(emotion_code(probing.items)),
        name=f"floor of {probing.name}",
    )


class _Constant:
    """Embeddings that are there already."""

    def __init__(self, embeddings: np.ndarray) -> None:
        self.embeddings = embeddings

    def __call__(self) -> np.ndarray:
        return self.embeddings


def _weight_zero(run: Run, labels: Sequence[str]) -> str | None:
    """The objective that does without an adversary: weight 0, or plain training."""
    for label in labels:
        own = run.result.objectives[label]
        if own.settings.get("weight") == 0 or own.name == "plain":
            return label
    return None


def _notes_on_zero(zero: str | None, chosen: Sequence[str]) -> list[str]:
    if zero is None:
        return ["weight 0 is missing: no objective of this run does without an adversary."]
    if zero not in chosen:
        return [f"weight 0 is missing: '{zero}' was not probed. Add --objective {zero}, or leave --objective out."]
    return []


def probe_tables(  # noqa: PLR0913 (the edge where a table comes in)
    tables: Mapping[str, tuple[np.ndarray, Any]],
    settings: ProbeSettings,
    *,
    source: str,
    seed: int = 0,
    jobs: int = 1,
    progress: Callable[[str], Progress] | None = None,
) -> Probes:
    """Probe embeddings that come from anywhere.

    Args:
        tables: label -> (embeddings, Items); the labels raw_features, untrained and weight_zero are references.
        settings: how to probe.
        source: where they come from, for the result.
        seed: of all draws.
        jobs: processes.
        progress: as in `probe_run`.
    """
    work = [
        Probing(label, label in ("raw_features", "untrained"), items, _Constant(embeddings), seed, label)
        for label, (embeddings, items) in tables.items()
    ]
    items = work[0].items
    if (items.column("emotion") != "").any():
        work.append(_floor(work[0]))
    step = progress or (lambda _: lambda _done, _total: None)
    trees = measure_probings(work, settings, jobs=jobs, progress=step("probes"))
    about = {
        "kind": "table",
        "name": Path(source).stem,
        "source": source,
        "seeds": [seed],
        "folds": [],
        "trainings": {},
        "unseen": bool(items.of("unseen").size),
        "weight_zero": "weight_zero" if "weight_zero" in tables else None,
        "notes": _notes_on_table(tables, items),
    }
    return _result(work, trees, settings, about)


def _notes_on_table(tables: Mapping[str, tuple[np.ndarray, Any]], items: Items) -> list[str]:
    """What a table lacks, and what in it would deceive."""
    notes = []
    if not (items.column("emotion") != "").any():
        notes.append("no item has an emotion: the floor, leakage within emotions and UAR after erasure are missing.")
    missing = [name.replace("_", " ") for name in ("raw_features", "untrained", "weight_zero") if name not in tables]
    if missing:
        notes.append(f"the table holds no {', '.join(missing)}: figures do not stand beside them.")
    if not items.of("unseen").size:
        notes.append(
            "the table names no test speakers (column part): whether the encoder has learnt from a voice "
            "is not known, and voices are new to the probes only."
        )
    if not (items.column("sentence") != "").any():
        notes.append("no item has a sentence: what probes read may be what is said.")
    embeddings = next(iter(tables.values()))[0]
    copies = len(embeddings) - len({row.tobytes() for row in np.ascontiguousarray(embeddings)})
    if copies:
        notes.append(f"{copies} embeddings are copies of others: a probe that has met one names its copy.")
    return notes


def write_probes(probes: Probes, file: Path) -> None:
    """Write what was found as JSON, aside and renamed."""
    write_record(probes, file)


def read_probes(file: Path) -> Probes:
    """A probes.json.

    Raises:
        RunError: it is missing, damaged, or of another schema.
    """
    return read_record(
        file,
        Probes,
        what="probes",
        origin="Probe the run again with `unheard probe`.",
        again="Probe the run again with this version.",
    )
