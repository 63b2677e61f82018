"""From a test part to a whole fold: what is left out, and which speakers become the dev part.

The dev part is apart from train by speaker in every split, the inflated ones too, so that the rule that
selects the epoch is the same everywhere; where sessions matter, the splits that are not inflated part it by
session too.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, field_validator

from unheard.data.folds.fold import Fold, identities, identity
from unheard.data.folds.groups import by_identity, shuffled
from unheard.data.folds.tied_speakers import advice, company, tied_speakers, ties_between
from unheard.errors import SplitError
from unheard.records import Utterance

__all__ = ["Cut", "DevSettings", "make_fold", "part_dev"]


class DevSettings(BaseModel):
    """What every split can be told.

    Args:
        dev_speakers: how many of the speakers that are not tested become the dev part; a whole number counts
            them, a fraction in (0, 1) is their share (at least one speaker). 0 leaves no dev part, so that nothing
            can be chosen on one: for corpora of two speakers, and recipes that keep the last epoch.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dev_speakers: int | float = 0.2

    @field_validator("dev_speakers", mode="before")
    @classmethod
    def _in_range(cls, value: object) -> object:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError("expected a whole number of speakers, or a fraction between 0 and 1")  # noqa: TRY004 - pydantic's way
        if isinstance(value, int) and value < 0:
            raise ValueError("expected 1 or more, or 0 for no dev part")
        if isinstance(value, float) and not 0 < value < 1:
            raise ValueError("a share must lie between 0 and 1; a number of speakers is written without a point")
        return value

    @property
    def has_dev(self) -> bool:
        """Whether a dev part is asked for."""
        return self.dev_speakers != 0


@dataclass(frozen=True, slots=True)
class Cut:
    """What one fold tests, before the rest is parted.

    Args:
        name: the fold's name.
        test: names of the utterances to test.
        apart: column -> identities that neither train nor dev may hold.
    """

    name: str
    test: frozenset[str]
    apart: Mapping[str, frozenset[str]] = field(default_factory=dict)


class _TooFew(Exception):  # noqa: N818 - never leaves this file: it becomes a SplitError, with or without advice
    """Too few speakers are left for train and dev."""


def make_fold(
    utterances: Sequence[Utterance], cut: Cut, settings: DevSettings, *, seed: int, sessions_matter: bool
) -> Fold:
    """The fold of a cut: the test as given, dev by whole speakers, the rest train or excluded.

    What shares a recording with the test is excluded, and where sessions matter a session or dialogue, too.

    Args:
        utterances: all utterances of the plan.
        cut: what is tested and what must stay apart from it.
        settings: how many dev speakers.
        seed: with the fold's name, decides between equally good dev speakers.
        sessions_matter: keep sessions and dialogues of the test out of train and dev, and part dev from train by
            them.

    Raises:
        SplitError: too few speakers (or sessions) are left for train and dev, or a column that is needed is
            missing.
    """
    tested = {
        seat
        for item in utterances
        if item.name in cut.test
        for seat in company(item, sessions_matter=sessions_matter)
    }
    rest: list[Utterance] = []
    excluded: list[Utterance] = []
    for utterance in sorted(utterances, key=lambda item: item.name):
        if utterance.name not in cut.test:
            barred = any(identity(utterance, column) in values for column, values in cut.apart.items())
            barred = barred or not tested.isdisjoint(company(utterance, sessions_matter=sessions_matter))
            (excluded if barred else rest).append(utterance)
    try:
        train, dev = _part(rest, cut.name, settings, seed=seed, sessions_matter=sessions_matter)
    except _TooFew as error:
        # Not of the rest: who is tied to everybody else may have taken all of it along.
        raise SplitError(f"{error}{advice(utterances, sessions_matter=sessions_matter)}") from error
    return Fold(cut.name, train, dev, tuple(sorted(cut.test)), tuple(item.name for item in excluded))


def part_dev(
    rest: Sequence[Utterance], fold: str, settings: DevSettings, *, seed: int, sessions_matter: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The names of train and of dev: what the test leaves, parted by whole speakers.

    Args:
        rest: what may be learned from.
        fold: name of the fold.
        settings: how many dev speakers.
        seed: with the fold's name, decides between equally good dev speakers.
        sessions_matter: whether train and dev may share no session or dialogue either.

    Raises:
        SplitError: there are too few speakers (or sessions), or a column that is needed is missing.
    """
    try:
        return _part(rest, fold, settings, seed=seed, sessions_matter=sessions_matter)
    except _TooFew as error:
        raise SplitError(str(error)) from error


def _part(
    rest: Sequence[Utterance], fold: str, settings: DevSettings, *, seed: int, sessions_matter: bool
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    chosen: frozenset[str] = frozenset()
    if settings.has_dev:
        chosen = _dev_speakers(rest, fold, settings.dev_speakers, seed=seed, sessions_matter=sessions_matter)
    elif not rest:
        raise _TooFew(f"fold '{fold}': the test leaves nobody to train on. Ask for smaller test groups.")
    is_dev = [speaker in chosen for speaker in identities(rest, "speaker")]
    train = tuple(item.name for item, dev in zip(rest, is_dev, strict=True) if not dev)
    return train, tuple(item.name for item, dev in zip(rest, is_dev, strict=True) if dev)


def _dev_speakers(
    rest: Sequence[Utterance], fold: str, wanted: float, *, seed: int, sessions_matter: bool
) -> frozenset[str]:
    """The speakers of the dev part.

    Picked one set of tied speakers at a time; the best set (1) takes no emotion's last speaker from train,
    (2) brings most emotions that dev has not, (3) brings the gender that dev lacks most, (4) comes first in
    seeded order.
    """
    units = tied_speakers(rest, sessions_matter=sessions_matter)
    known = sum(len(unit) for unit in units)
    count = wanted if isinstance(wanted, int) else max(1, round(wanted * known))
    if len(units) < 2 or count >= known:
        kinds = ties_between(rest, sessions_matter=sessions_matter)
        tie = f" (speakers who share a {' or '.join(kinds)} stay together)" if kinds else ""
        raise _TooFew(
            f"fold '{fold}': {count} dev speakers asked for, but the test leaves {known} speakers in "
            f"{len(units)} separable sets{tie}, and train needs one too. Ask for fewer dev_speakers, or for "
            "smaller test groups."
        )
    pool = _Pool(rest, units, count)
    candidates = shuffled(pool.emotions, seed, f"dev speakers of {fold}")
    while len(candidates) > 1 and len(pool.dev) < count:
        best = max(candidates, key=pool.merit)
        candidates.remove(best)
        pool.take(best)
    return frozenset(pool.dev)


class _Pool:
    """What train still holds and what dev already holds while dev speakers are being picked."""

    def __init__(self, rest: Sequence[Utterance], units: Iterable[frozenset[str]], count: int) -> None:
        spoken = by_identity(rest, "speaker")
        self._units = {min(unit): unit for unit in units}
        self.emotions = {
            key: Counter(item.emotion for speaker in unit for item in spoken[speaker] if item.emotion)
            for key, unit in self._units.items()
        }
        self._genders = {
            key: Counter(str(spoken[speaker][0].gender) for speaker in unit) for key, unit in self._units.items()
        }
        self._train: Counter[str] = sum(self.emotions.values(), Counter())
        everyone: Counter[str] = sum(self._genders.values(), Counter())
        self._want = {gender: count * number / everyone.total() for gender, number in everyone.items()}
        self._heard: set[str] = set()
        self.dev: set[str] = set()

    def merit(self, key: str) -> tuple[int, int, float]:
        """How good it is to move this set from train to dev; larger is better."""
        held = self.emotions[key]
        lost = sum(number >= self._train[emotion] for emotion, number in held.items())
        lack = sum(self._want[gender] * number for gender, number in self._genders[key].items())
        return -lost, len(held.keys() - self._heard), round(lack, 9)

    def take(self, key: str) -> None:
        """Move this set from train to dev."""
        self._train -= self.emotions[key]
        self._heard |= self.emotions[key].keys()
        self.dev |= self._units[key]
        for gender, number in self._genders[key].items():
            self._want[gender] -= number
