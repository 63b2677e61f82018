"""The recipe: everything that determines a run, as one typed value."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from unheard.data.audio.loading import AudioSettings
from unheard.data.audio.perturbation import Perturbation
from unheard.data.folds.plan import digest_of
from unheard.errors import SettingsError, UnknownNameError
from unheard.experiment.adaptive_protocol import Adaptation
from unheard.experiment.corpora import CorpusSettings
from unheard.experiment.upstream_checks import check_upstreams, granted, mark_upstreams
from unheard.features.cache import Recipe as FeatureRecipe
from unheard.files import one_to_a_file_system
from unheard.leakage.probe_kinds import KINDS, KindName
from unheard.models.model import ModelSettings
from unheard.registry import load
from unheard.settings import Document, validate
from unheard.training.settings import TrainingSettings

__all__ = [
    "CorpusSettings",
    "LeakageSettings",
    "RunRecipe",
    "check_members",
    "labels_alike",
    "objective_of",
    "read_recipe",
]


class LeakageSettings(BaseModel):
    """How much of the speaker is left in the embedding: what is measured after training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: bool = True
    withheld: float = Field(0.1, gt=0, lt=0.9)
    """Share of each training speaker's utterances that neither the encoder nor a probe trains on."""
    probes: tuple[KindName, ...] = Field(KINDS, min_length=1)
    """Kinds of fresh probes; the one that reads most, over all folds and seeds, counts."""
    trials: int = Field(100_000, ge=100)
    """Most pairs of utterances a verification EER is computed from."""


class RunRecipe(BaseModel):
    """One run: every objective on every fold with every seed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    seeds: tuple[int, ...] = Field((0,), min_length=1)
    corpus: CorpusSettings
    audio: AudioSettings = AudioSettings()
    features: dict[str, Any] = Field(default_factory=lambda: {"name": "logmel"})
    split: dict[str, Any]
    adaptation: Adaptation = "none"
    """'speaker': the adaptive protocol, features normalized over all unlabeled recordings of each speaker."""
    model: ModelSettings = ModelSettings()
    training: TrainingSettings = TrainingSettings()
    leakage: LeakageSettings = LeakageSettings()
    objectives: dict[str, dict[str, Any]] = Field(min_length=1)
    """Label -> settings of one objective; its registered name is the label unless `name` says otherwise."""

    @field_validator("seeds")
    @classmethod
    def _distinct(cls, seeds: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(seeds)) != len(seeds):
            msg = "a seed stands twice"
            raise ValueError(msg)
        return seeds

    @field_validator("objectives")
    @classmethod
    def _plain_labels(cls, objectives: dict[str, Any]) -> dict[str, Any]:
        for label in objectives:
            if not label.replace("-", "").replace("_", "").replace(".", "").isalnum():
                msg = f"'{label}' becomes a folder's name: use letters, digits, '-', '_' and '.' only"
                raise ValueError(msg)
        if alike := labels_alike(objectives):
            raise ValueError(f"{alike} would share a folder where case does not count: rename one")
        return objectives

    @property
    def split_settings(self) -> dict[str, Any]:
        """What the split itself is told: the table less its name, and less what holds of every split."""
        return {key: value for key, value in self.split.items() if key not in ("name", "sessions")}

    def feature_recipe(self) -> FeatureRecipe:
        """What the feature cache needs to know."""
        own = {key: value for key, value in self.features.items() if key != "name"}
        name = str(self.features["name"])
        augmentation = self.training.augmentation
        copies = [Perturbation(speed=factor) for factor in augmentation.speeds]
        copies += [Perturbation(semitones=shift) for shift in augmentation.semitones]
        settings = load("features", name).Settings(**own)
        kept = tuple(copy for copy in copies if not copy.identity)
        return FeatureRecipe(name, settings, self.audio, (Perturbation(), *kept))

    def _feature_says(self, what: str, *more: object) -> Any:
        """What the feature's own function of this name says of the feature's settings; None where it has none."""
        own = getattr(load("features", str(self.features["name"])), what, None)
        return None if own is None else own(self.feature_recipe().settings, *more)

    @property
    def hop(self) -> float:
        """Distance between frames, in seconds (features without one count as 10 ms)."""
        own = self._feature_says("hop", self.audio.rate)
        return float(getattr(self.feature_recipe().settings, "hop", 0.01) if own is None else own)

    @property
    def bands(self) -> int | None:
        """How many leading channels of the features lie along frequency; None for all."""
        own = self._feature_says("bands")
        return None if own is None else int(own)

    @property
    def constants(self) -> int:
        """How many trailing channels of the features are the same in all frames of an utterance."""
        return int(self._feature_says("constants") or 0)

    def fingerprint(self, *parts: object) -> str:
        """A digest of what determines a job: the recipe less its list of seeds, and `parts`."""
        # A setting that a later version adds, at a default that changes nothing, must not make a finished run
        # another: defaults are left out. One that changes is seen in the run's settings.toml, which has them all.
        own = self.model_dump(mode="json", exclude={"seeds", "objectives", "name"}, exclude_defaults=True)
        own["corpus"].pop("folder", None)  # where it lies does not matter; what it holds does, and is in `parts`
        mark_upstreams(own)
        if self.adaptation == "speaker" and len(self.feature_recipe().perturbations) > 1:
            own["adaptation"] = "speaker, copies as voices of their own"  # they once went by the unperturbed voice
        for key in ("file", "folds_file"):
            named = own["split"].get(key)
            if isinstance(named, str) and Path(named).exists():
                own["split"][key] = digest_of(Path(named))
        return hashlib.sha256(json.dumps([own, *map(str, parts)], sort_keys=True).encode()).hexdigest()


def labels_alike(labels: Iterable[str]) -> str:
    """Labels that some file systems take for one, for an error; empty where there are none.

    >>> labels_alike(["dat", "cgt", "DAT"])
    "'dat' and 'DAT'"
    """
    seen: dict[str, str] = {}
    for label in labels:
        first = seen.setdefault(one_to_a_file_system(label), label)
        if first != label:
            return f"'{first}' and '{label}'"
    return ""


def objective_of(recipe: RunRecipe, label: str) -> tuple[str, Any, Any]:
    """The registered name, the module and the typed settings of one objective of a recipe."""
    own = dict(recipe.objectives[label])
    name = str(own.pop("name", label))
    module = load("objectives", name)
    return name, module, module.Settings(**own)


def _load_member(document: Document, kind: str, at: tuple[str, ...], name: str) -> ModuleType:
    """The module that a name of the document means."""
    try:
        return load(kind, name)
    except UnknownNameError as problem:
        raise document.blame((*at, "name"), str(problem)) from problem


def _check_member(document: Document, kind: str, at: tuple[str, ...], table: dict[str, Any], name: str) -> None:
    """Check the settings of a registered member against its own model."""
    module = _load_member(document, kind, at, name)
    validate(document, module.Settings, {key: value for key, value in table.items() if key != "name"}, at)


def _check_augmentation(document: Document, recipe: RunRecipe) -> None:
    """Check that the copies which the augmentation asks for can be made."""
    try:
        recipe.feature_recipe()
    except SettingsError as problem:
        key = ("training", "augmentation", {"speed": "speeds"}.get(problem.key, problem.key))
        raise document.blame(key, problem.problem) from problem


def _check_sessions(document: Document, recipe: RunRecipe) -> None:
    """Refuse any other word for what is to become of sessions and dialogues."""
    wanted = recipe.split.get("sessions", "apart")
    if wanted not in ("apart", "ignore"):
        problem = f"'{wanted}' is not 'apart' or 'ignore'; leave it out for what the corpus says"
        raise document.blame(("split", "sessions"), problem)


def _check_constants(document: Document, recipe: RunRecipe) -> None:
    """Refuse a number that the feature alone can know, and that a run would put its own in the place of."""
    if recipe.model.constants:
        raise document.blame(("model", "constants"), "is what the feature says of itself: leave it out")


def _check_normalization(document: Document, recipe: RunRecipe) -> None:
    """Refuse what would leave nothing of features that have one frame an utterance."""
    single = load("features", str(recipe.features["name"])).KIND == "utterance"
    if recipe.model.normalization == "utterance channels" and (single or recipe.features.get("keep") == "statistics"):
        problem = "'utterance channels' makes every channel of a single frame 0: set 'training'"
        raise document.blame(("model", "normalization"), problem)


def check_members(document: Document, recipe: RunRecipe) -> None:
    """Check what the recipe names, save objectives: corpus, features, split and encoder, with their settings.

    Raises:
        SettingsError: with the line and the nearest valid name.
    """
    _load_member(document, "corpora", ("corpus",), recipe.corpus.name)
    for key, kind in (("features", "features"), ("split", "splits")):
        table = getattr(recipe, key)
        if "name" not in table:
            raise SettingsError(document.source, f"{key}.name", "is missing", document.line_of([key]))
        own = recipe.split_settings if key == "split" else table
        _check_member(document, kind, (key,), own, str(table["name"]))
    encoder = dict(recipe.model.encoder)
    _check_member(document, "encoders", ("model", "encoder"), encoder, str(encoder.get("name", "tdnn_lstm")))


def read_recipe(document: Document) -> RunRecipe:
    """The recipe of a document, its registered parts checked too.

    Paths in it are made absolute, relative to the document's folder.

    Raises:
        SettingsError: with the line and the nearest valid name; or the file itself asks for the network.
    """
    document = granted(document)
    recipe = validate(document, RunRecipe)
    check_members(document, recipe)
    _check_sessions(document, recipe)
    for label, own in recipe.objectives.items():
        _check_member(document, "objectives", ("objectives", label), own, str(own.get("name", label)))
    _check_augmentation(document, recipe)
    _check_constants(document, recipe)
    _check_normalization(document, recipe)
    features, model = check_upstreams(
        document, recipe.features, recipe.model, rate=recipe.audio.rate, adaptation=recipe.adaptation
    )
    split, corpus = dict(recipe.split), recipe.corpus
    for key in ("file", "folds_file"):
        if isinstance(split.get(key), str):
            split[key] = str((document.folder / Path(split[key]).expanduser()).resolve())
    if corpus.folder is not None:
        folder = str((document.folder / Path(corpus.folder).expanduser()).resolve())
        corpus = corpus.model_copy(update={"folder": folder})
    absolute = {"split": split, "corpus": corpus, "features": features, "model": model}
    return recipe.model_copy(update=absolute)
