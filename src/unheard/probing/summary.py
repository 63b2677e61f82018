"""From the measures of many folds and seeds to figures: means, intervals, and which rival reads most."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from unheard.leakage.permutation_chance import PermutationScores, average_permutations
from unheard.leakage.probe_kinds import KINDS
from unheard.statistics.jackknife import Measure, summary

__all__ = ["figures_of"]

_SUMS = ("test_items", "targets", "impostors", "items")
_SPANS = {"bits": (0.0, np.inf), "permuted": (0.0, np.inf), "compression": (0.0, np.inf), "distance": (-2.0, 2.0)}
_SPANS |= {"uar_lost": (-1.0, 1.0), "uar_beyond_control": (-1.0, 1.0), "saved": (-np.inf, np.inf)}
_PLAIN = ("chance", "uniform", "uar_chance")
_RIVALS: tuple[tuple[str, ...], ...] = (KINDS, ("cosine", "backend"))


def figures_of(trees: Sequence[Mapping[str, Any]], level: float) -> dict[str, Any]:
    """Many trees of measures as one tree of figures; each leaf over the trees that have it.

    Where rivals stand side by side, `best` is the one that reads most on average (of an EER, the lowest). It was
    chosen by these very figures, so that its interval is wider: with m rivals, of level 1 - (1 - level)/m, by which
    the intervals of all rivals hold at once, whichever of them is chosen (Bonferroni).

    Args:
        trees: one a fold and seed, of Mapping, Measure, Shuffled and counts; not empty.
        level: coverage of the intervals, in (0, 1).

    Returns:
        As docs/reference/probes.md has it for a representation.
    """
    figures: dict[str, Any] = {}
    for key in dict.fromkeys(key for tree in trees for key in tree):
        leaves = [tree[key] for tree in trees if key in tree]
        if isinstance(leaves[0], Mapping):
            figures[key] = figures_of(leaves, level)
        elif isinstance(leaves[0], PermutationScores):
            figures[key] = average_permutations(leaves).chance_levels()
        elif not isinstance(leaves[0], Measure):
            total = sum(leaves) if key in _SUMS else float(np.mean(leaves))
            figures[key] = int(total) if float(total).is_integer() else total
        elif key in _PLAIN:
            figures[key] = float(np.mean([leaf.value for leaf in leaves]))
        else:
            figures[key] = summary(leaves, level=level, span=_SPANS.get(key, (0.0, 1.0)))
    return {**figures, **_best(trees, figures, level)}


def _best(trees: Sequence[Mapping[str, Any]], figures: Mapping[str, Any], level: float) -> dict[str, Any]:
    for rivals in _RIVALS:
        known = {kind: figures[kind] for kind in rivals if kind in figures and np.isfinite(figures[kind]["mean"])}
        if known:
            sign = -1.0 if "cosine" in rivals else 1.0
            kind = max(known, key=lambda each: sign * known[each]["mean"])
            own = [tree[kind] for tree in trees if kind in tree]
            return {"best": {"kind": kind, **summary(own, level=1 - (1 - level) / len(known), span=(0.0, 1.0))}}
    return {}
