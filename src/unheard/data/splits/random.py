"""A random split: a diagnostic of what the field's habit is worth. Inflated, and marked so everywhere.

Its test speakers are training speakers, so that the figure rises by whatever the model remembers of them.
Compare it with a speaker-disjoint figure; never report it alone.

With dev by speakers, the rule of every other split, those who chose the epoch are tested and not in train: the
inflation comes out a little small. With dev by utterances, the whole habit, everyone who is tested is in train.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from unheard.data.folds.dev import Cut, DevSettings, make_fold
from unheard.data.folds.fold import Fold
from unheard.data.folds.groups import by_identity, shuffled
from unheard.data.folds.tied_speakers import recording
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

    Stretches of one recording are dealt as one.

    Args:
        utterances: all utterances of the plan, without duplicates by content.
        settings: see `Settings`.
        seed: decides the order, and between equally good dev speakers.
        sessions_matter: without effect; nothing but recordings is apart here.

    Raises:
        SplitError: a speaker is not known (dev is parted by speaker), or there are too few.
    """
    del sessions_matter
    dealt = _recordings(utterances)
    emotions = {first: _emotion(items) for first, items in dealt.items()}
    order = sorted(shuffled(emotions, seed, "random split"), key=lambda name: emotions[name])
    tests = [
        frozenset(item.name for key in order[first :: settings.folds] for item in dealt[key])
        for first in range(settings.folds)
    ]
    cuts = [Cut(f"random-{number}", test) for number, test in enumerate(tests, start=1)]
    if settings.dev == "utterances":
        return [_dealt(utterances, cut, settings, seed) for cut in cuts]
    return [make_fold(utterances, cut, settings, seed=seed, sessions_matter=False) for cut in cuts]


def _recordings(utterances: Sequence[Utterance]) -> dict[str, list[Utterance]]:
    """Name of the first utterance of each recording -> all that are of it, so that no recording is torn apart."""
    found: dict[str, list[Utterance]] = {}
    for item in sorted(utterances, key=lambda item: item.name):
        found.setdefault(recording(item), []).append(item)
    return {items[0].name: items for items in found.values()}


def _emotion(items: Sequence[Utterance]) -> str:
    """The emotion that most utterances of a recording have, the first by name of equals."""
    counts = Counter(str(item.emotion) for item in items)
    return min(counts, key=lambda emotion: (-counts[emotion], emotion))


def _dealt(utterances: Sequence[Utterance], cut: Cut, settings: Settings, seed: int) -> Fold:
    """A fold whose dev part is drawn from all that is not tested, alike in emotions.

    Raises:
        SplitError: nothing would be left for train.
    """
    dealt = _recordings([item for item in utterances if item.name not in cut.test])
    emotions = {first: _emotion(items) for first, items in dealt.items()}
    order = sorted(shuffled(emotions, seed, f"dev of {cut.name}"), key=lambda name: emotions[name])
    wanted = settings.dev_speakers
    share = wanted / len(by_identity(utterances, "speaker")) if isinstance(wanted, int) else wanted
    whole = len(_recordings(utterances)) if isinstance(wanted, int) else len(order)
    count = max(1, round(share * whole)) if settings.has_dev else 0
    if count >= len(order):
        raise SplitError(
            f"fold '{cut.name}': {count} dev utterances asked for, and {len(order)} are not tested. "
            "Ask for fewer dev_speakers, or for more folds."
        )
    chosen = [order[(2 * place + 1) * len(order) // (2 * count)] for place in range(count)]
    dev = {item.name for key in chosen for item in dealt[key]}
    rest = {item.name for items in dealt.values() for item in items}
    return Fold(
        name=cut.name,
        train=tuple(sorted(rest - dev)),
        dev=tuple(sorted(dev)),
        test=tuple(sorted(cut.test)),
    )
