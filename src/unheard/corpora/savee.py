"""SAVEE: four male British English speakers, seven emotions, 15 sentences an emotion (30 neutral).

A path such as `AudioData/DC/sa03.wav` is speaker, emotion (one letter; `sa` sadness, `su` surprise) and sentence
number. The owners count 480 recordings.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="savee",
    title="Surrey Audio-Visual Expressed Emotion (SAVEE), audio",
    license="free of charge for research only, on registration",
    citation="S. Haq, P. J. B. Jackson: Multimodal Emotion Recognition. In: W. Wang (ed.), Machine Audition: "
    "Principles, Algorithms and Systems, IGI Global, 2010, pp. 398-423.",
    languages=("en",),
    obtain="Register at http://kahlan.eps.surrey.ac.uk/savee and name the folder AudioData, which holds DC, JE, JK "
    "and KL.",
    speech="acted",
    notes="The sentence is not known: three of 15 are spoken in every emotion, and the neutral ones repeat those of "
    "the others, but the owners' Info.txt does not say under which numbers. All speakers are men.",
)

_SPEAKERS = ("DC", "JE", "JK", "KL")
_NAME = re.compile(r"(?P<emotion>[a-z]{1,2})(?P<number>\d\d)")


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of SAVEE, sorted by name; `sentence` is None (see the card).

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Haq & Jackson 2010, and the owners' Info.txt on the naming of files.
    """
    return collect(folder, CARD, _utterance, bad, named_by=2)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.lower())
    if match is None:
        raise Unusable("a name unlike sa03 (emotion and sentence number)")
    speaker = file.parent.name.upper()
    if speaker not in _SPEAKERS:
        raise Unusable(f"folder '{file.parent.name}', expected the speaker's: {', '.join(_SPEAKERS)}")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=speaker,
        gender="m",
        language="en",
        emotion=emotion_of(match["emotion"], CARD.name),
    )
