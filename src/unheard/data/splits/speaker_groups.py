"""Speaker groups: speakers dealt into groups of alike size, emotions and genders; each group is tested once.

Where sessions matter, speakers who share a session go into the same group, so that nothing is left out.
"""

from collections.abc import Sequence

from pydantic import Field

from unheard.data.folds.dev import Cut, DevSettings, make_fold
from unheard.data.folds.fold import Fold
from unheard.data.folds.groups import balanced_groups, names_where
from unheard.records import Utterance

__all__ = ["DISJOINT", "INFLATED", "Settings", "propose"]

DISJOINT = frozenset({"speaker"})
"""Train, dev and test share no speaker."""
INFLATED = False


class Settings(DevSettings):
    """How many groups.

    Args:
        groups: number of speaker groups, and so of folds; 2 or more.
        dev_speakers: see `DevSettings`.
    """

    groups: int = Field(default=5, ge=2)


def propose(
    utterances: Sequence[Utterance], settings: Settings, *, seed: int, sessions_matter: bool = False
) -> list[Fold]:
    """One fold a group, named `speakers-1`, `speakers-2`, ...

    Args:
        utterances: all utterances of the plan.
        settings: see `Settings`.
        seed: decides in which order speakers of equal size are dealt, and between equally good dev speakers.
        sessions_matter: whether parts must not share a session either.

    Raises:
        SplitError: a speaker is not known, or there are too few speakers.
    """
    groups = balanced_groups(utterances, settings.groups, seed=seed, sessions_matter=sessions_matter)
    folds = []
    for number, group in enumerate(groups, start=1):
        apart = {"speaker": group}
        cut = Cut(f"speakers-{number}", names_where(utterances, apart), apart)
        folds.append(make_fold(utterances, cut, settings, seed=seed, sessions_matter=sessions_matter))
    return folds
