"""A random split: a diagnostic of what the field's habit is worth. Inflated, and marked so everywhere.

Its test speakers are training speakers, so that the figure rises by whatever the model remembers of them.
Compare it with a speaker-disjoint figure; never report it alone.
"""

from collections.abc import Sequence

from pydantic import Field

from unheard.data.splits._dev import Cut, DevSettings, make_fold
from unheard.data.splits._folds import Fold
from unheard.data.splits._groups import shuffled
from unheard.records import Utterance

__all__ = ["DISJOINT", "INFLATED", "WHY_INFLATED", "Settings", "propose"]

DISJOINT: frozenset[str] = frozenset()
"""Nothing is promised apart, save recordings by content, as in every plan."""
INFLATED = True
WHY_INFLATED = "The tested speakers and sentences are in the training data."


class Settings(DevSettings):
    """How many folds.

    Args:
        folds: number of folds, 2 or more.
        dev_speakers: see `DevSettings`; dev is apart from train by speaker here too, and only the test is
            not.
    """

    folds: int = Field(default=5, ge=2)


def propose(
    utterances: Sequence[Utterance], settings: Settings, *, seed: int, sessions_matter: bool = False
) -> list[Fold]:
    """Folds named `random-1`, `random-2`, ...: the utterances of each emotion dealt in seeded order.

    Args:
        utterances: all utterances of the plan, without duplicates by content.
        settings: see `Settings`.
        seed: decides the order, and between equally good dev speakers.
        sessions_matter: without effect; nothing but recordings is apart here.

    Raises:
        SplitError: a speaker is not known (dev is parted by speaker), or there are too few.
    """
    del sessions_matter
    emotions = {utterance.name: str(utterance.emotion) for utterance in utterances}
    order = sorted(shuffled(emotions, seed, "random split"), key=lambda name: emotions[name])
    tests = [frozenset(order[first :: settings.folds]) for first in range(settings.folds)]
    return [
        make_fold(utterances, Cut(f"random-{number}", test), settings, seed=seed, sessions_matter=False)
        for number, test in enumerate(tests, start=1)
    ]
