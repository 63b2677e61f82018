"""Leave one speaker out: every speaker is the test of one fold.

Where sessions matter, whoever shares a session with the tested speaker is left out of that session. A fold
may hold one emotion only, so pool the predictions of all folds before computing UAR.
"""

from collections.abc import Sequence

from unheard.data.folds.dev import Cut, DevSettings, make_fold
from unheard.data.folds.fold import Fold
from unheard.data.folds.groups import by_identity, names_where, title
from unheard.records import Utterance

__all__ = ["DISJOINT", "INFLATED", "Settings", "propose"]

DISJOINT = frozenset({"speaker"})
"""Train, dev and test share no speaker."""
INFLATED = False


class Settings(DevSettings):
    """Nothing but the dev part: `dev_speakers`."""


def propose(
    utterances: Sequence[Utterance], settings: Settings, *, seed: int, sessions_matter: bool = False
) -> list[Fold]:
    """One fold a speaker, named `speaker-<speaker>`, in the order of the speakers.

    Args:
        utterances: all utterances of the plan.
        settings: see `Settings`.
        seed: decides between equally good dev speakers.
        sessions_matter: whether parts must not share a session either.

    Raises:
        SplitError: a speaker is not known, or fewer than three speakers.
    """
    speakers = by_identity(utterances, "speaker").keys()
    folds = []
    for speaker in speakers:
        apart = {"speaker": frozenset({speaker})}
        cut = Cut(f"speaker-{title(speaker, speakers)}", names_where(utterances, apart), apart)
        folds.append(make_fold(utterances, cut, settings, seed=seed, sessions_matter=sessions_matter))
    return folds
