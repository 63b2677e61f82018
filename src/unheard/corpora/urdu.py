"""URDU: 400 clips of unscripted Urdu from television talk shows, four emotions.

A name such as `SM1_F10_A010` is speaker (S, M or F, number), file of that speaker, emotion (a letter) and
number. The speakers hardly vary their emotion, and each show has its own level and channel, so speaker and
emotion are confounded: removing the one removes the other.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="urdu",
    title="URDU Dataset: spontaneous emotional Urdu speech",
    license="research use (owner's README)",
    citation="S. Latif, A. Qayyum, M. Usman, J. Qadir: Cross Lingual Speech Emotion Recognition: Urdu vs. "
    "Western Languages. International Conference on Frontiers of Information Technology, 2018, pp. 88-93.",
    languages=("ur",),
    obtain="Clone https://github.com/siddiquelatif/URDU-Dataset and name its folder, which holds Angry, "
    "Happy, Neutral and Sad.",
    speech="spontaneous, talk shows",
)

_NAME = re.compile(r"(?P<speaker>S(?P<gender>[MF])\d+)_F\d+_(?P<emotion>[A-Z])\d+")


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of URDU, sorted by name.

    Args:
        folder: the corpus as its owner packs it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Latif et al. 2018, and the owner's README on the naming of files.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike SM1_F10_A010 (speaker, file, emotion and number)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["speaker"],
        gender=match["gender"].lower(),
        language="ur",
        emotion=emotion_of(match["emotion"], CARD.name),
    )
