"""From the measures of many folds and seeds to figures: means, intervals, and which probe reads most."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from unheard.leakage.permutation_chance import average_permutations
from unheard.leakage.probe_kinds import KINDS
from unheard.leakage.probe_splits import PROTOCOLS, TARGETS
from unheard.schemas.probes import (
    BestFigure,
    BestVerification,
    CodeLength,
    Erasure,
    Figure,
    PermutationChance,
    ProbeAccuracies,
    ProbedRepresentation,
    Verification,
    WithinEmotion,
)
from unheard.statistics.jackknife import summary

__all__ = ["figures_of"]

Tree = Mapping[str, Any]
_SPANS = {
    "bits": (0.0, np.inf),
    "permuted": (0.0, np.inf),
    "compression": (0.0, np.inf),
    "saved": (-np.inf, np.inf),
    "distance": (-2.0, 2.0),
    "uar_lost": (-1.0, 1.0),
    "uar_beyond_control": (-1.0, 1.0),
}
"""Range of the measures that are no shares."""
_SCORINGS: tuple[Literal["cosine", "backend"], ...] = ("cosine", "backend")


def figures_of(trees: Sequence[Tree], level: float) -> ProbedRepresentation:
    """The figures of one representation, each over the trees that have it.

    Where several probes stand side by side, `best` is the one that reads most on average (of an EER, the lowest). It
    was chosen by these very figures, so that its interval is wider: with m of them, of level 1 - (1 - level)/m, by
    which the intervals of all hold at once, whichever is chosen (Bonferroni).

    Args:
        trees: one a fold and seed, as `measure_all` gives them; not empty.
        level: coverage of the intervals, in (0, 1).
    """
    leakage, verification = _under(trees, "leakage"), _under(trees, "verification")
    distances = _under(trees, "domain_distance")
    pairs = dict.fromkeys(pair for tree in distances for pair in tree)
    return ProbedRepresentation(
        size=round(_average(trees, "size")),
        items=_total(trees, "items"),
        leakage={
            target: {
                protocol: _accuracies(own, level)
                for protocol in PROTOCOLS
                if (own := _under(_under(leakage, target), protocol))
            }
            for target in TARGETS
            if _under(leakage, target)
        },
        verification={
            protocol: _verification(own, level) for protocol in PROTOCOLS if (own := _under(verification, protocol))
        },
        within_emotion=_within_emotion(own, level) if (own := _under(trees, "within_emotion")) else None,
        code_length=_code_length(own, level) if (own := _under(trees, "code_length")) else None,
        domain_distance={pair: _figure(_under(distances, pair), "distance", level) for pair in pairs},
        erasure=_erasure(own, level) if (own := _under(trees, "erasure")) else None,
    )


def _under(trees: Sequence[Tree], key: str) -> list[Any]:
    """What lies under a key, of the trees that have it."""
    return [tree[key] for tree in trees if key in tree]


def _figure(trees: Sequence[Tree], key: str, level: float) -> Figure:
    return summary(_under(trees, key), level=level, span=_SPANS.get(key, (0.0, 1.0)))


def _total(trees: Sequence[Tree], key: str) -> int:
    return int(sum(_under(trees, key)))


def _average(trees: Sequence[Tree], key: str) -> float:
    return float(np.mean(_under(trees, key)))


def _stated(trees: Sequence[Tree], key: str) -> float:
    """The mean of what was not measured but follows from the labels."""
    return float(np.mean([leaf.value for leaf in _under(trees, key)]))


def _accuracies(trees: Sequence[Tree], level: float) -> ProbeAccuracies:
    figures = {kind: _figure(trees, kind, level) for kind in KINDS if _under(trees, kind)}
    known = {kind: own.mean for kind, own in figures.items() if own.mean is not None}
    best = None
    if known:
        kind = max(known, key=lambda each: known[each])
        best = BestFigure(kind=kind, **_among(trees, kind, len(known), level))
    chances = average_permutations(_under(trees, "shuffled")).chance_levels()
    return ProbeAccuracies(
        probes=figures,
        best=best,
        chance=_stated(trees, "chance"),
        permutation_chance=PermutationChance(
            probes={kind: chances[kind] for kind in KINDS if kind in chances}, best=chances["best"]
        ),
        test_items=_total(trees, "test_items"),
    )


def _among(trees: Sequence[Tree], chosen: str, rivals: int, level: float) -> dict[str, Any]:
    """The figure of one of several that was chosen by its mean, as values of a record."""
    return dict(summary(_under(trees, chosen), level=1 - (1 - level) / rivals, span=(0.0, 1.0)))


def _verification(trees: Sequence[Tree], level: float) -> Verification:
    cosine, backend = (_figure(trees, scoring, level) for scoring in _SCORINGS)
    known = {
        scoring: own.mean for scoring, own in zip(_SCORINGS, (cosine, backend), strict=True) if own.mean is not None
    }
    best = None
    if known:
        kind = min(known, key=lambda each: known[each])
        best = BestVerification(kind=kind, **_among(trees, kind, len(known), level))
    return Verification(
        cosine=cosine,
        backend=backend,
        best=best,
        targets=_total(trees, "targets"),
        impostors=_total(trees, "impostors"),
    )


def _within_emotion(trees: Sequence[Tree], level: float) -> WithinEmotion:
    return WithinEmotion(**dict(_accuracies(trees, level)), emotions=_average(trees, "emotions"))


def _code_length(trees: Sequence[Tree], level: float) -> CodeLength:
    return CodeLength(
        bits=_figure(trees, "bits", level),
        permuted=_figure(trees, "permuted", level),
        saved=_figure(trees, "saved", level),
        compression=_figure(trees, "compression", level),
        uniform=_stated(trees, "uniform"),
    )


def _erasure(trees: Sequence[Tree], level: float) -> Erasure:
    def measured(key: str) -> Figure | None:
        return _figure(trees, key, level) if _under(trees, key) else None

    after = _under(trees, "speaker_after")
    return Erasure(
        rank=_average(trees, "rank"),
        whole_rank=_average(trees, "whole_rank"),
        span=_average(trees, "span"),
        of_size=_average(trees, "of_size"),
        uar_before=measured("uar_before"),
        uar_after=measured("uar_after"),
        uar_control=measured("uar_control"),
        uar_lost=measured("uar_lost"),
        uar_beyond_control=measured("uar_beyond_control"),
        uar_chance=_stated(trees, "uar_chance") if _under(trees, "uar_chance") else None,
        speaker_after=_accuracies(after, level) if after else None,
    )
