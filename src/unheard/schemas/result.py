"""result.json: everything that a run found."""

from typing import Literal

from pydantic import Field

from unheard.schemas.caution import Caution
from unheard.schemas.comparison import Comparison
from unheard.schemas.corpus import Confound, Corpus, Split
from unheard.schemas.leakage import References
from unheard.schemas.objective import ObjectiveResult
from unheard.schemas.record import Classes, Count, Number, Record, Seeds, Text

__all__ = ["SCHEMA_VERSION", "EmbeddingMap", "Result", "Timings"]

SCHEMA_VERSION = 2
"""Of all documents of a run's folder alike."""


class EmbeddingMap(Record):
    """A t-SNE of the embeddings of speakers whom the model never saw in training, of one fold."""

    points: list[list[float]]
    """Two coordinates an utterance."""
    emotion: list[Text]
    """Emotion of each point."""
    speaker: list[Text]
    """Speaker of each point."""


class Timings(Record):
    """How long it took."""

    job_seconds: Number
    """Time of all trainings with all that belongs to them, summed, in seconds."""
    training_seconds: Number
    """Time of all trainings alone, summed, in seconds."""


class Result(Record):
    """The one result of a run."""

    schema_version: Literal[2] = 2
    """Number of this schema."""
    name: Text
    """The recipe's name."""
    created: Text
    """When it was made: UTC, ISO 8601."""
    unheard: Text
    """Version of the program."""
    command: Text | None = None
    """What was typed; null in a kept result."""
    corpus: Corpus
    """What was heard."""
    split: Split
    """How it was parted."""
    confound: Confound
    """What the corpus itself gives away."""
    cautions: list[Caution]
    """What to distrust, as far as the run knows; every output shows it."""
    classes: Classes
    """The emotions, in the order of the matrices."""
    seeds: Seeds
    """Seeds of the trainings."""
    objectives: dict[Text, ObjectiveResult] = Field(min_length=1)
    """Label of each objective to what it scored."""
    references: References
    """What leakage is held against."""
    comparisons: list[Comparison]
    """Every pair of objectives, later against earlier."""
    maps: dict[Text, EmbeddingMap]
    """Label of an objective to a map of its embeddings; empty in a kept result."""
    timings: Timings
    """How long it took."""
    peak_memory_bytes: Count
    """Resident memory of the largest training, in bytes."""
    versions: dict[Text, Text]
    """Package, `python` and `platform` to its version."""
    settings_text: Text
    """The settings, whole, as TOML; without paths in a kept result."""

    @property
    def chance(self) -> float:
        """The UAR of guessing: one over the number of classes."""
        return 1 / len(self.classes)
