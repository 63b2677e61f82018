"""Berlin EMO-DB: ten German actors, ten sentences, seven emotions, one file an utterance.

A name such as `03a01Fa` is speaker (2 digits), sentence (letter and 2 digits), emotion (one German letter)
and version (one letter).
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, code_of, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="emodb",
    title="Berlin Database of Emotional Speech (EMO-DB)",
    license="CC0 1.0",
    citation="F. Burkhardt, A. Paeschke, M. Rolfes, W. Sendlmeier, B. Weiss: A Database of German Emotional "
    "Speech. Interspeech 2005, pp. 1517-1520.",
    languages=("de",),
    obtain="Download EMO-DB from http://emodb.bilderbar.info and name the unpacked folder, which holds wav/.",
    speech="acted",
)

_NAME = re.compile(r"(?P<speaker>\d\d)(?P<sentence>[ab]\d\d)(?P<emotion>[A-Z])(?P<version>[a-z]?)")
_GENDERS = {
    "03": "m", "08": "f", "09": "f", "10": "m", "11": "m",
    "12": "m", "13": "f", "14": "f", "15": "m", "16": "f",
}  # fmt: skip


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of EMO-DB, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Burkhardt et al. 2005, and the owners' page on the naming of files and on the speakers.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike 03a01Fa (speaker, sentence, emotion, version)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["speaker"],
        gender=code_of(match["speaker"], _GENDERS, "speaker"),
        language="de",
        emotion=emotion_of(match["emotion"], CARD.name),
        sentence=match["sentence"],
    )
