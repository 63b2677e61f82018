"""What all corpus readers share: finding the recordings, and saying what is wrong with a name.

A reader gives `collect` one function that turns a name into an utterance. It returns None for a recording
that is no part of what is read (a song, a whole dialogue) and raises `Unusable` for one that should be but
does not follow the owner's naming.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from unheard.data.folders import recordings_under
from unheard.data.labels import canonical, known
from unheard.errors import CorpusError, LabelError
from unheard.harmless import whole_characters
from unheard.records import CorpusCard, Utterance

__all__ = [
    "AUDIO_ENDINGS",
    "Bad",
    "Unusable",
    "audio_files",
    "code_of",
    "collect",
    "emotion_of",
    "expected",
    "name_segments",
    "settle",
]

AUDIO_ENDINGS = frozenset({".wav", ".flac", ".ogg", ".opus", ".mp3"})
"""Endings that count as recordings, in any case."""

Bad = list[tuple[str, str]]
"""Where unusable recordings are set aside: (name, problem)."""

_SHOWN = 3


class Unusable(Exception):  # noqa: N818 - never leaves this package: `settle` words the CorpusError
    """One recording cannot be used; the text completes '1 file has ...'."""


def audio_files(folder: Path, card: CorpusCard) -> list[tuple[str, Path]]:
    """All recordings under a folder, as (name, path), sorted by name.

    Hidden files and folders, and the shadow files that macOS leaves in archives, are no recordings.

    Args:
        folder: where the corpus lies.
        card: the corpus, for the error.

    Returns:
        Names are relative to the folder, with '/'.

    Raises:
        CorpusError: the folder is missing or holds no recording; tells how to get the corpus.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise CorpusError(card.name, f"there is no folder '{folder}'", card.obtain)
    found = recordings_under(folder, AUDIO_ENDINGS)
    if not found:
        endings = " ".join(sorted(AUDIO_ENDINGS))
        raise CorpusError(card.name, f"no recording ({endings}) lies under '{folder}'", card.obtain)
    return [(path.relative_to(folder).as_posix(), path) for path in found]


def collect(
    folder: Path,
    card: CorpusCard,
    parse: Callable[[str, Path], Utterance | None],
    bad: Bad | None = None,
    *,
    named_by: int = 1,
) -> list[Utterance]:
    """The utterances of all recordings under a folder, sorted by name.

    Two recordings of one file name (a copy in another folder, or in another format) are one utterance too
    many: the second counts as unusable.

    Args:
        folder: where the corpus lies.
        card: the corpus.
        parse: (name, path) to an utterance, or None to leave the recording out; raises Unusable.
        bad: where to set unusable recordings aside; None makes them an error.
        named_by: how many of the last parts of its path name a recording: 1 is the file's own name; more where the
            owners give the files of several folders one name (2: the folder and the file).

    Raises:
        CorpusError: no recording, an unusable one while `bad` is None, or none that is usable.
    """
    utterances: list[Utterance] = []
    problems: Bad = []
    seen: dict[str, str] = {}
    for name, path in audio_files(folder, card):
        try:
            _refuse_half_characters(name)
            utterance = parse(name, path)
            if utterance is None:
                continue
            _refuse_second(seen, "/".join(path.with_suffix("").parts[-named_by:]), name)
            utterances.append(utterance)
        except Unusable as error:
            problems.append((name, str(error)))
    settle(card, problems, bad)
    if not utterances:
        raise CorpusError(card.name, f"no usable recording lies under '{folder}'", card.obtain)
    return utterances


def _refuse_half_characters(name: str) -> None:
    if whole_characters(name) != name:
        raise Unusable("a name that is not UTF-8, which no result can hold")


def _refuse_second(seen: dict[str, str], stem: str, name: str) -> None:
    first = seen.setdefault(stem, name)
    if first != name:
        raise Unusable(f"the same name as {first}")


def settle(card: CorpusCard, problems: Sequence[tuple[str, str]], bad: Bad | None) -> None:
    """Set the unusable recordings aside, or raise one error that names them.

    Args:
        card: the corpus.
        problems: (name, problem); each problem completes '1 file has ...'.
        bad: receives the problems; None makes them an error.

    Raises:
        CorpusError: there are problems and `bad` is None; counts the files and names the first of each kind.
    """
    if bad is not None:
        bad.extend(problems)
        return
    if not problems:
        return
    kinds: dict[str, list[str]] = {}
    for name, problem in problems:
        kinds.setdefault(problem, []).append(name)
    parts = [_sentence(problem, names) for problem, names in list(kinds.items())[:_SHOWN]]
    if len(kinds) > _SHOWN:
        parts.append(f"and {len(kinds) - _SHOWN} more kinds of problem")
    mend = "Remove it, or pass --skip-bad." if len(problems) == 1 else "Remove them, or pass --skip-bad."
    raise CorpusError(card.name, "; ".join(parts), mend)


def _sentence(problem: str, names: Sequence[str]) -> str:
    files = "1 file has" if len(names) == 1 else f"{len(names)} files have"
    more = ", ..." if len(names) > _SHOWN else ""
    return f"{files} {problem}: {', '.join(names[:_SHOWN])}{more}"


def expected(codes: Iterable[str]) -> str:
    """Codes as a reader would say them: a range where they are consecutive numbers.

    >>> expected(["01", "02", "03"]), expected(["A", "H"])
    ('01-03', 'A, H')
    """
    listed = sorted(codes)
    if len(listed) > 1 and all(code.isdecimal() for code in listed):
        numbers = sorted(int(code) for code in listed)
        if numbers == list(range(numbers[0], numbers[-1] + 1)):
            return f"{listed[0]}-{listed[-1]}"
    return ", ".join(listed)


def emotion_of(code: str, corpus: str) -> str:
    """The canonical emotion of an owner's code.

    Raises:
        Unusable: the label map does not know the code.
    """
    try:
        return canonical(code, corpus=corpus)
    except LabelError as error:
        raise Unusable(f"emotion code '{code}', expected {expected(known(corpus))}") from error


def code_of(code: str, codes: Mapping[str, str], what: str) -> str:
    """What an owner's code stands for.

    Raises:
        Unusable: there is no such code.
    """
    if code not in codes:
        raise Unusable(f"{what} '{code}', expected {expected(codes)}")
    return codes[code]


def name_segments(utterances: Sequence[Utterance]) -> list[Utterance]:
    """Names made unique: start and end appended where several utterances share a file; sorted by name."""
    counts: dict[str, int] = {}
    for utterance in utterances:
        counts[utterance.name] = counts.get(utterance.name, 0) + 1
    named = [_segment(item) if counts[item.name] > 1 else item for item in utterances]
    return sorted(named, key=lambda item: (item.name, item.start))


def _segment(utterance: Utterance) -> Utterance:
    end = "" if utterance.end is None else f"{utterance.end:.3f}"
    return utterance.replace(name=f"{utterance.name}#{utterance.start:.3f}-{end}")
