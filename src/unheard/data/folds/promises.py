"""What every split plan is held to: the checks, each of which raises and names offenders and mend."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from unheard.data.folds.fold import PARTS, Fold, Leak, identities, shared_between_parts
from unheard.data.folds.tied_speakers import check_company, recording
from unheard.errors import SplitError
from unheard.records import Utterance

__all__ = ["verify_contents", "verify_folds"]

_COPIES = "Drop duplicates first (unheard.data.folds.plan.drop_duplicates), or keep its copies in one part."
_STRETCHES = "Put all stretches of a recording into one part, whoever speaks in them, and exclude what cannot be."
_SECOND_FILE = "These files are one recording: name one of them for all its stretches, so that they stay together."
_MENDS = {
    "speaker": "Put all utterances of a speaker into one part, and exclude what cannot be.",
    "session": "Put all utterances of a session into one part, and exclude what cannot be; if a shared session is no "
    "leak here, set split.sessions = 'ignore': every output will say so.",
    "dialogue": "Put all utterances of a dialogue into one part, and exclude what cannot be; if a shared dialogue is "
    "no leak here, set split.sessions = 'ignore': every output will say so.",
}


def verify_folds(  # noqa: PLR0913 - the parts of a plan that its promises depend on
    folds: Sequence[Fold],
    utterances: Sequence[Utterance],
    contents: Mapping[str, str],
    *,
    protocol: str,
    disjoint: frozenset[str],
    sessions_matter: bool,
    dev: bool = True,
) -> None:
    """Hold folds against the utterances that they part.

    Args:
        folds: the folds of one plan.
        utterances: exactly those that the folds part.
        contents: utterance name -> content hash of its recording.
        protocol: the split's name, for messages.
        disjoint: columns that are promised apart (see `shared_between_parts`).
        sessions_matter: whether parts must not share a session or dialogue.
        dev: whether every fold must have a dev part.

    Raises:
        SplitError: the folds are of other utterances, a part is empty, an utterance is tested twice, parts
            share what must be apart, or train holds one emotion only or lacks one that is tested.
    """
    _verify_names(protocol, folds, utterances, contents, PARTS if dev else ("train", "test"))
    for column in sorted(disjoint | {"speaker"}):
        identities(utterances, column)
    if sessions_matter:
        check_company(utterances)
    leaks = shared_between_parts(folds, utterances, contents, disjoint=disjoint, sessions_matter=sessions_matter)
    _raise_leaks(protocol, leaks, utterances)
    _verify_emotions(protocol, folds, {utterance.name: utterance.emotion for utterance in utterances})


def verify_contents(utterances: Sequence[Utterance], contents: Mapping[str, str]) -> None:
    """Raise SplitError if two utterances share a name, or one has no content hash."""
    names = Counter(utterance.name for utterance in utterances)
    if twice := [name for name, count in names.items() if count > 1]:
        raise SplitError(
            f"{len(twice)} utterance names occur twice: {_some(twice)}. Give every utterance its own name."
        )
    if lacking := names.keys() - contents.keys():
        raise SplitError(
            f"no content hash for {len(lacking)} utterances: {_some(lacking)}. Hash every recording first."
        )


def _some(names: Iterable[str]) -> str:
    found = sorted(names)
    return ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")


def _verify_names(
    protocol: str,
    folds: Sequence[Fold],
    utterances: Sequence[Utterance],
    contents: Mapping[str, str],
    needed: Sequence[str],
) -> None:
    """Every fold parts exactly these utterances; no part that is needed is empty; no utterance is tested twice."""
    verify_contents(utterances, contents)
    known = {utterance.name for utterance in utterances}
    titles = Counter(fold.name for fold in folds)
    if not titles or max(titles.values()) > 1:
        raise SplitError(f"{protocol}: has {len(titles)} fold names for {len(folds)} folds. Name each once.")
    for fold in folds:
        where = f"{protocol}, fold '{fold.name}'"
        if empty := [part for part in needed if not getattr(fold, part)]:
            raise SplitError(f"{where}: no utterance in {' and '.join(empty)}. Ask for fewer or larger groups.")
        parted = Counter((*fold.train, *fold.dev, *fold.test, *fold.excluded))
        if twice := [name for name, count in parted.items() if count > 1]:
            raise SplitError(f"{where}: {_some(twice)} more than once. Put each utterance into one part.")
        if strange := parted.keys() ^ known:
            raise SplitError(
                f"{where}: {len(strange)} utterances are in the fold or the corpus only: {_some(strange)}. "
                "Draw the plan from the same utterances; what is in no part belongs to 'excluded'."
            )
    tested = Counter(name for fold in folds for name in fold.test)
    if twice := [name for name, count in tested.items() if count > 1]:
        raise SplitError(f"{protocol}: tested in more than one fold: {_some(twice)}. Test each utterance once.")


def _raise_leaks(protocol: str, leaks: Sequence[Leak], utterances: Iterable[Utterance]) -> None:
    if leaks:
        more = f", and {len(leaks) - 3} more" if len(leaks) > 3 else ""
        column = leaks[0].column
        mend = _MENDS.get(column, f"Exclude what shares its {column} with the test from train and dev.")
        if column == "recording":
            mend = _mend_of_recording([item for item in utterances if item.name in leaks[0].utterances])
        if protocol == "from_file":
            mend += " `unheard audit` with the same file as --folds lists all that is shared."
        raise SplitError(f"{protocol}: {'; '.join(str(leak) for leak in leaks[:3])}{more}. {mend}")


def _mend_of_recording(sharing: Sequence[Utterance]) -> str:
    """What to do about utterances of one recording in two parts: copies can be dropped, stretches cannot."""
    if len({(item.start, item.end) for item in sharing}) < len(sharing):
        return _COPIES
    return _STRETCHES if len({recording(item) for item in sharing}) < len(sharing) else _SECOND_FILE


def _verify_emotions(protocol: str, folds: Sequence[Fold], emotions: Mapping[str, str | None]) -> None:
    """Train holds two emotions at least, and each that is tested."""
    for fold in folds:
        learned = {emotions[name] for name in fold.train} - {None}
        tested = {emotions[name] for name in fold.test} - {None}
        where = f"{protocol}, fold '{fold.name}': train holds"
        if len(learned) < 2:
            raise SplitError(
                f"{where} {len(learned)} emotions ({_some(map(str, learned))}), expected 2 or more. "
                "Ask for smaller test groups or fewer dev_speakers, or add recordings."
            )
        if lacking := tested - learned:
            raise SplitError(
                f"{where} no {_some(map(str, lacking))}, which is tested: it is spoken by too few. Ask for "
                "smaller test groups or fewer dev_speakers, or leave that emotion out of the corpus."
            )
