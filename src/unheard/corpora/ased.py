"""ASED: 65 Amharic speakers, five emotions, seven sentence numbers an emotion.

A name such as `n1-01-02-02-25` is emotion (letter and number), sentence, repetition, gender, speaker. The
sentences are numbered within an emotion: 1-01 and 2-01 are different texts, so the text gives the emotion
away, and an honest split leaves out speakers and sentence numbers together.
"""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, code_of, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="ased",
    title="Amharic Speech Emotion Dataset (ASED)",
    license="freely available (owners' paper); no license text",
    citation="E. A. Retta, E. Almekhlafi, R. Sutcliffe, M. Mhamed, H. Ali, J. Feng: A New Amharic Speech "
    "Emotion Dataset and Classification Benchmark. ACM TALLIP, 2023 (arXiv 2201.02710).",
    languages=("am",),
    obtain="Clone https://github.com/Ethio2021/ASED_V1 and name its folder, which holds 01Neutral to 05Angry.",
    speech="acted",
)

_NAME = re.compile(r"([A-Za-z])(\d)-(\d\d)-(\d\d)-(\d\d)-(\d\d)")
_GENDERS = {"01": "f", "02": "m"}


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of ASED, sorted by name.

    In five files the gender code contradicts all other files of the speaker; a speaker has the gender of
    most of their files, and none where the codes are in balance.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Retta et al. 2023, and the owners' README on the naming of files.
    """
    utterances = collect(folder, CARD, _utterance, bad)
    genders = _majority(utterances)
    return [item.replace(gender=genders[item.speaker]) for item in utterances]


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike n1-01-02-02-25 (emotion, sentence, repetition, gender, speaker)")
    letter, number, sentence, _, gender, speaker = match.groups()
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=speaker,
        gender=code_of(gender, _GENDERS, "gender code"),
        language="am",
        emotion=emotion_of(letter + number, CARD.name),
        sentence=f"{number}-{sentence}",
    )


def _majority(utterances: Sequence[Utterance]) -> dict[str | None, str | None]:
    counts: dict[str | None, Counter[str | None]] = {}
    for item in utterances:
        counts.setdefault(item.speaker, Counter())[item.gender] += 1
    return {
        speaker: None if count["f"] == count["m"] else count.most_common(1)[0][0] for speaker, count in counts.items()
    }
