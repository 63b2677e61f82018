"""TurEV-DB: Turkish words spoken with four emotions.

A path such as `Sound Source/Angry/1157_kz_okul.wav` is emotion (the folder; its code stands in the name again),
speaker and word. The owners count over 1700 recordings of 82 words; their repository has 1735.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="turev_db",
    title="Turkish Emotion-Voice Database (TurEV-DB)",
    license="CC BY-NC-ND 4.0",
    citation="S. F. Canpolat, Z. Ormanoglu, D. Zeyrek: Turkish Emotion Voice Database (TurEV-DB). SLTU and CCURL "
    "2020, pp. 368-375.",
    languages=("tr",),
    obtain="Clone https://github.com/Xeonen/TurEV-DB and name its folder 'Sound Source', which holds Angry, Calm, "
    "Happy and Sad.",
    speech="acted",
    notes="The repository does not say who is a woman or a man: gender is not known.",
)

_NAME = re.compile(r"(?P<speaker>\d+)_(?P<emotion>[a-z]+)_(?P<word>[a-z]+)")
_CODES = {"kz": "Angry", "sk": "Calm", "mt": "Happy", "hl": "Sad"}


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of TurEV-DB, sorted by name; `sentence` is the word, gender is None.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Canpolat et al. 2020, and the folders and names of the owners' repository.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.lower())
    if match is None:
        raise Unusable("a name unlike 1157_kz_okul (speaker, emotion, word)")
    folder = file.parent.name
    if _CODES.get(match["emotion"], "").lower() != folder.lower():
        pairs = ", ".join(f"{code} in {place}" for code, place in _CODES.items())
        raise Unusable(f"emotion code '{match['emotion']}' in folder '{folder}', expected {pairs}")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["speaker"],
        language="tr",
        emotion=emotion_of(folder, CARD.name),
        sentence=match["word"],
    )
