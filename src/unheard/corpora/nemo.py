"""nEMO: nine Polish actors, six emotions, ninety sentences.

A name such as `WR0_surprised_64` is actor, emotion and sentence; the owners' `data.tsv` has the gender and the
words of each recording. The repository has 4481 recordings.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, code_of, collect, emotion_of
from unheard.corpora._owners_files import OwnersTable, owners_file
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="nemo",
    title="nEMO: Dataset of Emotional Speech in Polish",
    license="CC BY-NC-SA 4.0",
    citation="I. Christop: nEMO: Dataset of Emotional Speech in Polish. LREC-COLING 2024 (arXiv 2404.06292).",
    languages=("pl",),
    obtain="Clone https://github.com/amu-cai/nEMO and name its folder, which holds samples and data.tsv.",
    speech="acted",
)

_NAME = re.compile(r"(?P<speaker>[A-Z]+\d+)_(?P<emotion>[a-z]+)_(?P<sentence>\d+)", re.IGNORECASE)
_GENDERS = {"female": "f", "male": "m"}
_COLUMNS = ("emotion", "raw_text", "speaker_id", "gender")


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of nEMO, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming or data.tsv, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, data.tsv is missing, or a file does not follow the naming.

    Reference: Christop 2024, and the owners' README on the fields of data.tsv.
    """
    table = OwnersTable(owners_file(folder, ("data.tsv",), CARD), ("file_id",), _COLUMNS, CARD)
    return collect(folder, CARD, lambda name, file: _utterance(name, file, table), bad)


def _utterance(name: str, file: Path, table: OwnersTable) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike WR0_surprised_64 (actor, emotion, sentence)")
    cells = table.of(f"{file.stem}.wav")
    said = (cells["speaker_id"], cells["emotion"])
    if said != (match["speaker"], match["emotion"]):
        raise Unusable(f"another actor or emotion in data.tsv ({', '.join(said)}) than in its name")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["speaker"],
        gender=code_of(cells["gender"], _GENDERS, "gender"),
        language="pl",
        emotion=emotion_of(match["emotion"], CARD.name),
        transcript=cells["raw_text"] or None,
        sentence=match["sentence"],
    )
