"""What a job reads of a corpus: who says what, and where the features of it lie."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from unheard.errors import RunError
from unheard.experiment.recipe import RunRecipe
from unheard.features.stored import Frames, entry_file, open_entry, read_entry
from unheard.records import Utterance

__all__ = ["JobData"]


@dataclass(frozen=True)
class JobData:
    """All that a job reads. It is handed to each of a run's processes, and holds nothing that only a result needs.

    Args:
        recipe: what is run.
        utterances: name -> utterance.
        speakers: name -> who speaks, for all that is learned of and counted by speakers (see `speakers_of`).
        classes: the emotions, in the order of their numbers.
        keys: name -> feature cache keys, that of the unperturbed recording first.
        cache: the feature cache.
    """

    recipe: RunRecipe
    utterances: Mapping[str, Utterance]
    speakers: Mapping[str, str]
    classes: tuple[str, ...]
    keys: Mapping[str, tuple[str, ...]]
    cache: Path

    def of(self, names: Iterable[str]) -> "JobData":
        """The same of these utterances alone; speakers and emotions keep what they are called."""
        chosen = list(names)
        return replace(
            self,
            utterances={name: self.utterances[name] for name in chosen},
            speakers={name: self.speakers[name] for name in chosen},
            keys={name: self.keys[name] for name in chosen},
        )

    def size_of(self, names: Iterable[str], *, augmented: bool) -> int:
        """How many bytes the features of some utterances take on disk; in memory they may take twice as many.

        Args:
            names: of the utterances.
            augmented: whether perturbed copies count.
        """
        files = (entry_file(self.cache, key) for name in names for key in self._keys(name, augmented=augmented))
        return sum(file.stat().st_size for file in files if file.exists())

    def features(self, name: str, *, augmented: bool, stored: bool) -> list[Frames]:
        """The variants of an utterance, the unperturbed one first, or that one alone.

        Args:
            name: of the utterance.
            augmented: whether to give the perturbed copies, too.
            stored: whether they are left on disk until they are read.

        Raises:
            RunError: the cache has lost one.
        """
        variants: list[Frames] = []
        for key in self._keys(name, augmented=augmented):
            entry = open_entry(self.cache, key) if stored else read_entry(self.cache, key)
            if entry is None:
                raise RunError(
                    f"the feature cache lost the entry of {name}. Run the same command again: it will be computed "
                    "anew."
                )
            variants.append(entry)
        return variants

    def _keys(self, name: str, *, augmented: bool) -> tuple[str, ...]:
        return self.keys[name] if augmented else self.keys[name][:1]
