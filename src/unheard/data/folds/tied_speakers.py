"""What ties utterances, and so speakers: a recording always, a session or a dialogue where they matter.

Two speakers who are heard in one recording cannot stand in two parts of a fold, for whoever has heard the one has
heard the room, the line and the dialogue of the other. So speakers are dealt in sets that nothing ties to each other,
and what shares a recording with the test is left out of train and dev.
"""

import functools
import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from unheard.data.folds.fold import COMPANY, identities, identity
from unheard.errors import SplitError
from unheard.records import Utterance

__all__ = ["advice", "check_company", "company", "recording", "tied_speakers", "ties_between"]


@functools.cache
def _real(file: Path) -> str:
    return os.path.realpath(file)


def recording(utterance: Utterance) -> str:
    """Which recording an utterance is a stretch of: the file that its path leads to, whatever its spelling."""
    return _real(utterance.file)


def company(utterance: Utterance, *, sessions_matter: bool) -> list[tuple[str, str]]:
    """(kind, which one) of everything that an utterance may share with others and that two parts may not."""
    found = [("recording", recording(utterance))]
    for column in COMPANY if sessions_matter else ():
        value = identity(utterance, column)
        found += [] if value is None else [(column, value)]
    return found


def check_company(utterances: Sequence[Utterance]) -> None:
    """Hold that sessions, or else dialogues, are known where they matter.

    An utterance may be part of no dialogue; a session that is not said is one that is not known.

    Raises:
        SplitError: no session and no dialogue is named, or an utterance lacks a session while others name theirs.
    """
    if any(item.session is not None for item in utterances) or all(item.dialogue is None for item in utterances):
        try:
            identities(utterances, "session")
        except SplitError as error:
            mend = "Or, if a shared session is no leak here, set split.sessions = 'ignore': every output will say so."
            raise SplitError(f"{error} {mend}") from error


def tied_speakers(utterances: Sequence[Utterance], *, sessions_matter: bool) -> list[frozenset[str]]:
    """The smallest sets of speakers that can be parted: single ones, or those who are heard together.

    Two speakers are tied if they share a recording (a session or dialogue, where sessions matter), or each is tied to
    a third one.

    Returns:
        Sets of speaker identities, sorted by their first member.
    """
    speakers = identities(utterances, "speaker")
    if sessions_matter:
        check_company(utterances)
    owners = {speaker: speaker for speaker in speakers}
    seats: dict[tuple[str, str], str] = {}
    for item, speaker in zip(utterances, speakers, strict=True):
        for seat in company(item, sessions_matter=sessions_matter):
            old, new = owners[seats.setdefault(seat, speaker)], owners[speaker]
            if old != new:
                owners = {key: old if owner == new else owner for key, owner in owners.items()}
    groups: dict[str, set[str]] = defaultdict(set)
    for speaker, owner in owners.items():
        groups[owner].add(speaker)
    return sorted((frozenset(group) for group in groups.values()), key=min)


def _shared_seats(utterances: Iterable[Utterance], *, sessions_matter: bool) -> dict[tuple[str, str], set[str]]:
    """Of each recording, session and dialogue that more than one speaker is heard in: who they are."""
    heard: dict[tuple[str, str], set[str]] = defaultdict(set)
    for item in utterances:
        for seat in company(item, sessions_matter=sessions_matter):
            heard[seat].add(str(identity(item, "speaker")))
    return {seat: who for seat, who in heard.items() if len(who) > 1}


def ties_between(utterances: Iterable[Utterance], *, sessions_matter: bool) -> list[str]:
    """In what speakers are heard together: of 'recording', 'session' and 'dialogue' those that apply."""
    kinds = {kind for kind, _ in _shared_seats(utterances, sessions_matter=sessions_matter)}
    return [kind for kind in ("recording", *COMPANY) if kind in kinds]


def advice(utterances: Sequence[Utterance], *, sessions_matter: bool) -> str:
    """What can be done where speakers who are heard together leave too few sets, in a sentence or two.

    Empty where nobody is tied to anybody.
    """
    seats = _shared_seats(utterances, sessions_matter=sessions_matter)
    if not seats:
        return ""
    largest = max(tied_speakers(utterances, sessions_matter=sessions_matter), key=len)
    places = Counter(who for heard in seats.values() for who in heard)
    most, count = min(places.items(), key=lambda pair: (-pair[1], pair[0]))
    kinds = ties_between(utterances, sessions_matter=sessions_matter)
    said = (
        f" {len(largest)} speakers are tied to each other by {' and '.join(f'{kind}s' for kind in kinds)} that they "
        f"share; '{most}' is in {count} of the {len(seats)} that are shared."
    )
    if "recording" in kinds:
        said += (
            f" If each speaker has a channel, save the channels as files of their own; or leave '{most}' out of the "
            "table; or take split.name = 'random' with split.dev = 'utterances', a diagnostic that shares speakers."
        )
    if set(kinds) & set(COMPANY):
        said += " If a shared session is no leak here, set split.sessions = 'ignore': every output will say so."
    return said
