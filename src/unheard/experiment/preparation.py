"""From a recipe to what its jobs need: the corpus with its features, parted into folds."""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from unheard.data.folds.groups import speakers_of
from unheard.data.folds.plan import SplitPlan
from unheard.data.folds.tied_speakers import recording
from unheard.experiment.corpus_data import CorpusData, Recordings, SetAside, extract_features, read_corpus
from unheard.experiment.job_data import JobData
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.split_plans import check_dev, check_domains, draw_plans
from unheard.records import Utterance

__all__ = ["Prepared", "default_cache", "job_data_of", "prepare"]


def _emotions(recipe: RunRecipe, utterances: Mapping[str, Utterance]) -> tuple[str, ...]:
    """The emotions that occur, in the recipe's order or sorted."""
    present = {utterance.emotion for utterance in utterances.values() if utterance.emotion is not None}
    return tuple(name for name in recipe.corpus.emotions if name in present) or tuple(sorted(present))


def job_data_of(recipe: RunRecipe, corpus: CorpusData, cache: Path) -> JobData:
    """What the jobs of a recipe read of its corpus."""
    speakers = speakers_of(list(corpus.utterances.values()))
    keys = {name: corpus.keys.get(name, ()) for name in corpus.utterances}
    return JobData(recipe, corpus.utterances, speakers, _emotions(recipe, corpus.utterances), keys, cache)


@dataclass(frozen=True)
class Prepared:
    """A recipe with all that its jobs and its result need.

    Args:
        recipe: what is run.
        corpus: its data.
        plans: seed -> split plan.
        cache: the feature cache.
    """

    recipe: RunRecipe
    corpus: CorpusData
    plans: Mapping[int, SplitPlan]
    cache: Path

    @functools.cached_property
    def job_data(self) -> JobData:
        """What a job reads of it."""
        return job_data_of(self.recipe, self.corpus, self.cache)

    @property
    def utterances(self) -> Mapping[str, Utterance]:
        """Name -> utterance."""
        return self.corpus.utterances

    @property
    def speakers(self) -> Mapping[str, str]:
        """Name -> who speaks."""
        return self.job_data.speakers

    @property
    def classes(self) -> tuple[str, ...]:
        """The emotions, in the order of their numbers."""
        return self.job_data.classes

    @functools.cached_property
    def digest(self) -> str:
        """Digest of recordings and labels: two runs with the same digest saw the same data."""
        numbers = [name for name, target in self.recipe.targets.items() if target.kind == "numbers"]
        if not numbers:
            return self.corpus.digest
        rows = sorted((name, *(getattr(item, one) for one in numbers)) for name, item in self.utterances.items())
        return hashlib.sha256(json.dumps([self.corpus.digest, numbers, rows]).encode()).hexdigest()


def default_cache() -> Path:
    """The feature cache: $UNHEARD_CACHE, or the user's cache folder."""
    return Path(os.environ.get("UNHEARD_CACHE") or platformdirs.user_cache_dir("unheard")) / "features"


def prepare(
    recipe: RunRecipe,
    cache: Path,
    *,
    processes: int = 1,
    progress: Callable[[int, int], None] | None = None,
    check: Callable[[Prepared], None] | None = None,
) -> Prepared:
    """Read the corpus, check its folds, fill the feature cache, drop duplicates, draw one plan a seed.

    Args:
        recipe: what is to be run.
        cache: of features.
        processes: that extract features at once.
        progress: called with (done, total) while features are computed.
        check: called before any recording is read, with folds that tell recordings apart by their paths and without
            features; what it raises ends all.

    Raises:
        CorpusError, AudioError, SplitError: with what to do; of folds before any recording is read.
    """
    reading = read_corpus(recipe)
    proposed = _proposed(recipe, reading.utterances, cache)
    if check is not None:
        check(proposed)
    corpus = extract_features(recipe, reading, cache, processes=processes, progress=progress)
    plans = draw_plans(recipe, list(corpus.utterances.values()), corpus.recordings.contents)
    return Prepared(recipe, corpus, plans, cache)


def _proposed(recipe: RunRecipe, utterances: Sequence[Utterance], cache: Path) -> Prepared:
    """The corpus as it is before any recording is read: all that can be said of folds is said here.

    Raises:
        SplitError: there are no folds, they would leak, or in one of them an objective could learn nothing.
        SettingsError: the training asks for a dev part, and there is none.
    """
    places = {item.name: recording(item) for item in utterances}
    plans = draw_plans(recipe, utterances, places)
    check_dev(recipe, plans.values())
    check_domains(recipe, utterances, plans.values())
    named = {item.name: item for item in utterances}
    corpus = CorpusData(named, {}, Recordings(places, {}, {}), SetAside((), ()))
    return Prepared(recipe, corpus, plans, cache)
