"""Emotion TTS Open DB, `Main` and `Personality`: Korean speakers and genders, no emotion labels.

Read and conversational speech for auxiliary speaker and gender tasks. The three letters at the head of a
name are the speaker: in `Personality` the second letter is the gender (pfa, pma), in `Main` the owner's
README lists it. What lies in other parts of the corpus (`Emotional`, songs) is left out.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, code_of, collect
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="ko_emotiontts",
    title="Emotion TTS Open DB, speech corpus: Main and Personality",
    license="CC BY-NC-SA 4.0, research use",
    citation="SELVAS AI, KAIST: conversational speech corpus for the emotion and personality of robots, "
    "project 10080667 of the Korean Ministry of Trade, Industry and Energy, 2017-2020.",
    languages=("ko",),
    obtain="Clone https://github.com/emotiontts/emotiontts_open_db and name Dataset/SpeechCorpus, which "
    "holds Main and Personality.",
)

_NAME = re.compile(r"(?P<speaker>[a-z]{3})\d{5}")
_PARTS = ("Main", "Personality")
_MAIN = {
    "lmy": "f", "kih": "m", "ava": "f", "avb": "f", "avc": "f", "avd": "f",
    "ada": "f", "adb": "f", "adc": "m", "add": "m",
}  # fmt: skip


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of both parts, sorted by name; emotion and sentence are None.

    Args:
        folder: the speech corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: the owners' README files of Main and of Personality.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance | None:
    if not set(_PARTS) & set(Path(name).parts[:-1]):
        return None
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike ada00001 (three letters of the speaker, five digits)")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["speaker"],
        gender=_gender(match["speaker"]),
        language="ko",
    )


def _gender(speaker: str) -> str:
    if speaker[0] == "p" and speaker[1] in "fm":
        return speaker[1]
    return code_of(speaker, _MAIN, "speaker")
