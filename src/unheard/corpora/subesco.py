"""SUBESCO: twenty Bangla actors, ten sentences, seven emotions, five takes.

A name such as `F_02_MONIKA_S_1_NEUTRAL_5` is gender, number and name of the speaker, sentence, emotion and take.
Each gender counts its speakers by itself. The owners count 7000 recordings.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="subesco",
    title="SUST Bangla Emotional Speech Corpus (SUBESCO)",
    license="CC BY 4.0",
    citation="S. Sultana, M. S. Rahman, M. R. Selim, M. Z. Iqbal: SUST Bangla Emotional Speech Corpus (SUBESCO): An "
    "audio-only emotional speech corpus for Bangla. PLoS ONE 16(4): e0250173, 2021.",
    languages=("bn",),
    obtain="Download it from https://zenodo.org/record/4526477 and name the unpacked folder.",
    speech="acted",
)

_NAME = re.compile(
    r"(?P<gender>[FM])_(?P<number>\d+)_(?P<person>[A-Z]+)_S_(?P<sentence>\d+)_(?P<emotion>[A-Z]+)_(?P<take>\d+)"
)


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of SUBESCO, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Sultana et al. 2021, and the owners' description of the naming of files.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.upper())
    if match is None:
        raise Unusable("a name unlike F_02_MONIKA_S_1_NEUTRAL_5 (gender, speaker, sentence, emotion, take)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=f"{match['gender']}_{int(match['number']):02d}",
        gender=match["gender"].lower(),
        language="bn",
        emotion=emotion_of(match["emotion"], CARD.name),
        sentence=str(int(match["sentence"])),
    )
