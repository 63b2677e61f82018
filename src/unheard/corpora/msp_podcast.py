"""MSP-Podcast: segments of English podcasts, rated by a crowd, many speakers, spontaneous.

A name such as `MSP-PODCAST_0001_0008` is podcast and segment. Category, ratings, speaker and gender of a segment
stand in the owners' `Labels/labels_consensus.csv` (`labels_concensus.csv` in older releases).
"""

import re
from pathlib import Path
from typing import Literal

from unheard.corpora._layout import Bad, Unusable, code_of, collect, emotion_of
from unheard.corpora._owners_files import OwnersTable, owners_file, unit
from unheard.errors import CorpusError
from unheard.identities import known
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="msp_podcast",
    title="MSP-Podcast corpus",
    license="owners' license, research use, on request",
    citation="R. Lotfian, C. Busso: Building Naturalistic Emotionally Balanced Speech Corpus by Retrieving "
    "Emotional Speech From Existing Podcast Recordings. IEEE Transactions on Affective Computing 10(4), 2019, pp. "
    "471-483.",
    languages=("en",),
    obtain="Ask the owners (MSP lab) for it and name the folder that holds Audios and Labels.",
    speech="spontaneous, podcasts",
    notes="Activation, valence and dominance are rated from 1 to 7 and mapped onto [0, 1]. Segments whose speaker "
    "the owners do not know are left out: nobody can keep them apart. Segments without a line in the labels (test "
    "sets whose labels the owners keep) cannot be used: pass --skip-bad. Several speakers share a podcast, which is "
    "`session`; parts of a split may share one.",
)

_NAME = re.compile(r"MSP-PODCAST_(?P<podcast>\d+)_(?P<segment>\d+(_\d+)?)")
_LABELS = ("labels_consensus.csv", "labels_concensus.csv")
_COLUMNS = ("emoclass", "emoact", "emoval", "emodom", "spkrid", "gender")
_FOUR = frozenset({"anger", "happiness", "sadness", "neutral"})
_NO_AGREEMENT = "X"
_RANGE = (1.0, 7.0)


def read(folder: Path, *, classes: Literal["four", "full"] = "four", bad: Bad | None = None) -> list[Utterance]:
    """The segments of MSP-Podcast whose speaker is known, sorted by name.

    Dimensions are mapped from the owners' 1 to 7 onto [0, 1]. `session` is the podcast.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        classes: 'four' keeps anger, happiness, sadness and neutral; 'full' keeps every segment, `other` and, as
            None, those without agreement (X).
        bad: where to set files aside that do not follow the naming or have no line; None raises.

    Raises:
        CorpusError: the folder is missing or empty, the labels are missing, or a file does not follow the naming.

    Reference: Lotfian & Busso 2019, the annotation of categories and attributes.
    """
    if classes not in {"four", "full"}:
        raise CorpusError(CARD.name, f"classes is '{classes}'", "Choose 'four' or 'full'.")
    table = OwnersTable(owners_file(folder, _LABELS, CARD), ("filename",), _COLUMNS, CARD)

    def parse(name: str, file: Path) -> Utterance | None:
        utterance = _utterance(name, file, table)
        if utterance.speaker is None:
            return None
        return utterance if classes == "full" or utterance.emotion in _FOUR else None

    return collect(folder, CARD, parse, bad)


def _utterance(name: str, file: Path, table: OwnersTable) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike MSP-PODCAST_0001_0008 (podcast, segment)")
    cells = table.of(f"{file.stem}.wav")
    agreed = cells["emoclass"].upper() != _NO_AGREEMENT
    gender = known(cells["gender"])
    arousal, valence, dominance = (unit(cells[column], column, *_RANGE) for column in ("emoact", "emoval", "emodom"))
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=cells["spkrid"],
        gender=gender and code_of(gender.lower(), {"female": "f", "male": "m"}, "gender"),
        language="en",
        emotion=emotion_of(cells["emoclass"], CARD.name) if agreed else None,
        arousal=arousal,
        valence=valence,
        dominance=dominance,
        session=match["podcast"],
    )
