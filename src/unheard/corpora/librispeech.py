"""LibriSpeech: 2484 readers of English audio books, no emotion labels.

Read speech for auxiliary speaker and gender tasks. A path such as `test-clean/3570/5694/3570-5694-0000.flac` is
part, reader, chapter and number. The readers' genders stand in the owners' SPEAKERS.TXT, the words of a chapter in
`3570-5694.trans.txt` beside its recordings.
"""

import re
from collections.abc import Mapping
from pathlib import Path

from unheard.corpora._layout import Bad, Unusable, code_of, collect
from unheard.corpora._owners_files import owners_file
from unheard.errors import CorpusError
from unheard.records import CorpusCard, Utterance

__all__ = ["CARD", "read"]

CARD = CorpusCard(
    name="librispeech",
    title="LibriSpeech ASR corpus",
    license="CC BY 4.0",
    citation="V. Panayotov, G. Chen, D. Povey, S. Khudanpur: LibriSpeech: An ASR corpus based on public domain "
    "audio books. ICASSP 2015, pp. 5206-5210.",
    languages=("en",),
    obtain="Download parts of it from https://www.openslr.org/12 and name the unpacked folder LibriSpeech, which "
    "holds SPEAKERS.TXT and the parts (train-clean-100, test-clean, ...), or one part in it.",
    notes="It has no emotion labels: it serves as auxiliary data for speaker and gender.",
)

_NAME = re.compile(r"(?P<reader>\d+)-(?P<chapter>\d+)-\d+")
_SPEAKERS, _SEX = "SPEAKERS.TXT", {"F": "f", "M": "m"}
_Words = dict[Path, Mapping[str, str]]


def read(folder: Path, *, bad: Bad | None = None) -> list[Utterance]:
    """The utterances of LibriSpeech, sorted by name; emotion is None.

    Args:
        folder: the corpus as its owners pack it, or one part of it; any audio ending.
        bad: where to set files aside that do not follow the naming, or whose reader or words no file of the owners
            has, as (name, problem); None raises.

    Raises:
        CorpusError: the folder is missing or empty, SPEAKERS.TXT is missing or none, or a recording cannot be used.

    Reference: Panayotov et al. 2015, and the owners' README.TXT and SPEAKERS.TXT.
    """
    genders = _genders(owners_file(folder, (_SPEAKERS,), CARD, above=True))
    words: _Words = {}
    return collect(folder, CARD, lambda name, file: _utterance(name, file, genders, words), bad)


def _utterance(name: str, file: Path, genders: Mapping[str, str], words: _Words) -> Utterance:
    match = _NAME.fullmatch(file.stem)
    if match is None:
        raise Unusable("a name unlike 3570-5694-0000 (reader, chapter, number)")
    reader = match["reader"]
    if reader not in genders:
        raise Unusable(f"a reader ({reader}) whom {_SPEAKERS} does not list")
    chapter = file.parent / f"{reader}-{match['chapter']}.trans.txt"
    if chapter not in words:
        words[chapter] = _transcripts(chapter)
    if file.stem not in words[chapter]:
        raise Unusable(f"no line in {chapter.name} beside it")
    return Utterance(
        file=file,
        name=name,
        corpus=CARD.name,
        speaker=reader,
        gender=code_of(genders[reader], _SEX, "sex"),
        language="en",
        transcript=words[chapter][file.stem],
    )


def _genders(file: Path) -> dict[str, str]:
    """Reader -> F or M, as SPEAKERS.TXT has it: `14   | F | train-clean-360  | 25.03 | name`, comments after `;`."""
    lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    fields = [line.split("|") for line in lines if "|" in line and not line.lstrip().startswith(";")]
    found = {line[0].strip(): line[1].strip().upper() for line in fields}
    if not found:
        problem = f"'{file}' holds no line like '14 | F | train-clean-360 | 25.03 | name'"
        raise CorpusError(CARD.name, problem, "Take the file from the owners' release again.")
    return found


def _transcripts(file: Path) -> dict[str, str]:
    """Name of a recording -> its words, none where the file is missing: `3570-5694-0000 BUT ALREADY ...`."""
    if not file.is_file():
        return {}
    lines = (line.partition(" ") for line in file.read_text(encoding="utf-8", errors="replace").splitlines())
    return {name: text.strip() for name, _, text in lines if text.strip()}
