"""ESD: ten Mandarin and ten English speakers, five emotions, 350 sentences a language.

A path such as `0011/Angry/0011_000351.wav` (or with train, evaluation, test between the two) is speaker, emotion
and number. Speakers 0001 to 0010 speak Mandarin, 0011 to 0020 English. The owners' figures (20 speakers, 350
parallel utterances, five emotions) make 35000 recordings.
"""

import re
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, collect, emotion_of
from unheard.data.labels import known
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="esd",
    title="Emotional Speech Dataset (ESD) for Speech Synthesis and Voice Conversion",
    license="owners' license, research only, on request",
    citation="K. Zhou, B. Sisman, R. Liu, H. Li: Emotional voice conversion: Theory, databases and ESD. Speech "
    "Communication 137, 2022, pp. 1-18.",
    languages=("zh", "en"),
    obtain="Ask the owners by https://github.com/HLTSingapore/Emotional-Speech-Data and name the unpacked folder, "
    "which holds 0001 to 0020.",
    speech="acted",
    notes="The owners do not say who is a woman or a man, and those who judged by ear disagree: gender is not "
    "known. A sentence's number is that of the recording within its emotion: the recordings of a speaker are "
    "numbered through, 350 an emotion. That all emotions have the sentences in one order is seen in the release, "
    "not said by the owners. Transcripts are in text files of mixed encodings and are not read.",
)

_NAME = re.compile(r"(?P<speaker>\d{4})_(?P<number>\d{6})")
_SENTENCES, _SPEAKERS, _LAST_MANDARIN, _LAST = 350, 20, 10, 1750


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of ESD, sorted by name.

    Args:
        folder: the corpus as its owners pack it; any audio ending.
        bad: where to set files aside that do not follow the naming, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, or a file does not follow the naming.

    Reference: Zhou et al. 2022, and the owners' README on speakers, languages and emotions.
    """
    return collect(folder, CARD, _utterance, bad)


def _utterance(name: str, file: Path) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike 0011_000351 (speaker and number)")
    speaker, number = int(match["speaker"]), int(match["number"])
    if not (1 <= speaker <= _SPEAKERS and 1 <= number <= _LAST):
        raise Unusable(f"speaker and number '{file.stem}', expected 0001-00{_SPEAKERS} and 000001-00{_LAST}")
    language = "zh" if speaker <= _LAST_MANDARIN else "en"
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=match["speaker"],
        language=language,
        emotion=emotion_of(_emotion_folder(file), CARD.name),
        sentence=f"{language}-{(number - 1) % _SENTENCES + 1:03d}",
    )


def _emotion_folder(file: Path) -> str:
    """The folder that names the emotion: the one around the file, or around its part of the owners' division."""
    codes = {code.lower() for code in known(CARD.name)}
    above = file.parent.parent.name
    return above if above.lower() in codes else file.parent.name
