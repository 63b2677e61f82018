"""What a job reads of a corpus: who says what, and where the features of it lie."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from unheard.errors import RunError
from unheard.experiment.recipe import RunRecipe
from unheard.features.cache import read_entry
from unheard.records import Features, Utterance

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

    def features(self, name: str, *, augmented: bool) -> list[Features]:
        """The variants of an utterance, the unperturbed one first, or that one alone.

        Raises:
            RunError: the cache has lost one.
        """
        variants = []
        for key in self.keys[name][: None if augmented else 1]:
            entry = read_entry(self.cache, key)
            if entry is None:
                raise RunError(
                    f"the feature cache lost the entry of {name}. Run the same command again: it will be computed "
                    "anew."
                )
            variants.append(entry)
        return variants
