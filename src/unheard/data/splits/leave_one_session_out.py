"""Leave one session out: every recording session is the test of one fold (the custom of IEMOCAP).

Speakers of the tested session are left out of train and dev in other sessions too. Where sessions matter
(dialogue corpora: the partner leaks), the dev part is made of whole sessions, at least one.
"""

from collections.abc import Sequence

from unheard.data.folds.dev import Cut, DevSettings, make_fold
from unheard.data.folds.fold import Fold, identities
from unheard.data.folds.groups import by_identity, names_where, title
from unheard.records import Utterance

__all__ = ["DISJOINT", "INFLATED", "Settings", "propose"]

DISJOINT = frozenset({"speaker", "session"})
"""The test shares no session with the rest; train, dev and test share no speaker."""
INFLATED = False


class Settings(DevSettings):
    """Nothing but the dev part: `dev_speakers`."""


def propose(
    utterances: Sequence[Utterance], settings: Settings, *, seed: int, sessions_matter: bool = False
) -> list[Fold]:
    """One fold a session, named `session-<session>`, in the order of the sessions.

    Args:
        utterances: all utterances of the plan.
        settings: see `Settings`.
        seed: decides between equally good dev speakers (or sessions).
        sessions_matter: whether dev and train must not share a session either.

    Raises:
        SplitError: a speaker or session is not known, or too few speakers (sessions) are left for train and
            dev.
    """
    sessions = by_identity(utterances, "session")
    folds = []
    for session in sessions:
        heard = frozenset(identities(sessions[session], "speaker"))
        test = names_where(utterances, {"session": {session}})
        cut = Cut(f"session-{title(session, sessions)}", test, {"session": frozenset({session}), "speaker": heard})
        folds.append(make_fold(utterances, cut, settings, seed=seed, sessions_matter=sessions_matter))
    return folds
