"""The parts of a fold in memory, and what of a training part is withheld for probes."""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from unheard.data.folds.plan import Fold
from unheard.errors import RunError
from unheard.experiment.adaptive_protocol import voice_reader
from unheard.experiment.preparation import Prepared
from unheard.features.cache import read_entry
from unheard.records import UNLABELED, Features
from unheard.seeds import named_seed
from unheard.training.dataset import Dataset

__all__ = ["ENOUGH", "part_of", "withhold"]

ENOUGH = 3
"""Utterances of a training speaker from which one is withheld."""


def _frames(prepared: Prepared, augmented: bool, name: str) -> list[Features]:
    """The variants of an utterance, or the unperturbed one alone: copies that nobody hears are not read."""
    variants = []
    for key in prepared.keys[name][: None if augmented else 1]:
        entry = read_entry(prepared.cache, key)
        if entry is None:
            raise RunError(
                f"the feature cache lost the entry of {name}. Run the same command again: it will be computed anew."
            )
        variants.append(entry)
    return variants


def part_of(prepared: Prepared, names: Sequence[str], speakers: Sequence[str], *, augmented: bool = False) -> Dataset:
    """One part of a fold in memory.

    Args:
        prepared: the corpus.
        names: utterances of the part.
        speakers: the training speakers, whose order numbers the classes; others are UNLABELED.
        augmented: whether to load the perturbed copies too.
    """
    emotions = {name: number for number, name in enumerate(prepared.classes)}
    numbers = {name: number for number, name in enumerate(speakers)}
    items = [prepared.utterances[name] for name in names]
    genders = {"f": 0, "m": 1}
    columns = {
        "emotion": [emotions[str(item.emotion)] for item in items],
        "speaker": [numbers.get(prepared.voices[name], UNLABELED) for name in names],
        "gender": [genders.get(str(item.gender), UNLABELED) for item in items],
    }
    read: Callable[[str], Sequence[Features]] = functools.partial(_frames, prepared, augmented)
    if prepared.recipe.adaptation == "speaker":
        read = voice_reader(read, prepared.voices)
    return Dataset(
        tuple(names),
        [read(name) for name in names],
        {key: np.array(values, dtype=np.int64) for key, values in columns.items()},
        prepared.recipe.hop,
        prepared.recipe.bands,
    )


def withhold(prepared: Prepared, fold: Fold, seed: int, share: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split a fold's training part: (what the encoder and the probes train on, what only probes are tested on).

    Each speaker gives the same share, at least one utterance if there are three and never all of them; drawn by the
    seed and the fold.
    """
    generator = np.random.default_rng(named_seed(seed, "withheld", fold.name))
    by_speaker: dict[str, list[str]] = {}
    for name in sorted(fold.train):
        by_speaker.setdefault(prepared.voices[name], []).append(name)
    held: set[str] = set()
    for names in by_speaker.values():
        count = min(max(1, round(share * len(names))), len(names) - 1) if len(names) >= ENOUGH else 0
        held.update(names[i] for i in generator.permutation(len(names))[:count])
    return tuple(name for name in fold.train if name not in held), tuple(name for name in fold.train if name in held)
