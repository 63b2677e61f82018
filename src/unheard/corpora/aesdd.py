"""AESDD: Greek actors, five emotions, twenty utterances an emotion.

A name such as `f18 (5)b` is emotion (its first letter), number of the utterance, speaker, and a letter where a
second take was kept. Version 1 has five speakers (3 f, 2 m) and about 500 recordings; the owners add to it.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="aesdd",
    title="Acted Emotional Speech Dynamic Database (AESDD)",
    license="not found out: publicly available (owners' page), no license text",
    citation="N. Vryzas, R. Kotsakis, A. Liatsou, C. A. Dimoulas, G. Kalliris: Speech Emotion Recognition for "
    "Performance Interaction. Journal of the Audio Engineering Society 66(6), 2018, pp. 457-467.",
    languages=("el",),
    obtain="Download it by http://m3c.web.auth.gr/research/aesdd-speech-emotion-recognition and name the unpacked "
    "folder, which holds anger, disgust, fear, happiness and sadness.",
    speech="acted",
    notes="The owners do not say which speakers are women and which are men: gender is not known. Nineteen of the "
    "twenty utterances of an emotion are set texts and one is improvised; the owners do not say under which number, "
    "so that one sentence number is no one text.",
)

_NAME = re.compile(r"(?P<emotion>[a-z])(?P<sentence>\d\d) ?\((?P<speaker>\d+)\)[a-z]?")


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of AESDD, sorted by name; gender is None (see the card).

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Vryzas et al. 2018, and the owners' readme on the naming of files.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.lower())
    if match is None:
        raise Unusable("a name unlike 'f18 (5)' or 'f18 (5)b' (emotion, utterance, speaker, take)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=str(int(match["speaker"])),  # 1 is written 01 in some names
        language="el",
        emotion=emotion_of(match["emotion"], CARD.name),
        sentence=match["sentence"],
    )
