"""MSP-IMPROV: twelve actors in six sessions of two, improvised, natural and read English.

A name such as `MSP-IMPROV-S01A-F01-P-FM01` is target sentence and the emotion it was staged for, speaker
(gender and session), condition (P natural interaction between the scenes, S other turns of an improvised
scene, T target sentence improvised, R target sentence read), pair and turn. The consensus of the raters
stands in one file, which the owners spell `Evalution.txt`. The partner is heard too, and the two of a session
share their scenes, so parts of a split may not share a session.
"""

import math
import re
from pathlib import Path
from typing import Literal, NamedTuple

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.errors import CorpusError
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="msp_improv",
    title="MSP-IMPROV: an acted corpus of dyadic interactions",
    license="owners' license, research use, on request",
    citation="C. Busso, S. Parthasarathy, A. Burmania, M. AbdelWahab, N. Sadoughi, E. Mower Provost: "
    "MSP-IMPROV: An Acted Corpus of Dyadic Interactions to Study Emotion Perception. IEEE Transactions on "
    "Affective Computing 8(1), 2017, pp. 67-80.",
    languages=("en",),
    obtain="Ask the owners (MSP lab) for it and name the folder that holds Evalution.txt and session1 to session6.",
    sessions_matter=True,
    speech="acted, improvised, with natural interaction between the takes",
)

_NAME = re.compile(
    r"MSP-IMPROV-S(?P<sentence>\d\d)(?P<target>[AHNS])-(?P<gender>[FM])(?P<session>\d\d)"
    r"-(?P<condition>[PRST])-(?P<pair>[FM]{2})(?P<turn>\d+)"
)
_VALUE = r"(-?\d+(?:\.\d+)?|NaN)"
_LINE = re.compile(
    rf"(?:UTD|MSP)-IMPROV-(\S+?)(?:\.avi|\.wav)?\s*;\s*([A-Z])\s*;\s*A:{_VALUE}\s*;\s*V:{_VALUE}\s*;\s*D:{_VALUE}",
    re.IGNORECASE,
)
_RATINGS = ("Evalution.txt", "Evaluation.txt")
_FOUR = frozenset({"anger", "happiness", "sadness", "neutral"})
_NO_AGREEMENT = "X"


class _Rating(NamedTuple):
    """The consensus of one turn; the dimensions in [0, 1], None where no rater gave one."""

    emotion: str
    arousal: float | None
    valence: float | None
    dominance: float | None


def read(folder: Path, *, classes: Literal["four", "full"] = "four", bad: Bad | None = None) -> list[Utterance]:
    """The turns of MSP-IMPROV, sorted by name.

    Dimensions are mapped from the owners' 1 to 5 onto [0, 1]. Activation is stored from active (1) to passive
    (5), against the other two, and is turned round, so that arousal grows with excitement. `sentence` is
    known for target sentences only (conditions R and T). `turn` is the owners' number, which counts within
    session, scene, condition and pair: that is the dialogue.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        classes: 'four' keeps anger, happiness, sadness and neutral; 'full' keeps every turn, `other` and, as
            None, those without agreement (X).
        bad: where to set files aside that do not follow the naming or have no rating; None raises.

    Raises:
        CorpusError: the folder is missing or empty, the ratings are missing, or a file does not follow the
            naming.

    Reference: Busso et al. 2017, sections on the recording protocol and on the perceptual evaluation.
    """
    if classes not in {"four", "full"}:
        raise CorpusError(CARD.name, f"classes is '{classes}'", "Choose 'four' or 'full'.")
    ratings = _ratings(Path(folder))

    def parse(name: str, file: Path) -> Utterance | None:
        utterance = _utterance(name, file, ratings)
        return utterance if classes == "full" or utterance.emotion in _FOUR else None

    return collect(folder, CARD, parse, bad)


def _utterance(name: str, file: Path, ratings: dict[str, _Rating]) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike MSP-IMPROV-S01A-F01-P-FM01 (sentence, speaker, condition, turn)")
    rating = ratings.get(file.stem.removeprefix("MSP-IMPROV-"))
    if rating is None:
        raise Unusable("no line in Evalution.txt")
    agreed = rating.emotion.upper() != _NO_AGREEMENT
    scene = f"S{match['sentence']}{match['target']}"
    session = str(int(match["session"]))
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["gender"] + match["session"],
        gender=match["gender"].lower(),
        language="en",
        emotion=emotion_of(rating.emotion, CARD.name) if agreed else None,
        arousal=rating.arousal,
        valence=rating.valence,
        dominance=rating.dominance,
        sentence=match["sentence"] if match["condition"] in "RT" else None,
        session=session,
        dialogue=f"{session}-{scene}-{match['condition']}-{match['pair']}",
        turn=int(match["turn"]),
    )


def _ratings(folder: Path) -> dict[str, _Rating]:
    """Name of a turn without its prefix -> the consensus of its raters."""
    if not folder.is_dir():
        return {}
    files = [file for name in _RATINGS for file in sorted(folder.rglob(name))]
    if not files:
        problem = f"no ratings ({' or '.join(_RATINGS)}) lie under '{folder}'"
        raise CorpusError(CARD.name, problem, CARD.obtain)
    lines = files[0].read_text(encoding="utf-8", errors="replace").splitlines()
    matches = [_LINE.match(line.strip()) for line in lines]
    # The lines between are single raters, which do not begin with the name of a turn.
    found = {match[1].upper(): _rating(match) for match in matches if match}
    if not found:
        problem = f"{files[0].name} holds no line like 'UTD-IMPROV-S01A-F01-P-FM01.avi; N; A:3.0; V:3.5; D:3.0;'"
        raise CorpusError(CARD.name, problem, "Take the file from the owners' release again.")
    return found


def _rating(match: re.Match[str]) -> _Rating:
    passive, valence, dominance = (_unit(float(match[group])) for group in (3, 4, 5))
    return _Rating(match[2], None if passive is None else 1.0 - passive, valence, dominance)


def _unit(rating: float) -> float | None:
    """A mean rating on 1 to 5 as a value in [0, 1], None for NaN."""
    return None if math.isnan(rating) else min(max((rating - 1.0) / 4.0, 0.0), 1.0)
