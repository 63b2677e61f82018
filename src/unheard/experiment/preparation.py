"""From a recipe to a corpus that is ready for its jobs: read, extracted, without copies, parted into folds."""

import functools
import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import platformdirs

from unheard.data.folds.fold import where
from unheard.data.folds.groups import voices_of
from unheard.data.folds.plan import SplitPlan, drop_duplicates
from unheard.data.folds.tied_speakers import recording
from unheard.errors import CorpusError
from unheard.experiment.corpora import read_utterances
from unheard.experiment.recipe import RunRecipe
from unheard.experiment.split_plans import check_dev, check_domains, draw_plans
from unheard.features.cache import extract_corpus
from unheard.identities import NOBODY
from unheard.records import Utterance

__all__ = ["Prepared", "default_cache", "prepare", "read_corpus"]


@dataclass(frozen=True)
class Prepared:
    """A corpus ready for its jobs.

    Args:
        recipe: what is run.
        utterances: name -> utterance, usable and labeled ones only.
        keys: name -> feature cache keys.
        contents: name -> digest of the recording.
        seconds: name -> length after conditioning.
        plans: seed -> split plan.
        skipped: (name, problem) of what was set aside.
        duplicates: (dropped, kept twin; None where copies contradict each other).
        cache: the feature cache.
        levels: name -> root mean square before conditioning, in decibels of full scale.
    """

    recipe: RunRecipe
    utterances: Mapping[str, Utterance]
    keys: Mapping[str, tuple[str, ...]]
    contents: Mapping[str, str]
    seconds: Mapping[str, float]
    plans: Mapping[int, SplitPlan]
    skipped: Sequence[tuple[str, str]]
    duplicates: Sequence[tuple[str, str | None]]
    cache: Path
    levels: Mapping[str, float] = field(default_factory=dict)

    @property
    def classes(self) -> list[str]:
        """Emotions, in the recipe's order or sorted."""
        present = {str(utterance.emotion) for utterance in self.utterances.values()}
        return [name for name in self.recipe.corpus.emotions if name in present] or sorted(present)

    @functools.cached_property
    def voices(self) -> Mapping[str, str]:
        """Name -> who speaks, for all that is learned of and counted by speakers (see `voices_of`)."""
        return voices_of(list(self.utterances.values()))

    @property
    def digest(self) -> str:
        """Digest of recordings and labels: two runs with the same digest saw the same data."""
        rows = sorted(
            [name, self.contents[name], utterance.emotion, utterance.speaker]
            for name, utterance in self.utterances.items()
        )
        return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


def default_cache() -> Path:
    """The feature cache: $UNHEARD_CACHE, or the user's cache folder."""
    return Path(os.environ.get("UNHEARD_CACHE") or platformdirs.user_cache_dir("unheard")) / "features"


def read_corpus(recipe: RunRecipe) -> tuple[list[Utterance], list[tuple[str, str]]]:
    """The utterances that a recipe asks for, and what was set aside under `skip_bad`.

    Raises:
        CorpusError: nothing is left, or speakers are missing.
    """
    settings = recipe.corpus
    bad: list[tuple[str, str]] | None = [] if settings.skip_bad else None
    everything = read_utterances(settings, bad)
    wanted = set(settings.emotions)
    kept = [item for item in everything if item.emotion is not None and (not wanted or item.emotion in wanted)]
    known = sorted({str(item.emotion) for item in everything if item.emotion is not None})
    missing = wanted - set(known)
    if missing:
        raise CorpusError(
            settings.name,
            f"no utterance has the emotion {', '.join(sorted(missing))}",
            f"It has: {', '.join(known) or 'none'}. Change corpus.emotions.",
        )
    if not kept:
        raise CorpusError(settings.name, "no utterance has an emotion", "Add an `emotion` column.")
    lacking = [item for item in kept if item.speaker is None]
    if lacking and bad is None:
        problem = f"{len(lacking)} of {len(kept)} utterances have no speaker ({where(lacking)})"
        mend = f"{NOBODY} Say who speaks, or pass --skip-bad to leave them out: a run must know its voices."
        raise CorpusError(settings.name, problem, mend)
    skipped = [*(bad or []), *((item.name, f"no speaker is named ({item.source or item.file})") for item in lacking)]
    return [item for item in kept if item.speaker is not None], skipped


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
    utterances, skipped = read_corpus(recipe)
    proposed = _proposed(recipe, utterances, cache)
    if check is not None:
        check(proposed)
    extraction = extract_corpus(
        utterances,
        recipe.feature_recipe(),
        cache,
        jobs=processes,
        skip_bad=recipe.corpus.skip_bad,
        progress=progress,
    )
    usable = [item for item in utterances if item.name in extraction.keys]
    kept, duplicates = drop_duplicates(usable, extraction.contents)
    plans = draw_plans(recipe, kept, extraction.contents)
    return Prepared(
        recipe,
        {item.name: item for item in kept},
        extraction.keys,
        extraction.contents,
        extraction.seconds,
        plans,
        [*skipped, *extraction.skipped],
        duplicates,
        cache,
        extraction.levels,
    )


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
    return Prepared(recipe, {item.name: item for item in utterances}, {}, places, {}, plans, (), (), cache)
