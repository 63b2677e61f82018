"""CREMA-D: 91 English-speaking actors, twelve sentences, six emotions.

A name such as `1001_DFA_ANG_XX` is actor, sentence, emotion that the actor was asked for, and level (LO, MD,
HI, XX; one file has X). Genders come from the owners' VideoDemographics.csv.
"""

import csv
import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.errors import CorpusError
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="crema_d",
    title="Crowd-sourced Emotional Multimodal Actors Dataset (CREMA-D)",
    license="Open Database License 1.0",
    citation="H. Cao, D. G. Cooper, M. K. Keutmann, R. C. Gur, A. Nenkova, R. Verma: CREMA-D: Crowd-sourced "
    "Emotional Multimodal Actors Dataset. IEEE Transactions on Affective Computing 5(4), 2014, pp. 377-390.",
    languages=("en",),
    obtain="Clone https://github.com/CheyneyComputerScience/CREMA-D (with git-lfs) and name its folder, "
    "which holds AudioWAV and VideoDemographics.csv.",
    speech="acted",
)

_NAME = re.compile(r"(?P<actor>\d{4})_(?P<sentence>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<level>LO|MD|HI|XX?)")
_AUDIO, _DEMOGRAPHICS = "AudioWAV", "VideoDemographics.csv"
_GENDERS = {"female": "f", "male": "m"}


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of CREMA-D, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending. Where it holds AudioWAV only that is read
            (AudioMP3 has the same recordings again). Without VideoDemographics.csv genders are None.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, VideoDemographics.csv cannot be read, or a file does not
            follow the naming.

    Reference: Cao et al. 2014, and the owners' README on the naming of files.
    """
    genders = _genders(Path(folder) / _DEMOGRAPHICS)
    packed = (Path(folder) / _AUDIO).is_dir()

    def parse(name: str, file: Path) -> Utterance | None:
        return None if packed and not name.startswith(f"{_AUDIO}/") else _utterance(name, file, genders)

    return collect(folder, CARD, parse, bad)


def _utterance(name: str, file: Path, genders: dict[str, str]) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike 1001_DFA_ANG_XX (actor, sentence, emotion, level)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["actor"],
        gender=genders.get(match["actor"]),
        language="en",
        emotion=emotion_of(match["emotion"], CARD.name),
        sentence=match["sentence"],
    )


def _genders(table: Path) -> dict[str, str]:
    """Actor -> gender, empty where the table is missing."""
    if not table.is_file():
        return {}
    with table.open(encoding="utf-8-sig", newline="") as stream:
        rows = csv.DictReader(stream)
        if not {"ActorID", "Sex"} <= set(rows.fieldnames or ()):
            problem = f"{table.name} has no columns ActorID and Sex"
            raise CorpusError(CARD.name, problem, "Take the file from the owners' repository again.")
        pairs = [(row["ActorID"], row["Sex"] or "") for row in rows]
    return {actor: _GENDERS[sex.lower()] for actor, sex in pairs if sex.lower() in _GENDERS}
