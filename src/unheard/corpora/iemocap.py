"""IEMOCAP: ten actors in five sessions of two, improvised and scripted dialogues in English.

The owners cut each dialogue into turns, `Session1/sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav`; the
last field says who speaks (F or M of that session), which the letter in the dialogue's name does not.
Categories and dimensions stand in `Session1/dialog/EmoEvaluation/Ses01F_impro01.txt`, words in
`Session1/dialog/transcriptions`. The partner is heard too, so parts of a split may not share a session.
"""

import re
from pathlib import Path
from typing import Literal, NamedTuple

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.errors import CorpusError
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="iemocap",
    title="Interactive Emotional Dyadic Motion Capture database (IEMOCAP)",
    license="owners' license, research use, on request",
    citation="C. Busso, M. Bulut, C.-C. Lee, A. Kazemzadeh, E. Mower, S. Kim, J. N. Chang, S. Lee, "
    "S. S. Narayanan: IEMOCAP: Interactive Emotional Dyadic Motion Capture Database. Language Resources and "
    "Evaluation 42(4), 2008, pp. 335-359.",
    languages=("en",),
    obtain="Ask the owners for it at https://sail.usc.edu/iemocap and name the folder that holds Session1 to "
    "Session5.",
    sessions_matter=True,
    speech="acted, scripted and improvised",
)

_NAME = re.compile(r"(?P<dialogue>Ses0(?P<session>[1-5])[FM]_(?P<kind>impro|script)\w+)_(?P<gender>[FM])\d+")
_NUMBER = r"(-?\d+(?:\.\d+)?)"
_LINE = re.compile(
    rf"\[{_NUMBER} - {_NUMBER}\]\s+(\S+)\s+([a-z]+)\s+\[{_NUMBER},\s*{_NUMBER},\s*{_NUMBER}\]", re.IGNORECASE
)
_WORDS = re.compile(r"(\S+)\s+\[[^\]]*\]:?\s*(.*)")
_SCRIPT = re.compile(r"script\d+_\d+")
_FOUR = frozenset({"anger", "happiness", "excitement", "sadness", "neutral"})
_NO_AGREEMENT = "xxx"


class _Rating(NamedTuple):
    """One line of EmoEvaluation; the dimensions in [0, 1]."""

    start: float
    emotion: str
    valence: float
    arousal: float
    dominance: float
    turn: int = 0


def read(folder: Path, *, classes: Literal["four", "full"] = "four", bad: Bad | None = None) -> list[Utterance]:
    """The turns of IEMOCAP, sorted by name.

    Dimensions are mapped from the owners' 1 to 5 onto [0, 1], clipped, since a few means lie above 5. `turn`
    counts the rated turns of a dialogue by their start, from 0, before any class is dropped. `sentence` is
    the script and its part, and None where the actors improvise.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        classes: 'four' keeps anger, happiness (with excitement), sadness and neutral, the task of most
            papers; 'full' keeps every turn with its own category, None where the raters did not agree (xxx).
        bad: where to set files aside that do not follow the naming or have no rating; None raises.

    Raises:
        CorpusError: the folder is missing or empty, the ratings are missing, or a file does not follow the
            naming.

    Reference: Busso et al. 2008, sections on segmentation and on categorical and dimensional annotation.
    """
    if classes not in {"four", "full"}:
        raise CorpusError(CARD.name, f"classes is '{classes}'", "Choose 'four' or 'full'.")
    ratings = _ratings(Path(folder))
    words = _transcripts(Path(folder))

    def parse(name: str, file: Path) -> Utterance | None:
        if "sentences" not in Path(name).parts:
            return None  # dialog/wav holds whole conversations
        utterance = _utterance(name, file, ratings)
        return _keep(utterance.replace(transcript=words.get(file.stem)), classes)

    return collect(folder, CARD, parse, bad)


def _utterance(name: str, file: Path, ratings: dict[str, _Rating]) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike Ses01F_impro01_F000 (dialogue, speaker and number)")
    if file.stem not in ratings:
        raise Unusable("no line in dialog/EmoEvaluation")
    rating = ratings[file.stem]
    script = _SCRIPT.search(match["dialogue"])
    agreed = rating.emotion.lower() != _NO_AGREEMENT
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["session"] + match["gender"],
        gender=match["gender"].lower(),
        language="en",
        emotion=emotion_of(rating.emotion, CARD.name) if agreed else None,
        arousal=rating.arousal,
        valence=rating.valence,
        dominance=rating.dominance,
        sentence=script[0] if script else None,
        session=match["session"],
        dialogue=match["dialogue"],
        turn=rating.turn,
    )


def _keep(utterance: Utterance, classes: str) -> Utterance | None:
    if classes == "full":
        return utterance
    if utterance.emotion not in _FOUR:
        return None
    return utterance.replace(emotion="happiness") if utterance.emotion == "excitement" else utterance


def _ratings(folder: Path) -> dict[str, _Rating]:
    """Name of a turn -> its rating, with its position in the dialogue."""
    files = sorted(folder.glob("Session*/dialog/EmoEvaluation/Ses*.txt"))
    if folder.is_dir() and not files:
        problem = f"no ratings (SessionN/dialog/EmoEvaluation/*.txt) lie under '{folder}'"
        raise CorpusError(CARD.name, problem, CARD.obtain)
    ratings: dict[str, _Rating] = {}
    for file in files:
        if file.name.startswith("."):
            continue
        matches = [_LINE.match(line) for line in _lines(file)]
        found = {match[3]: _rating(match) for match in matches if match}
        order = sorted(found, key=lambda name: (found[name].start, name))
        ratings |= {name: found[name]._replace(turn=turn) for turn, name in enumerate(order)}
    return ratings


def _rating(match: re.Match[str]) -> _Rating:
    # The owners' order is valence, activation, dominance.
    valence, arousal, dominance = (_unit(float(match[group])) for group in (5, 6, 7))
    return _Rating(float(match[1]), match[4], valence, arousal, dominance)


def _unit(rating: float) -> float:
    """A mean rating on 1 to 5 as a value in [0, 1]."""
    return min(max((rating - 1.0) / 4.0, 0.0), 1.0)


def _transcripts(folder: Path) -> dict[str, str]:
    words: dict[str, str] = {}
    for file in sorted(folder.glob("Session*/dialog/transcriptions/Ses*.txt")):
        matches = [_WORDS.match(line) for line in _lines(file)]
        words |= {match[1]: match[2].strip() for match in matches if match}
    return words


def _lines(file: Path) -> list[str]:
    # Some transcripts hold stray bytes of an older encoding; names and numbers are ASCII.
    return file.read_text(encoding="utf-8", errors="replace").splitlines()
