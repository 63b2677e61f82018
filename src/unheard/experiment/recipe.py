"""The recipe: everything that determines a run, as one typed value."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from unheard.data.audio.loading import AudioSettings
from unheard.data.audio.perturbation import Perturbation
from unheard.data.folds.plan import digest_of
from unheard.experiment.adaptive_protocol import Adaptation
from unheard.experiment.corpora import FORMS, CorpusSettings
from unheard.features.cache import Recipe as FeatureRecipe
from unheard.files import one_to_a_file_system
from unheard.leakage.probe_kinds import KINDS
from unheard.members import Member, member_of
from unheard.models.model_settings import ModelSettings
from unheard.schemas.leakage import ProbeKind
from unheard.settings import Document
from unheard.targets import EMOTION, NUMBERS, Target
from unheard.training.settings import TrainingSettings

__all__ = [
    "CorpusSettings",
    "LeakageSettings",
    "RunRecipe",
    "labels_alike",
    "members_of",
    "notes_on_members",
    "split_table",
]

_OF_EVERY_SPLIT = ("sessions",)
_ENCODER = str(ModelSettings().encoder["name"])


class LeakageSettings(BaseModel):
    """How much of the speaker is left in the embedding: what is measured after training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    measure: bool = True
    withheld: float = Field(0.1, gt=0, lt=0.9)
    """Share of each training speaker's utterances that neither the encoder nor a probe trains on."""
    probes: tuple[ProbeKind, ...] = Field(KINDS, min_length=1)
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
    targets: dict[str, Target] = Field(default_factory=lambda: {EMOTION.name: EMOTION}, min_length=1)
    """What is predicted, by name: 'emotion', and numbers ('arousal', 'valence', 'dominance') beside it."""
    objectives: dict[str, dict[str, Any]] = Field(min_length=1)
    """Label -> settings of one objective; its registered name is the label unless `name` says otherwise."""

    @field_validator("targets", mode="before")
    @classmethod
    def _named(cls, targets: Any) -> Any:
        """Each table is called what it is of."""
        if not isinstance(targets, Mapping):
            return targets
        return {name: {"name": name, **own} if isinstance(own, Mapping) else own for name, own in targets.items()}

    @field_validator("targets")
    @classmethod
    def _known_targets(cls, targets: dict[str, Target]) -> dict[str, Target]:
        for name, target in targets.items():
            kind = "numbers" if name in NUMBERS else "classes"
            if name not in (EMOTION.name, *NUMBERS) or target.name != name:
                raise ValueError(f"'{name}' cannot be predicted; known: {', '.join((EMOTION.name, *NUMBERS))}")
            if target.kind != kind:
                raise ValueError(f"{name} is of kind '{kind}'")
            if target.classes:
                raise ValueError(f"the classes of {name} are those of the corpus: see corpus.emotions")
        return targets

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
    def model_settings(self) -> ModelSettings:
        """The model, with what the run knows of it: channels that are constant, and what is predicted."""
        # Classes first: the first target is what a recognizer answers.
        targets = sorted(self.targets.values(), key=lambda target: target.kind != "classes")
        return self.model.model_copy(update={"constants": self.constants, "targets": tuple(targets)})

    @property
    def feature(self) -> Member:
        """What is extracted of a recording."""
        return _feature(self, None)

    @property
    def encoder(self) -> Member:
        """What reads the features."""
        return _encoder(self, None)

    @property
    def splitting(self) -> Member:
        """How utterances are parted."""
        return _splitting(self, None)

    def objective(self, label: str) -> Member:
        """One of the objectives."""
        return _objective(self, label, None)

    def feature_recipe(self) -> FeatureRecipe:
        """What the feature cache needs to know."""
        augmentation = self.training.augmentation
        copies = [Perturbation(speed=factor) for factor in augmentation.speeds]
        copies += [Perturbation(semitones=shift) for shift in augmentation.semitones]
        kept = tuple(copy for copy in copies if not copy.identity)
        feature = self.feature
        return FeatureRecipe(feature.name, feature.settings, self.audio, (Perturbation(), *kept))

    @property
    def hop(self) -> float:
        """Distance between frames, in seconds (features without one count as 10 ms)."""
        feature = self.feature
        own = feature.says("hop", self.audio.rate)
        return float(getattr(feature.settings, "hop", 0.01) if own is None else own)

    @property
    def bands(self) -> int | None:
        """How many leading channels of the features lie along frequency; None for all."""
        own = self.feature.says("bands")
        return None if own is None else int(own)

    @property
    def constants(self) -> int:
        """How many trailing channels of the features are the same in all frames of an utterance."""
        return int(self.feature.says("constants", default=0))

    def fingerprint(self, *parts: object) -> str:
        """A digest of what determines a job: the recipe less its list of seeds, and `parts`."""
        # A setting that is added later, at a default that changes nothing, must not make a finished run another:
        # defaults are left out. One that changes is seen in the run's settings.toml, which has them all.
        own = self.model_dump(mode="json", exclude={"seeds", "objectives", "name"}, exclude_defaults=True)
        own["corpus"].pop("folder", None)  # where it lies does not matter; what it holds does, and is in `parts`
        for holder, key, member in ((own, "features", self.feature), (own.get("model", {}), "encoder", self.encoder)):
            if hasattr(member.module, "identity"):
                holder[key] = member.identity
        for key in self.splitting.places:
            named = own["split"].get(key)
            if isinstance(named, str) and Path(named).exists():
                own["split"][key] = digest_of(Path(named))
        return hashlib.sha256(json.dumps([own, *map(str, parts)], sort_keys=True).encode()).hexdigest()


def split_table(table: Mapping[str, Any]) -> dict[str, Any]:
    """What the split itself is told: a recipe's table of it, less what holds of every split."""
    return {key: value for key, value in table.items() if key not in _OF_EVERY_SPLIT}


def _feature(recipe: RunRecipe, document: Document | None) -> Member:
    return member_of("features", recipe.features, at=("features",), document=document)


def _encoder(recipe: RunRecipe, document: Document | None) -> Member:
    table: Mapping[str, Any] = recipe.model.encoder
    return member_of("encoders", table, default=_ENCODER, at=("model", "encoder"), document=document)


def _splitting(recipe: RunRecipe, document: Document | None) -> Member:
    return member_of("splits", split_table(recipe.split), at=("split",), document=document)


def _objective(recipe: RunRecipe, label: str, document: Document | None) -> Member:
    table = recipe.objectives[label]
    return member_of("objectives", table, default=label, at=("objectives", label), document=document)


def members_of(recipe: RunRecipe, document: Document | None = None, *, objectives: bool = True) -> list[Member]:
    """The members that a recipe names, save its corpus: encoder, feature, split, objectives.

    Args:
        recipe: whose.
        document: whose lines messages name; None for a recipe that was checked before.
        objectives: whether those are among them.

    Raises:
        SettingsError: there is no such member, or its settings are not those of it; with the line.
    """
    found = [_encoder(recipe, document), _feature(recipe, document), _splitting(recipe, document)]
    labels = recipe.objectives if objectives else ()
    return [*found, *(_objective(recipe, label, document) for label in labels)]


def notes_on_members(recipe: RunRecipe) -> list[str]:
    """What the members themselves say must stand beside the figures of a run, in sentences; often nothing."""
    corpus = recipe.corpus.name
    called = "this corpus, if it was ever published," if corpus in FORMS else corpus
    said = [note for member in members_of(recipe) for note in member.says("notes", called, default=())]
    return list(dict.fromkeys(said))


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
