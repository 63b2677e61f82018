"""Where embeddings to be probed come from: the jobs of a finished run, and its corpus for what nobody trained."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from unheard.data.vocabulary import Vocabulary
from unheard.documents import DamageError
from unheard.errors import RunError, UnheardError
from unheard.experiment.corpus_data import extract_features, read_corpus
from unheard.experiment.fold_data import part_of
from unheard.experiment.job import JOBS, RESULT
from unheard.experiment.job_data import JobData
from unheard.experiment.job_files import EMBEDDINGS, read_embeddings
from unheard.experiment.job_leakage import raw_statistics
from unheard.experiment.job_result import Groups, TrainingResult, read_job_result
from unheard.experiment.job_training import fresh_model
from unheard.experiment.preparation import job_data_of
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.saved_settings import read_settings
from unheard.files import objective_file_name
from unheard.leakage.probe_splits import PARTS, Items
from unheard.results.files import read_predictions, read_result
from unheard.schemas.result import Result
from unheard.seeds import named_seed
from unheard.training.whole import embed_all

__all__ = [
    "COLUMNS",
    "Probing",
    "Run",
    "embed_reference",
    "emotion_code",
    "open_run",
    "probings_of",
    "reference_data",
]

COLUMNS = ("speaker", "gender", "language", "corpus", "sentence", "emotion")
"""What is read of an utterance."""


@dataclass(frozen=True)
class Probing:
    """One representation of one seed and fold, to be probed.

    Args:
        label: of the objective, or of the reference.
        reference: whether it is what figures stand beside, not what is judged.
        items: what is known of the items.
        embed: gives the embeddings, shape (items, size), when it is asked for.
        seed: of its probes.
        name: for people.
    """

    label: str
    reference: bool
    items: Items
    embed: Callable[[], NDArray[np.floating]]
    seed: int
    name: str


@dataclass(frozen=True)
class Run:
    """A finished run.

    Args:
        folder: where it lies.
        result: its result.json.
        recipe: its settings.
        columns: utterance name -> column -> value, '' where unknown.
        notes: what could not be had, in sentences.
    """

    folder: Path
    result: Result
    recipe: RunRecipe
    columns: Mapping[str, Mapping[str, str]]
    notes: tuple[str, ...]


def open_run(folder: Path, *, corpus: Path | None = None) -> Run:
    """A finished run with what is known of its utterances, from its corpus or else from its own files.

    Args:
        folder: the run.
        corpus: where the corpus lies now; None for where the run's settings say.

    Raises:
        RunError: the run is incomplete.
        UnheardError: the corpus that was named by `corpus` cannot be read.
    """
    result = read_result(folder)
    recipe = read_settings(folder)
    if corpus is not None:
        recipe = recipe.model_copy(update={"corpus": recipe.corpus.model_copy(update={"folder": str(corpus)})})
    try:
        utterances = read_corpus(recipe).utterances
    except UnheardError as problem:
        if corpus is not None:
            raise
        lost = "sentences, raw features and an untrained encoder are missing"
        note = f"{lost}, for the corpus cannot be read: {problem}"
        return Run(folder, result, recipe, _columns_of_result(folder, result), (note,))
    columns = {item.name: {name: str(getattr(item, name) or "") for name in COLUMNS} for item in utterances}
    return Run(folder, result, recipe, columns, ())


def _columns_of_result(folder: Path, result: Result) -> dict[str, dict[str, str]]:
    """Speaker and emotion of every utterance that was tested, and the speakers' genders."""
    genders = {one.speaker: one.gender or "" for own in result.objectives.values() for one in own.speakers}
    languages = result.corpus.languages
    common = {"language": languages[0] if len(languages) == 1 else "", "corpus": result.corpus.name}
    rows = {row["file"]: row for row in read_predictions(folder)}
    return {
        name: {
            "speaker": row["speaker"],
            "emotion": row["truth"],
            "gender": genders.get(row["speaker"], ""),
            "sentence": "",
            **common,
        }
        for name, row in rows.items()
    }


def probings_of(run: Run, labels: Sequence[str], seeds: Sequence[int]) -> list[tuple[Probing, Groups, int, str]]:
    """What is to be probed of a run's objectives, each with its groups of utterances, its seed and its fold.

    Args:
        run: the run.
        labels: objectives to probe.
        seeds: seeds to probe.

    Raises:
        RunError: a job is missing or damaged.
    """
    found = []
    for label in labels:
        for seed in seeds:
            files = sorted((run.folder / JOBS / objective_file_name(label)).glob(f"seed{seed}-fold*/{RESULT}"))
            if not files:
                raise RunError(f"{run.folder}: no finished job of {label} with seed {seed}. Give the same run again.")
            for file in files:
                groups, fold = _groups_of(file)
                items = _items(run, groups, file)
                embed = _Stored(file.parent, len(items))
                probing = Probing(label, False, items, embed, _seed(seed, fold), f"{label} {fold}")
                found.append((probing, groups, seed, fold))
    return found


def _seed(seed: int, fold: str) -> int:
    """Of the probes, for objectives and references alike."""
    return named_seed(seed, "probing", fold) % 2**31


def _groups_of(file: Path) -> tuple[Groups, str]:
    try:
        result = read_job_result(file)
        if not isinstance(result, TrainingResult):
            raise DamageError("it is of no training")  # noqa: TRY301
    except DamageError as problem:
        mend = "Remove that folder and give the same run again."
        raise RunError(f"{file}: does not say whose embeddings it keeps ({problem}). {mend}") from problem
    return result.groups, result.fold


def _names(groups: Groups, part: str) -> list[str]:
    """The names of one of PARTS."""
    names: list[str] = getattr(groups, part)
    return names


def _items(run: Run, groups: Groups, file: Path) -> Items:
    names = [name for part in PARTS for name in _names(groups, part)]
    strange = [name for name in names if name not in run.columns]
    if strange:
        problem = f"{len(strange)} utterances are not in the corpus, e.g. {strange[0]}"
        raise RunError(f"{file}: {problem}. Pass the folder of the corpus that this run was made of.")
    columns = {column: np.array([run.columns[name][column] for name in names], dtype=np.str_) for column in COLUMNS}
    return Items(columns, np.array([part for part in PARTS for _ in _names(groups, part)], dtype=np.str_))


@dataclass(frozen=True)
class _Stored:
    """The embeddings that a job left."""

    folder: Path
    items: int

    def __call__(self) -> NDArray[np.floating]:
        file = self.folder / EMBEDDINGS
        mend = "Remove that folder and give the same run again."
        try:
            stored = read_embeddings(file)
            embeddings = np.concatenate([stored[part] for part in PARTS])
        except ValueError as problem:  # DamageError is one, and so are groups of several sizes
            raise RunError(f"{file}: no embeddings of all groups ({problem}). {mend}") from problem
        if len(embeddings) != self.items:
            raise RunError(f"{file}: {len(embeddings)} embeddings for {self.items} utterances. {mend}")
        return embeddings


def emotion_code(items: Items) -> NDArray[np.float64]:
    """A perfect emotion code: the right emotion as an indicator, shape (items, emotions); zeros where unknown."""
    emotions = items.column("emotion")
    names = np.unique(emotions[emotions != ""])
    return np.asarray(emotions[:, np.newaxis] == names, dtype=np.float64)


def reference_data(
    run: Run, cache: Path, *, jobs: int, progress: Callable[[int, int], None] | None = None
) -> tuple[JobData | None, str]:
    """The corpus of a run with its features, or None and why not.

    Args:
        run: the run.
        cache: of features.
        jobs: processes.
        progress: called with (done, total).
    """
    if run.notes:
        return None, ""
    try:
        corpus = extract_features(run.recipe, read_corpus(run.recipe), cache, processes=jobs, progress=progress)
    except UnheardError as problem:
        return None, f"raw features and an untrained encoder are missing: {problem}"
    if corpus.digest != run.result.corpus.digest:
        return None, "raw features and an untrained encoder are missing: the corpus has changed since the run."
    return job_data_of(run.recipe, corpus, cache), ""


@dataclass(frozen=True)
class _Embedder:
    """Raw features or an untrained encoder's embeddings of the groups of a fold."""

    kind: str
    data: JobData
    groups: Groups
    seed: int

    def __call__(self) -> NDArray[np.floating]:
        vocabulary = Vocabulary.fit(self.data.utterances[name] for name in self.groups.train)
        named = [own for part in PARTS if (own := _names(self.groups, part))]
        parts = [part_of(self.data, own, vocabulary) for own in named]
        if self.kind == "raw_features":
            return np.concatenate([raw_statistics(part) for part in parts])
        model = fresh_model(self.data, self.seed, parts[0], {})
        return np.concatenate([embed_all(model, part) for part in parts])


def embed_reference(kind: str, data: JobData, probing: Probing, groups: Groups, seed: int) -> Probing:
    """The same items as a probing's through 'raw_features' or 'untrained'.

    Args:
        kind: which.
        data: the corpus with its features.
        probing: of an objective.
        groups: its groups of utterances.
        seed: of the untrained encoder's weights.
    """
    # A worker needs the utterances of the fold only.
    own = data.of(name for part in PARTS for name in _names(groups, part))
    name = f"{kind.replace('_', ' ')} of {probing.name}"
    return replace(probing, label=kind, reference=True, embed=_Embedder(kind, own, groups, seed), name=name)
