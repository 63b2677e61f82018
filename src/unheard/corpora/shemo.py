"""ShEMO: 87 Persian speakers, six emotions, utterances cut from radio plays.

A name such as `F03S02` is speaker (gender and number), emotion (one letter) and number within the two. Each
gender counts its speakers by itself. The owners count 3000 recordings of 31 women and 56 men.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="shemo",
    title="Sharif Emotional Speech Database (ShEMO)",
    license="free of charge for academic purposes (owners' paper); no license text",
    citation="O. Mohamad Nezami, P. Jamshid Lou, M. Karami: ShEMO: a large-scale validated database for Persian "
    "speech emotion detection. Language Resources and Evaluation 53(1), 2019, pp. 1-16.",
    languages=("fa",),
    obtain="Get female.zip and male.zip by https://github.com/mansourehk/ShEMO, unpack them side by side and name "
    "the folder, which holds female and male.",
    speech="acted, radio plays",
    notes="No transcript is read, and which play an utterance comes from is not said.",
)

_NAME = re.compile(r"(?P<speaker>(?P<gender>[FM])\d+)(?P<emotion>[A-Z])\d+")


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of ShEMO, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Mohamad Nezami et al. 2019, and the owners' README on the naming of files.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.upper())
    if match is None:
        raise Unusable("a name unlike F03S02 (speaker, emotion and number)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["speaker"],
        gender=match["gender"].lower(),
        language="fa",
        emotion=emotion_of(match["emotion"], CARD.name),
    )
