"""TESS: two Canadian actresses, 200 words in the phrase "Say the word ...", seven emotions.

A name such as `OAF_back_angry` is actress (OAF the older, YAF the younger), word and emotion (`ps` pleasant
surprise). The owners count 2800 recordings. With two speakers nobody is left for a dev part: leave one out with
`split.dev_speakers = 0`, `training.selection = "fixed-epoch"` and no head for the speaker
(`objectives.plain.auxiliary = {}`).
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, code_of, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="tess",
    title="Toronto Emotional Speech Set (TESS)",
    license="CC BY-NC-ND 4.0",
    citation="M. K. Pichora-Fuller, K. Dupuis: Toronto emotional speech set (TESS). University of Toronto, 2010.",
    languages=("en",),
    obtain="Download it from https://tspace.library.utoronto.ca/handle/1807/24487 and name the unpacked folder, "
    "which holds the recordings, by themselves or in a folder an actress and emotion.",
    speech="acted",
    notes="Two speakers, both women: a figure on it says nothing of how sure one may be on a third voice. With two "
    "speakers there can be no dev part: set split.dev_speakers = 0 and training.selection = 'fixed-epoch'.",
)

_NAME = re.compile(r"(?P<speaker>[a-z]+)_(?P<word>[a-z'-]+)_(?P<emotion>[a-z]+)")
# One file of the owners' release lacks a letter: OA_bite_neutral.
_SPEAKERS = {"OAF": "OAF", "YAF": "YAF", "OA": "OAF"}


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of TESS, sorted by name; `sentence` is the word.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Pichora-Fuller & Dupuis 2010, the description of the set.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.lower())
    if match is None:
        raise Unusable("a name unlike OAF_back_angry (actress, word, emotion)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=code_of(match["speaker"].upper(), _SPEAKERS, "actress"),
        gender="f",
        language="en",
        emotion=emotion_of(match["emotion"], CARD.name),
        transcript=f"Say the word {match['word']}",
        sentence=match["word"],
    )
