"""The one way from a recipe to the data of its corpus: read it, extract its features, drop copies.

recipe -> read_corpus -> Reading -> extract_features -> CorpusData
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from unheard.data.folds.fold import where
from unheard.data.folds.plan import drop_duplicates
from unheard.errors import CorpusError
from unheard.experiment.corpora import read_utterances
from unheard.experiment.recipe import RunRecipe
from unheard.features.cache import extract_corpus
from unheard.identities import NOBODY
from unheard.records import Seconds, Utterance
from unheard.targets import EMOTION

__all__ = ["CorpusData", "Reading", "Recordings", "SetAside", "extract_features", "read_corpus"]


@dataclass(frozen=True)
class Reading:
    """A corpus as it was read, before any recording is opened.

    Args:
        utterances: those that the recipe asks for.
        skipped: (name, problem) of what was set aside.
    """

    utterances: Sequence[Utterance]
    skipped: Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Recordings:
    """What was found of each recording; each maps the name of an utterance.

    Args:
        contents: to the digest of its recording.
        seconds: to its length after conditioning.
        levels: to its root mean square before conditioning, in decibels of full scale.
    """

    contents: Mapping[str, str]
    seconds: Mapping[str, Seconds]
    levels: Mapping[str, float]


@dataclass(frozen=True)
class SetAside:
    """What a corpus has and a run leaves out.

    Args:
        skipped: (name, problem) of what cannot be used.
        duplicates: (dropped, kept twin; None where copies contradict each other).
    """

    skipped: Sequence[tuple[str, str]]
    duplicates: Sequence[tuple[str, str | None]]


@dataclass(frozen=True)
class CorpusData:
    """A corpus with its features.

    Args:
        utterances: name -> utterance, usable and labeled ones only.
        keys: name -> feature cache keys, that of the unperturbed recording first.
        recordings: what was found of them.
        set_aside: what was left out.
    """

    utterances: Mapping[str, Utterance]
    keys: Mapping[str, tuple[str, ...]]
    recordings: Recordings
    set_aside: SetAside

    @property
    def digest(self) -> str:
        """Digest of recordings and labels: two runs with the same digest saw the same data."""
        rows = sorted(
            [name, self.recordings.contents[name], utterance.emotion, utterance.speaker]
            for name, utterance in self.utterances.items()
        )
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def read_corpus(recipe: RunRecipe) -> Reading:
    """The utterances that a recipe asks for.

    Raises:
        CorpusError: nothing is left, or speakers are missing.
    """
    settings = recipe.corpus
    bad: list[tuple[str, str]] | None = [] if settings.skip_bad else None
    everything = read_utterances(settings, bad)
    wanted = set(settings.emotions)
    kept = [item for item in everything if _is_labeled(recipe, item)]
    known = sorted({str(item.emotion) for item in everything if item.emotion is not None})
    missing = wanted - set(known)
    if missing:
        raise CorpusError(
            settings.name,
            f"no utterance has the emotion {', '.join(sorted(missing))}",
            f"It has: {', '.join(known) or 'none'}. Change corpus.emotions.",
        )
    if not kept:
        if EMOTION.name in recipe.targets:
            raise CorpusError(settings.name, "no utterance has an emotion", "Add an `emotion` column.")
        missed = " or ".join(recipe.targets)
        raise CorpusError(settings.name, f"no utterance has {missed}", f"Fill the column {missed}.")
    lacking = [item for item in kept if item.speaker is None]
    if lacking and bad is None:
        problem = f"{len(lacking)} of {len(kept)} utterances have no speaker ({where(lacking)})"
        mend = f"{NOBODY} Say who speaks, or pass --skip-bad to leave them out: a run must know its speakers."
        raise CorpusError(settings.name, problem, mend)
    skipped = [*(bad or []), *((item.name, f"no speaker is named ({item.source or item.file})") for item in lacking)]
    return Reading([item for item in kept if item.speaker is not None], skipped)


def _is_labeled(recipe: RunRecipe, item: Utterance) -> bool:
    """Whether an utterance has what is predicted: the emotion, where that is among it; else any of the numbers."""
    if EMOTION.name in recipe.targets:
        return item.emotion is not None and (not recipe.corpus.emotions or item.emotion in recipe.corpus.emotions)
    return any(getattr(item, name) is not None for name in recipe.targets)


def extract_features(
    recipe: RunRecipe,
    reading: Reading,
    cache: Path,
    *,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> CorpusData:
    """Fill the feature cache with what was read, and drop copies of recordings.

    Args:
        recipe: what is to be run.
        reading: its corpus.
        cache: of features.
        processes: that extract at once.
        progress: called with (done, total) while features are computed.

    Raises:
        AudioError: a recording cannot be used, and the recipe does not set such aside.
    """
    found = extract_corpus(
        reading.utterances,
        recipe.feature_recipe(),
        cache,
        jobs=processes,
        skip_bad=recipe.corpus.skip_bad,
        progress=progress,
    )
    usable = [item for item in reading.utterances if item.name in found.keys]
    kept, duplicates = drop_duplicates(usable, found.contents)
    return CorpusData(
        {item.name: item for item in kept},
        found.keys,
        Recordings(found.contents, found.seconds, found.levels),
        SetAside([*reading.skipped, *found.skipped], duplicates),
    )
