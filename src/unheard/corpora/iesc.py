"""IESC: eight speakers from the north of India, five emotions.

A path such as `Speaker-2/Neutral/x.wav` is speaker and emotion; how the owners name the files themselves could
not be found out, so that nothing is read from it. Those who use the corpus count 600 recordings.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="iesc",
    title="Indian Emotional Speech Corpora (IESC)",
    license="not found out: no license text",
    citation="Y. B. Singh: Indian Emotional Speech Corpora (IESC), a data set on Kaggle.",
    languages=("not found out: its users name English and Hindi both",),
    obtain="Download it from https://www.kaggle.com/datasets/ybsingh/indian-emotional-speech-corpora-iesc and name "
    "the unpacked folder, which holds Speaker-1 and further ones.",
    speech="acted",
    notes="The owners' own description was out of reach: folders were taken from those who use the corpus, and "
    "language, gender, sentence and license are not known.",
)

_SPEAKER = re.compile(r"Speaker-(\d+)", re.IGNORECASE)


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of IESC, sorted by name; language, gender and sentence are None (see the card).

    Args:
        folder: the corpus as it is packed; any audio ending.
        bad: where to set files aside that do not lie in such folders, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file lies elsewhere than in Speaker-N/EMOTION.

    Reference: none of the owners'; the folders as their users describe them.
    """
    return collect(folder, CARD, _utterance, bad, named_by=3)


def _utterance(name: str, file: Path) -> Utterance:
    match = _SPEAKER.fullmatch(file.parent.parent.name)
    if match is None:
        raise Unusable("a path unlike Speaker-2/Neutral/x.wav (speaker, emotion, any name)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match[1],
        emotion=emotion_of(file.parent.name, CARD.name),
    )
