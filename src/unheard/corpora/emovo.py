"""EMOVO: six Italian actors, fourteen sentences, seven emotions, one recording of each.

A name such as `gio-f2-b3` is emotion (three letters of the Italian word), actor (gender and number) and sentence
(b short, l long, n nonsense, d question, each with a number). The owners count 588 recordings.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="emovo",
    title="EMOVO Corpus: an Italian Emotional Speech Database",
    license="not found out: no license text",
    citation="G. Costantini, I. Iaderola, A. Paoloni, M. Todisco: EMOVO Corpus: an Italian Emotional Speech "
    "Database. LREC 2014.",
    languages=("it",),
    obtain="Get EMOVO.zip by http://voice.fub.it/activities/corpora/emovo/index.html and name the unpacked folder, "
    "which holds f1 to f3 and m1 to m3.",
    speech="acted",
    notes="Read from the paper and from how others describe the file names; no recording was at hand.",
)

_NAME = re.compile(r"(?P<emotion>[a-z]{3})-(?P<speaker>[fm][1-3])-(?P<sentence>b[1-3]|l[1-4]|n[1-5]|d[12])")


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of EMOVO, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Costantini et al. 2014, the sentences and the emotions.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.lower())
    if match is None:
        raise Unusable("a name unlike gio-f2-b3 (emotion, actor, one of the 14 sentences)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["speaker"],
        gender=match["speaker"][0],
        language="it",
        emotion=emotion_of(match["emotion"], CARD.name),
        sentence=match["sentence"],
    )
