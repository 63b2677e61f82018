"""Which classes each column has, learned from the training part: a name becomes a number here, and nowhere else.

A speaker, a sentence, a session and a dialogue are local to their corpus: two corpora's '01' are two people.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from unheard.data.folds.fold import identity
from unheard.errors import SplitError
from unheard.identities import IDENTITIES
from unheard.records import UNLABELED, Utterance

__all__ = ["DOMAINS", "Vocabulary", "value_of"]

DOMAINS = ("speaker", "gender", "language", "corpus", "sentence", "session", "dialogue")
"""The columns of an utterance that an objective may tell apart, or hide."""


def value_of(utterance: Utterance, column: str) -> str | None:
    """The class of an utterance in a column of DOMAINS, None where it is not known.

    >>> from pathlib import Path
    >>> item = Utterance(Path("a.wav"), "a.wav", "emodb", speaker="03", gender="m")
    >>> value_of(item, "speaker"), value_of(item, "gender"), value_of(item, "session")
    ('emodb/03', 'm', None)
    """
    if column in IDENTITIES:
        return identity(utterance, column)
    value = getattr(utterance, column)
    return None if value is None else str(value)


@dataclass(frozen=True)
class Vocabulary:
    """Column -> its classes, in the order of their numbers.

    Args:
        classes: of each column.
    """

    classes: Mapping[str, tuple[str, ...]]

    @classmethod
    def fit(cls, utterances: Iterable[Utterance], columns: Sequence[str] = DOMAINS) -> "Vocabulary":
        """The classes that some utterances have, sorted; what is not known of one is no class.

        Args:
            utterances: the training part.
            columns: some of DOMAINS.
        """
        found: dict[str, set[str]] = {column: set() for column in columns}
        for utterance in utterances:
            for column, values in found.items():
                value = value_of(utterance, column)
                if value is not None:
                    values.add(value)
        return cls({column: tuple(sorted(values)) for column, values in found.items()})

    def with_classes(self, column: str, classes: Sequence[str]) -> "Vocabulary":
        """The same with one more column, whose classes are given: those that are predicted, say."""
        return replace(self, classes={**self.classes, column: tuple(classes)})

    def numbers(self, column: str, values: Iterable[str | None]) -> NDArray[np.int64]:
        """The number of each value, shape (items,); UNLABELED for None and for what the training part has not.

        >>> Vocabulary({"gender": ("f", "m")}).numbers("gender", ["m", None, "o"]).tolist()
        [1, -1, -1]
        """
        known = {value: number for number, value in enumerate(self.classes[column])}
        return np.array([UNLABELED if one is None else known.get(one, UNLABELED) for one in values], dtype=np.int64)

    def columns(self, utterances: Sequence[Utterance]) -> dict[str, NDArray[np.int64]]:
        """The numbers of some utterances in each column of DOMAINS that is fitted, shape (items,) each."""
        return {
            column: self.numbers(column, (value_of(item, column) for item in utterances))
            for column in self.classes
            if column in DOMAINS
        }

    def count(self, domain: str) -> int:
        """How many classes a domain has.

        Raises:
            SplitError: it is no domain, or has fewer than two classes, so that there is nothing to tell apart.
        """
        if domain not in self.classes or domain not in DOMAINS:
            raise SplitError(f"no domain is called '{domain}'. Known: {', '.join(sorted(DOMAINS))}.")
        classes = self.classes[domain]
        if len(classes) < 2:
            one = f"only {classes[0]}" if classes else "none"
            raise SplitError(
                f"the training part has no two values of {domain}, {one}, so that there is nothing to tell apart. "
                "Fill that column, or choose another domain."
            )
        return len(classes)
