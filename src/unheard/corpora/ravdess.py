"""RAVDESS, the spoken part: 24 North American actors, two sentences, eight emotions.

A name such as `03-01-05-02-01-01-12` is modality, vocal channel, emotion, intensity, statement, repetition,
actor. Odd actors are male, even ones female. Songs (channel 02) are left out. The owners' release holds one
recording twice: 03-01-03-01-02-01-07 and 03-01-03-01-02-02-07.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="ravdess",
    title="Ryerson Audio-Visual Database of Emotional Speech and Song (RAVDESS), speech",
    license="CC BY-NC-SA 4.0",
    citation="S. R. Livingstone, F. A. Russo: The Ryerson Audio-Visual Database of Emotional Speech and Song "
    "(RAVDESS). PLoS ONE 13(5): e0196391, 2018.",
    languages=("en",),
    obtain="Download Audio_Speech_Actors_01-24.zip from https://zenodo.org/record/1188976 and name the "
    "unpacked folder, which holds Actor_01 to Actor_24.",
    speech="acted",
)

_NAME = re.compile(r"(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
_AUDIO_ONLY, _SONG, _ACTORS = "03", "02", 24


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The spoken utterances of RAVDESS, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Livingstone & Russo 2018, the file naming convention.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance | None:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike 03-01-05-02-01-01-12 (seven fields of two digits)")
    modality, channel, emotion, _, statement, _, actor = match.groups()
    if channel == _SONG:
        return None
    if (modality, channel) != (_AUDIO_ONLY, "01"):
        raise Unusable(f"modality and channel '{modality}-{channel}', expected 03-01 (speech, audio only)")
    if not 1 <= int(actor) <= _ACTORS:
        raise Unusable(f"actor '{actor}', expected 01-{_ACTORS}")
    if statement not in {"01", "02"}:
        raise Unusable(f"statement code '{statement}', expected 01-02")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=actor,
        gender="m" if int(actor) % 2 else "f",
        language="en",
        emotion=emotion_of(emotion, CARD.name),
        sentence=statement,
    )
