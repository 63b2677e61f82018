"""The parts of a fold in memory, and what of a training part is withheld for probes."""

import functools
from collections.abc import Callable, Sequence

import numpy as np

from unheard.data.folds.fold import identity
from unheard.data.folds.plan import Fold
from unheard.data.vocabulary import Vocabulary
from unheard.experiment.adaptive_protocol import Reader, reader_by_speaker
from unheard.experiment.job import REFERENCES, Job
from unheard.experiment.job_data import JobData
from unheard.experiment.job_leakage import Views
from unheard.experiment.job_result import Groups
from unheard.records import Utterance
from unheard.seeds import named_seed
from unheard.training.dataset import Dataset
from unheard.training.scarcity import keep_labels

__all__ = ["ENOUGH", "IN_MEMORY", "FoldParts", "kept_labels", "part_of", "withhold"]

ENOUGH = 3
"""Utterances of a training speaker from which one is withheld."""
IN_MEMORY = 1 << 30
"""Bytes of features on disk up to which a part of a fold is held in memory; else each item is read when it is due."""


def part_of(data: JobData, names: Sequence[str], vocabulary: Vocabulary, *, augmented: bool = False) -> Dataset:
    """One part of a fold; features beyond IN_MEMORY bytes stay on disk until they are read.

    Args:
        data: what the job reads.
        names: utterances of the part.
        vocabulary: of the training part; what that has not is UNLABELED.
        augmented: whether to load the perturbed copies too.
    """
    items = [data.utterances[name] for name in names]
    emotions = Vocabulary({"emotion": data.classes}).numbers("emotion", (item.emotion for item in items))
    stored = data.size_of(names, augmented=augmented) > IN_MEMORY
    read: Reader = functools.partial(data.features, augmented=augmented, stored=stored)
    if data.recipe.adaptation == "speaker":
        read = reader_by_speaker(read, data.speakers)
    dialogues, turns = _turns_of(items)
    return Dataset(
        tuple(names),
        [read(name) for name in names],
        {"emotion": emotions, **vocabulary.columns(items)},
        data.recipe.hop,
        data.recipe.bands,
        dialogues=dialogues,
        turns=turns,
        numbers={
            name: np.array([getattr(item, name) for item in items], dtype=np.float32)  # None becomes nan
            for name, target in data.recipe.targets.items()
            if target.kind == "numbers"
        },
    )


def _turns_of(items: Sequence[Utterance]) -> tuple[np.ndarray, np.ndarray] | tuple[None, None]:
    """(dialogue, place in it) of some utterances, shape (items,) each; None where a dialogue's order is not known."""
    named = [identity(item, "dialogue") for item in items]
    known = [name for name in named if name is not None]
    if not known or any(name is not None and item.turn is None for name, item in zip(named, items, strict=True)):
        return None, None
    numbers = {name: number for number, name in enumerate(sorted(set(known)))}
    alone = len(numbers) + np.arange(len(items))
    dialogues = [own if name is None else numbers[name] for name, own in zip(named, alone, strict=True)]
    return np.array(dialogues, dtype=np.int64), np.array([item.turn or 0 for item in items], dtype=np.int64)


def withhold(data: JobData, fold: Fold, seed: int, share: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Split a fold's training part: (what the encoder and the probes train on, what only probes are tested on).

    Each speaker gives the same share, at least one utterance if there are three and never all of them; drawn by the
    seed and the fold.
    """
    generator = np.random.default_rng(named_seed(seed, "withheld", fold.name))
    by_speaker: dict[str, list[str]] = {}
    for name in sorted(fold.train):
        by_speaker.setdefault(data.speakers[name], []).append(name)
    held: set[str] = set()
    for names in by_speaker.values():
        count = min(max(1, round(share * len(names))), len(names) - 1) if len(names) >= ENOUGH else 0
        held.update(names[i] for i in generator.permutation(len(names))[:count])
    return tuple(name for name in fold.train if name not in held), tuple(name for name in fold.train if name in held)


def kept_labels(data: JobData, job: Job, train: Dataset) -> Dataset:
    """The training part with as many emotion labels as the recipe leaves it."""
    return keep_labels(train, data.recipe.training.labeled, seed=named_seed(job.seed, "labels", job.fold.name))


class FoldParts:
    """The four groups of utterances of a fold: train, withheld, dev, test.

    Args:
        data: what the job reads.
        job: which objective and seed.
        fold: the job's own, or the one in which dev speakers are trained on, too.
    """

    def __init__(self, data: JobData, job: Job, fold: Fold) -> None:
        recipe = data.recipe
        self.vocabulary = Vocabulary.fit(data.utterances[name] for name in fold.train)
        train, withheld = fold.train, ()
        if recipe.leakage.measure:
            train, withheld = withhold(data, fold, job.seed, recipe.leakage.withheld)  # type: ignore[assignment]
        augmented = job.label != REFERENCES
        whole = part_of(data, train, self.vocabulary, augmented=augmented)
        # The floor of a perfect emotion code is of all labels.
        self.train = kept_labels(data, job, whole) if augmented else whole
        self.withheld = part_of(data, withheld, self.vocabulary)
        self.dev = part_of(data, fold.dev, self.vocabulary)
        self.test = part_of(data, fold.test, self.vocabulary)
        unseen = [*fold.dev, *fold.test]
        self.unseen_speakers = np.array([data.speakers[name] for name in unseen])

    @property
    def groups(self) -> Groups:
        """Whose embeddings `views` gives."""
        return Groups(
            train=list(self.train.names),
            withheld=list(self.withheld.names),
            unseen=[*self.dev.names, *self.test.names],
        )

    def views(self, embed: Callable[[Dataset], np.ndarray]) -> Views:
        """All groups through one representation; nobody is withheld where no speaker has three utterances."""
        train = embed(self.train)
        return Views(
            train,
            self.train.columns["speaker"],
            embed(self.withheld) if len(self.withheld) else np.zeros((0, train.shape[1]), train.dtype),
            self.withheld.columns["speaker"],
            np.concatenate([embed(part) for part in (self.dev, self.test) if len(part)]),
            self.unseen_speakers,
        )
