"""A random split: a diagnostic of what the field's habit is worth. Inflated, and marked so everywhere.

Its test speakers are training speakers, so that the figure rises by whatever the model remembers of them.
Compare it with a speaker-disjoint figure; never report it alone.

With dev by speakers, the rule of every other split, those who chose the epoch are tested and not in train: the
inflation comes out a little small. With dev by utterances, the whole habit, everyone who is tested is in train.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from unheard.data.splits._dev import Cut, DevSettings, make_fold
from unheard.data.splits._folds import Fold
from unheard.data.splits._groups import by_identity, shuffled
from unheard.errors import SplitError
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
        dev: 'speakers' parts dev from train by speaker, as every split does, so that only the test is not;
            'utterances' deals dev at random as well.
        dev_speakers: see `DevSettings`; with dev by utterances, as many utterances as that many speakers have on
            average.
    """

    folds: int = Field(default=5, ge=2)
    dev: Literal["speakers", "utterances"] = "speakers"


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
    if settings.dev == "utterances":
        return [
            _dealt(utterances, Cut(f"random-{number}", test), settings, seed)
            for number, test in enumerate(tests, start=1)
        ]
    return [
        make_fold(utterances, Cut(f"random-{number}", test), settings, seed=seed, sessions_matter=False)
        for number, test in enumerate(tests, start=1)
    ]


def _dealt(utterances: Sequence[Utterance], cut: Cut, settings: Settings, seed: int) -> Fold:
    """A fold whose dev part is drawn from all that is not tested, alike in emotions.

    Raises:
        SplitError: nothing would be left for train.
    """
    emotions = {item.name: str(item.emotion) for item in utterances if item.name not in cut.test}
    order = sorted(shuffled(emotions, seed, f"dev of {cut.name}"), key=lambda name: emotions[name])
    wanted = settings.dev_speakers
    share = wanted / len(by_identity(utterances, "speaker")) if isinstance(wanted, int) else wanted
    count = max(1, round(share * (len(utterances) if isinstance(wanted, int) else len(order))))
    if count >= len(order):
        raise SplitError(
            f"fold '{cut.name}': {count} dev utterances asked for, and {len(order)} are not tested. "
            "Ask for fewer dev_speakers, or for more folds."
        )
    dev = {order[(2 * place + 1) * len(order) // (2 * count)] for place in range(count)}
    return Fold(
        name=cut.name,
        train=tuple(sorted(emotions.keys() - dev)),
        dev=tuple(sorted(dev)),
        test=tuple(sorted(cut.test)),
    )
