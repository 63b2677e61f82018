"""Features on disk, keyed by the content of the recording and by everything that was done to it.

An entry is written aside and renamed, so that a reader never sees half of one, however many processes fill the
cache and whichever of them is killed. A damaged entry counts as missing (see `unheard.features.stored`).
"""

import functools
import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from unheard.data.audio.levels import mean_square
from unheard.data.audio.loading import AudioSettings, condition, read_parts
from unheard.data.audio.perturbation import Perturbation
from unheard.data.audio.segments import bundles
from unheard.errors import AudioError
from unheard.features.extracting import frames_of
from unheard.features.stored import read_entry, write_entry
from unheard.files import refuse_unwritable
from unheard.leftovers import sweep
from unheard.processes import side_by_side
from unheard.records import Samples, Utterance
from unheard.registry import load

__all__ = ["Extraction", "Recipe", "extract_corpus"]

_VERSION = 1  # to be raised whenever the same settings give other numbers


@dataclass(frozen=True)
class Recipe:
    """What is done to each recording: conditioning, perturbation, feature."""

    feature: str
    settings: BaseModel
    audio: AudioSettings
    perturbations: tuple[Perturbation, ...] = (Perturbation(),)

    @functools.cached_property
    def identity(self) -> dict[str, Any]:
        """What determines the feature's numbers: its settings, or what it says itself (e.g. a digest of weights)."""
        own = getattr(load("features", self.feature), "identity", None)
        found: dict[str, Any] = self.settings.model_dump(mode="json") if own is None else own(self.settings)
        return found

    def key(self, digest: str, utterance: Utterance, perturbation: Perturbation) -> str:
        """The name of the cache entry, a SHA-256 in hex."""
        parts = [
            _VERSION,
            digest,
            utterance.start,
            utterance.end,
            self.audio.identity,
            perturbation.name,
            self.feature,
            self.identity,
        ]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True)
class Extraction:
    """What came of a corpus.

    Args:
        keys: utterance name -> cache keys, one a perturbation, in their order.
        contents: utterance name -> digest of the recording.
        seconds: utterance name -> length after conditioning.
        levels: utterance name -> root mean square before conditioning, in decibels of full scale.
        skipped: (utterance name, problem) of what was set aside.
    """

    keys: dict[str, tuple[str, ...]]
    contents: dict[str, str]
    seconds: dict[str, float]
    levels: dict[str, float]
    skipped: list[tuple[str, str]]


@dataclass(frozen=True)
class _Extracted:
    """What came of one utterance: an entry of each table of `Extraction`."""

    keys: tuple[str, ...]
    content: str
    seconds: float
    level: float


def _level(samples: Samples) -> float:
    """Root mean square in decibels of full scale; -inf for digital silence."""
    power = mean_square(samples)
    return 10 * math.log10(power) if power > 0 else -math.inf


def _extract(utterance: Utterance, recipe: Recipe, cache: Path, samples: Samples, digest: str) -> _Extracted:
    """Fill the cache for one utterance of a recording that was read."""
    rate = recipe.audio.rate
    level = _level(samples)
    samples = condition(samples, recipe.audio)
    keys = []
    for perturbation in recipe.perturbations:
        key = recipe.key(digest, utterance, perturbation)
        keys.append(key)
        if read_entry(cache, key) is None:
            copy = perturbation.apply(samples, rate)
            write_entry(cache, key, frames_of(copy, rate, recipe.feature, recipe.settings, utterance.file))
    return _Extracted(tuple(keys), digest, len(samples) / rate, level)


def _extract_all(utterances: Sequence[Utterance], recipe: Recipe, cache: Path) -> list[_Extracted | AudioError]:
    """Fill the cache for utterances of one recording, from one pass over it; what cannot be used is its error."""
    try:
        found, digest = read_parts(utterances[0].file, [(own.start, own.end) for own in utterances], recipe.audio)
    except AudioError as problem:
        return [problem] * len(utterances)
    extracted: list[_Extracted | AudioError] = []
    for utterance, samples in zip(utterances, found, strict=True):
        if isinstance(samples, AudioError):
            extracted.append(samples)
            continue
        try:
            extracted.append(_extract(utterance, recipe, cache, samples, digest))
        except AudioError as problem:
            extracted.append(problem)
    return extracted


def _by_recording(utterances: Sequence[Utterance]) -> list[list[Utterance]]:
    """The utterances of each recording, which is read once for all of them."""
    order: dict[Path, int] = {}
    for utterance in utterances:
        order.setdefault(utterance.file, len(order))
    sorted_by_file = sorted(utterances, key=lambda own: order[own.file])
    return list(bundles(sorted_by_file, lambda own: (own.file, (own.start, own.end))))


def extract_corpus(  # noqa: PLR0913 (the edge where a run meets the disk)
    utterances: Sequence[Utterance],
    recipe: Recipe,
    cache: Path,
    *,
    jobs: int = 1,
    skip_bad: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> Extraction:
    """Fill the cache for many utterances, in parallel, and say what was found.

    Raises:
        AudioError: a recording cannot be used and `skip_bad` is false; with several, the message counts them.
        MachineError: the cache cannot be written to, its disk is full, or a worker was ended from outside.
    """
    refuse_unwritable(cache)
    sweep(cache.glob("[0-9a-f][0-9a-f]"))
    _ = recipe.identity  # found out once here, and not again by every worker
    groups = _by_recording(utterances)
    results = side_by_side(_extract_all, ((group, recipe, cache) for group in groups), jobs=jobs, batch=8)
    found: dict[int, _Extracted | AudioError] = {}
    for group, extracted in zip(groups, results, strict=True):
        found.update(zip(map(id, group), extracted, strict=True))
        if progress is not None:
            progress(len(found), len(utterances))
    extraction, bad = _tables([(utterance, found[id(utterance)]) for utterance in utterances])
    if bad and not skip_bad:
        first = bad[0]
        more = f" ({len(bad) - 1} more recordings have problems, too.)" if len(bad) > 1 else ""
        raise AudioError(first.file, first.problem, first.mend + more)
    return extraction


def _tables(found: Sequence[tuple[Utterance, _Extracted | AudioError]]) -> tuple[Extraction, list[AudioError]]:
    """What came of a corpus, in its order, and the problems."""
    extraction, bad = Extraction({}, {}, {}, {}, []), []
    for utterance, result in found:
        if isinstance(result, AudioError):
            bad.append(result)
            extraction.skipped.append((utterance.name, result.problem))
        else:
            extraction.keys[utterance.name] = result.keys
            extraction.contents[utterance.name] = result.content
            extraction.seconds[utterance.name] = result.seconds
            extraction.levels[utterance.name] = result.level
    return extraction, bad
