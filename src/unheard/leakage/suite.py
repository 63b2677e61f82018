"""Everything that is measured of one representation: one objective (or reference) of one seed and fold.

The result is a tree of measures; `probing` averages the trees of many folds and seeds, leaf by leaf.
"""

from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from unheard.errors import SplitError
from unheard.leakage.a_distance import proxy_a_distance
from unheard.leakage.amnesic_probing import measure_erasure
from unheard.leakage.code_length import online_code_length
from unheard.leakage.permutation_chance import average_permutations
from unheard.leakage.plda import fit_plda
from unheard.leakage.probe_splits import PROTOCOLS, TARGETS, Items, ProbeSplit, draw_probe_splits
from unheard.leakage.representation import ProbeSettings, Representation
from unheard.leakage.verification import cosines, draw_trials, measured_eer
from unheard.statistics.jackknife import Measure, average, combine, leave_each_out

__all__ = ["ProbeSettings", "measure_leakage"]

Real = NDArray[np.float64]
Tree = dict[str, Any]


def measure_leakage(embeddings: NDArray[np.floating], items: Items, settings: ProbeSettings, *, seed: int) -> Tree:
    """All measures of leakage of one representation.

    Args:
        embeddings: shape (items, size), finite.
        items: what is known of them.
        settings: how to probe.
        seed: of every draw.

    Returns:
        A tree with `leakage` (target, protocol, kind), `verification`, `within_emotion`, `code_length`,
        `domain_distance` and `erasure`; its leaves are measures and counts, and what cannot be had is absent.

    Raises:
        SplitError: shapes do not fit, an embedding is not finite, or no item is of part train.
    """
    embeddings = np.asarray(embeddings, dtype=np.float64)
    if embeddings.ndim != 2 or len(embeddings) != len(items):
        raise SplitError(f"embeddings {embeddings.shape} for {len(items)} items. Pass one row an item.")
    if not np.isfinite(embeddings).all():
        raise SplitError("embeddings hold nan or inf. Look for a diverged model.")
    train = items.of("train")
    if not train.size:
        raise SplitError("no item with a speaker is of part train. Probes have nothing to learn from.")
    center, deviation = embeddings[train].mean(axis=0), embeddings[train].std(axis=0)
    scaled = (embeddings - center) / np.where(deviation > 1e-12 * np.abs(deviation).max(), deviation, 1.0)
    representation = Representation(scaled, items, settings, seed)
    parts: dict[str, Callable[[], Tree]] = {
        "leakage": lambda: _closed_set(representation),
        "verification": lambda: _verification(representation, embeddings - center),
        "within_emotion": lambda: _within_emotion(representation),
        "code_length": lambda: _code_length(representation),
        "domain_distance": lambda: _domain_distance(representation),
        "erasure": lambda: measure_erasure(representation),
    }
    tree = {name: part() for name, part in parts.items()}
    return {"size": embeddings.shape[1], "items": len(items), **{name: own for name, own in tree.items() if own}}


def _closed_set(representation: Representation) -> Tree:
    tree: Tree = {}
    for target in TARGETS:
        for protocol in PROTOCOLS:
            splits = draw_probe_splits(representation.items, target, protocol, seed=representation.seed)
            if splits:
                tree.setdefault(target, {})[protocol] = representation.score_probes(
                    representation.settings.kinds, target, splits
                )
    return tree


def _verification(representation: Representation, centered: Real) -> Tree:
    """EER on unseen speakers; where there are none, on each half of the speakers with the other to learn from."""
    items, unseen = representation.items, representation.items.of("unseen")
    speakers = items.column("speaker")
    if unseen.size:
        return _verify(representation, centered, items.of("train"), unseen)
    names = np.random.default_rng(representation.seed).permutation(np.unique(speakers[items.of("train")]))
    half = np.isin(speakers, names[::2])
    whole = np.flatnonzero(speakers != "")
    sides = [
        _verify(representation, centered, whole[half[whole] == side], whole[half[whole] != side])
        for side in (True, False)
    ]
    tree: Tree = {}
    for trials in sides[0].keys() & sides[1].keys():
        tree[trials] = {
            key: one + sides[1][trials][key] if isinstance(one, int) else average([one, sides[1][trials][key]])
            for key, one in sides[0][trials].items()
        }
    return tree


def _verify(
    representation: Representation, centered: Real, known: NDArray[np.int64], tested: NDArray[np.int64]
) -> Tree:
    speakers = representation.items.column("speaker")
    own, sentences = speakers[tested], representation.items.column("sentence")[tested]
    plda = fit_plda(representation.embeddings[known], speakers[known])
    tree: Tree = {}
    for name, apart in (("utterances", None), ("sentences", sentences)):
        trials = draw_trials(own, limit=representation.settings.trials, seed=representation.seed, apart=apart)
        targets = int(np.count_nonzero(trials.same))
        if not 0 < targets < trials.same.size or (apart is not None and np.unique(apart).size < 2):
            continue
        similarity = cosines(centered[tested], centered[known].mean(axis=0), trials)
        # Where nothing tells the known speakers apart, PLDA finds all pairs alike.
        learnt = np.zeros(trials.same.size)
        if plda is not None:
            learnt = plda.scores(representation.embeddings[tested], trials.left, trials.right)
        tree[name] = {
            "cosine": measured_eer(trials, similarity, own),
            "backend": measured_eer(trials, learnt, own),
            "targets": targets,
            "impostors": trials.same.size - targets,
        }
    return tree


def _within_emotion(representation: Representation) -> Tree:
    """Probes for the speaker among the items of one emotion, averaged over the emotions."""
    emotions = representation.items.column("emotion")
    found: dict[str, list[Any]] = {}
    counted = 0
    for emotion in np.unique(emotions[emotions != ""]):
        splits = []
        for one in draw_probe_splits(representation.items, "speaker", "utterances", seed=representation.seed):
            train, test = (part[emotions[part] == emotion] for part in (one.train, one.test))
            speakers = representation.items.column("speaker")
            test = test[np.isin(speakers[test], speakers[train])]
            if test.size and np.unique(speakers[train]).size > 1:
                splits.append(ProbeSplit(train, test))
        if splits:
            counted += 1
            for key, one in representation.score_probes(representation.settings.kinds, "speaker", splits).items():
                found.setdefault(key, []).append(one)
    if not counted:
        return {}
    means: dict[str, Callable[[list[Any]], Any]] = {"test_items": sum, "shuffled": average_permutations}
    tree: Tree = {key: means.get(key, average)(own) for key, own in found.items()}
    return {**tree, "emotions": counted}


def _code_length(representation: Representation) -> Tree:
    """Bits an item to send the speakers of train and withheld items, by speaker, and permuted."""
    speakers = representation.items.column("speaker")
    known = np.concatenate([representation.items.of("train"), representation.items.of("withheld")])
    if np.unique(speakers[known]).size < 2:
        return {}
    own = speakers[known]
    tree: Tree = {}
    for name, permuted in (("bits", False), ("permuted", True)):
        code = online_code_length(representation.embeddings[known], own, seed=representation.seed, permuted=permuted)
        tree[name] = leave_each_out(lambda kept, bits=code.bits: float(bits[kept].mean()), own)  # type: ignore[misc]
    tree["saved"] = combine(lambda bits, nothing: nothing - bits, tree["bits"], tree["permuted"])
    tree["uniform"] = Measure(code.uniform)
    tree["compression"] = combine(lambda bits, uniform: uniform / bits, tree["bits"], tree["uniform"])
    return tree


def _domain_distance(representation: Representation) -> Tree:
    """Proxy A-distance of each pair of values of gender, language and corpus, on other speakers."""
    tree: Tree = {}
    for target in ("gender", "language", "corpus"):
        values = representation.items.column(target)
        for pair in combinations(np.unique(values[values != ""]), 2):
            only = Items(
                {**representation.items.columns, target: np.where(np.isin(values, pair), values, "")},
                representation.items.part,
            )
            splits = draw_probe_splits(only, target, "utterances", seed=representation.seed)
            if splits:
                score_probe = Representation(
                    representation.embeddings, only, representation.settings, representation.seed
                ).score_probe("linear", target, splits)
                tree[f"{target}: {pair[0]} and {pair[1]}"] = {"distance": proxy_a_distance(score_probe)}
    return tree
