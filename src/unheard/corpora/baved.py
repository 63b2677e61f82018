"""BAVED: seven Arabic words, each spoken with a low, a normal and a high level of emotion.

A name such as `46-m-20-0-1-157` is speaker, gender, age, word (0 to 6), level (0 to 2) and number of the recording.
The owners count 1935 recordings of 61 speakers (45 men, 16 women).
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect
from unheard.data.labels import known
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="baved",
    title="Basic Arabic Vocal Emotions Dataset (BAVED)",
    license="not found out: the owners' repository has no license text",
    citation="A. Aouf: Basic Arabic Vocal Emotions Dataset (BAVED), "
    "https://github.com/40uf411/Basic-Arabic-Vocal-Emotions-Dataset.",
    languages=("ar",),
    obtain="Clone https://github.com/40uf411/Basic-Arabic-Vocal-Emotions-Dataset and name its folder, which holds 0 "
    "to 6.",
    speech="acted",
    notes="Speakers 46 and 53 are the same recordings under two numbers: both are read as speaker 46, so that no "
    "split parts them; byte-identical copies are set aside as they are in every corpus. Its labels are levels, not "
    "emotions: 0 is low (tired, down), 1 the daily, neutral way to speak, 2 a high level of any emotion, positive "
    "or negative. Level 1 is read as neutral, 0 and 2 have no emotion; that the levels are arousal (0, 0.5, 1) is "
    "our reading.",
)

_NAME = re.compile(r"(?P<speaker>\d+)-(?P<gender>[mf])-(?P<age>\d+)-(?P<word>\d+)-(?P<level>\d+)-(?P<record>\d+)")
_SAME = {"53": "46"}
_WORDS, _LEVELS = 7, 3


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of BAVED, sorted by name; `sentence` is the number of the word, `arousal` the level.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: the owners' README on the words, the levels and the naming of files.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.lower())
    if match is None:
        raise Unusable("a name unlike 46-m-20-0-1-157 (speaker, gender, age, word, level, number)")
    word, level = int(match["word"]), int(match["level"])
    if word >= _WORDS or level >= _LEVELS:
        raise Unusable(f"word '{word}' and level '{level}', expected 0-{_WORDS - 1} and 0-{_LEVELS - 1}")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=_SAME.get(match["speaker"], match["speaker"]),
        gender=match["gender"],
        language="ar",
        emotion=known(CARD.name).get(str(level)),
        arousal=level / (_LEVELS - 1),
        sentence=str(word),
    )
