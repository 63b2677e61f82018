"""Comparison of finished runs, from their predictions.csv: same data, folds and seeds, or no comparison."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from unheard.errors import RunError
from unheard.results.files import read_predictions, read_result
from unheard.schemas.comparison import Comparison, PowerOfComparison, PowerToShow, SpeakerDifference
from unheard.schemas.result import Result
from unheard.statistics.significance import Pair, Power, compare_pairs, confusions_by_speaker, speaker_differences

__all__ = ["METRICS", "Metric", "System", "compare_confusions", "compare_systems", "compared", "read_systems"]

Metric = Literal["uar", "wa"]
METRICS: tuple[Metric, ...] = get_args(Metric)
"""What systems can be compared by: the figures that are means over clips, so that a speaker's share is known."""


@dataclass(frozen=True)
class System:
    """One objective of one run.

    Args:
        name: what to call it.
        digest: of the data.
        splits: seed -> digest of the split plan.
        items: (seed, file, truth) in sorted order.
        speakers: in the order of the confusions.
        confusions: shape (seeds, speakers, classes, classes); classes in alphabetical order.
    """

    name: str
    digest: str
    splits: dict[str, str]
    items: tuple[tuple[str, str, str], ...]
    speakers: tuple[str, ...]
    confusions: NDArray[np.int64]


def read_systems(
    run: Path, *, objective: str | None = None, prefix: str = "", seeds: Sequence[int] | None = None
) -> list[System]:
    """The objectives of a run, or one of them.

    Args:
        run: folder of a finished run.
        objective: its label; None for all.
        prefix: put before the labels.
        seeds: those to read; None for all.

    Raises:
        RunError: the run is incomplete, or has no such objective or seed.
    """
    result = read_result(run)
    rows = read_predictions(run)
    labels = list(result.objectives)
    if objective is not None and objective not in labels:
        raise RunError(f"{run} has no objective '{objective}'. It has: {', '.join(labels)}.")
    splits = dict(result.split.digest)
    if seeds is not None:
        missing = [str(seed) for seed in seeds if str(seed) not in splits]
        if missing:
            raise RunError(f"{run} has no seed {', '.join(missing)}. It has: {', '.join(splits)}.")
        splits = {str(seed): splits[str(seed)] for seed in seeds}
    systems = []
    for label in [objective] if objective else labels:
        own = [row for row in rows if row["objective"] == label and row["seed"] in splits]
        systems.append(_system(run, f"{prefix}{label}", result, own, splits))
    return systems


def _system(run: Path, name: str, result: Result, rows: list[dict[str, str]], splits: dict[str, str]) -> System:
    # Two recipes may list the same emotions in another order.
    classes = sorted(result.classes)
    number = {label: position for position, label in enumerate(classes)}
    try:
        rows = sorted(rows, key=lambda row: (row["seed"], row["file"]))
        truth = np.array([number[row["truth"]] for row in rows])
        prediction = np.array([number[row["prediction"]] for row in rows])
        speakers = np.array([row["speaker"] for row in rows])
        seeds = np.array([row["seed"] for row in rows])
        items = tuple((row["seed"], row["file"], row["truth"]) for row in rows)
    except KeyError as problem:
        what = f"an emotion {problem} of {name} that the result does not know"
        raise RunError(f"{run / 'predictions.csv'}: {what}. Run it again with `unheard run`.") from problem
    if not rows or len({item[:2] for item in items}) < len(items):
        what = f"a file of {name} stands twice" if rows else f"there is no line of {name}"
        raise RunError(f"{run / 'predictions.csv'}: {what}. Run it again with `unheard run`.")
    try:
        confusions = confusions_by_speaker(truth, prediction, speakers, classes=len(classes), seeds=seeds)
    except RunError as problem:
        raise RunError(f"{run / 'predictions.csv'}: {problem}") from problem
    names = tuple(str(speaker) for speaker in np.unique(speakers))
    return System(name, result.corpus.digest, splits, items, names, confusions)


def _check_alike(systems: Sequence[System]) -> None:
    first = systems[0]
    for other in systems[1:]:
        both = f"{first.name} and {other.name}"
        if other.digest != first.digest:
            raise RunError(f"{both} did not see the same data. Run both on one corpus.")
        common = [seed for seed in first.splits if seed in other.splits]
        differing = [seed for seed in common if first.splits[seed] != other.splits[seed]]
        if differing or not common:
            what = f"other folds for seed {', '.join(differing)}" if differing else "no seed in common"
            raise RunError(f"{both} have other folds or seeds ({what}). Give both the same [split] and seeds.")
        if set(first.splits) != set(other.splits):
            each = f"{', '.join(first.splits)} and {', '.join(other.splits)}"
            raise RunError(
                f"{both} have other folds or seeds ({each}; the folds of those that both have are the same). "
                f"Pass --seeds {','.join(common)}, or run the missing ones."
            )
        if other.items != first.items:
            raise RunError(
                f"{both} did not judge the same clips with the same labels. Finish all folds of both first."
            )


def compare_systems(systems: Sequence[System], *, level: float = 0.95) -> list[Pair]:
    """Every pair, later against earlier, paired over speakers on the same folds and seeds.

    Raises:
        RunError: fewer than two systems, or they differ in data, folds or seeds.
    """
    return compare_pairs(_confusions(systems), level=level)


def compared(systems: Sequence[System], *, metric: Metric = "uar", planned: float = 0.02) -> list[Comparison]:
    """The same as records, as `comparisons` in docs/reference/result.md.

    Args:
        systems: two or more.
        metric: one of METRICS.
        planned: the difference that a next experiment should be able to show.

    Raises:
        RunError: as for `compare_systems`, or the metric is not one of them.
    """
    if metric not in METRICS:
        raise RunError(f"systems cannot be compared by '{metric}'. Choose one of {', '.join(METRICS)}.")
    confusions = _confusions(systems)
    if metric == "wa":
        confusions = {name: _right_or_wrong(own) for name, own in confusions.items()}
    return compare_confusions(confusions, systems[0].speakers, metric=metric, planned=planned)


def _confusions(systems: Sequence[System]) -> dict[str, NDArray[np.int64]]:
    """Name -> confusions of systems that may be compared.

    Raises:
        RunError: they may not, or two have one name.
    """
    if len(systems) < 2:
        raise RunError("one system cannot be compared. Name two runs, or a run with several objectives.")
    names = [system.name for system in systems]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise RunError(f"two systems are called {', '.join(twice)}. Name each once; give their folders other names.")
    _check_alike(systems)
    return {system.name: system.confusions for system in systems}


def _right_or_wrong(confusions: NDArray[np.int64]) -> NDArray[np.int64]:
    """All classes as one, which is right or wrong: the UAR of that is the WA."""
    right = np.trace(confusions, axis1=-2, axis2=-1)
    merged = np.zeros((*right.shape, 2, 2), np.int64)
    merged[..., 0, 0], merged[..., 0, 1] = right, confusions.sum(axis=(-2, -1)) - right
    return merged


def compare_confusions(
    systems: Mapping[str, NDArray[np.int64]],
    speakers: Sequence[str],
    *,
    metric: Metric = "uar",
    planned: float = 0.02,
) -> list[Comparison]:
    """The `comparisons` of a result: every pair, later against earlier.

    Args:
        systems: name -> confusions, shape (seeds, speakers, classes, classes), on the same clips.
        speakers: the speakers' names, in the order of the confusions.
        metric: what the confusions are made to give.
        planned: the difference that `power` plans for, beside the one observed.
    """
    found = []
    for pair in compare_pairs(systems, planned=planned):
        own = speaker_differences(systems[pair.first], systems[pair.second])
        by_speaker = [
            SpeakerDifference(speaker=name, difference=float(gap)) for name, gap in zip(speakers, own, strict=True)
        ]
        found.append(_comparison(pair, metric, by_speaker))
    return found


def _comparison(pair: Pair, metric: Metric, by_speaker: list[SpeakerDifference]) -> Comparison:
    one = pair.paired
    return Comparison(
        a=pair.first,
        b=pair.second,
        metric=metric,
        difference=one.difference,
        interval=(one.low, one.high),
        bootstrap=one.bootstrap,
        p=one.p_value,
        p_holm=pair.p_holm,
        speakers=one.speakers,
        seeds=one.seeds,
        wins=one.wins,
        losses=one.losses,
        ties=one.ties,
        shown=bool(one.shown),
        sentence=one.sentence,
        by_speaker=by_speaker,
        power=PowerOfComparison(observed=_power(pair.power[0]), planned=_power(pair.power[1])),
    )


def _power(found: Power | None) -> PowerToShow | None:
    if found is None:
        return None
    return PowerToShow(
        difference=found.difference,
        power=found.power,
        speakers=found.speakers,
        seeds=found.seeds,
        sentence=found.sentence,
    )
