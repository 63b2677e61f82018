"""CaFE: twelve speakers of Canadian French, six sentences, seven emotions, two intensities.

A name such as `01-C-1-3` is actor, emotion (the first letter of the French word), intensity (1 weak, 2 strong;
neutral has 1 alone) and sentence. Odd actors are male, even ones female. The owners count 936 recordings.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="cafe",
    title="Canadian French Emotional speech dataset (CaFE)",
    license="CC BY-NC-SA 4.0",
    citation="P. Gournay, O. Lahaie, R. Lefebvre: A Canadian French Emotional Speech Dataset. ACM Multimedia "
    "Systems Conference, 2018, pp. 399-402.",
    languages=("fr",),
    obtain="Download CaFE_48k.zip from https://zenodo.org/record/1478765 and name the unpacked folder. The 192 kHz "
    "release is AIFF: convert it to WAV or FLAC, and keep the names.",
    speech="acted",
)

_NAME = re.compile(r"(?P<actor>\d\d)-(?P<emotion>[A-Z])-(?P<intensity>[12])-(?P<sentence>[1-6])")
_ACTORS = 12


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of CaFE, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Gournay et al. 2018, the sentences, the speakers and the naming of files.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem.upper())
    if match is None:
        raise Unusable("a name unlike 01-C-1-3 (actor, emotion, intensity 1-2, sentence 1-6)")
    actor = int(match["actor"])
    if not 1 <= actor <= _ACTORS:
        raise Unusable(f"actor '{match['actor']}', expected 01-{_ACTORS}")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["actor"],
        gender="m" if actor % 2 else "f",
        language="fr",
        emotion=emotion_of(match["emotion"], CARD.name),
        sentence=match["sentence"],
    )
