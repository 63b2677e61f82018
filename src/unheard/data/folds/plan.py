"""A split plan: a value with a digest, saved, that cannot exist if two of its parts share something.

    utterances, contents -> drop_duplicates -> draw_plan (propose, then build_plan) -> SplitPlan

`build_plan` is the only way to a new plan and `SplitPlan.load` the only way to an old one. The first verifies
every promise against the utterances; the second the digest, and `SplitPlan.verify` the promises again.
"""

import dataclasses
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import InitVar, dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from unheard import registry
from unheard.data.folds.fold import Fold
from unheard.data.folds.promises import verify_contents, verify_folds
from unheard.documents import read_json
from unheard.errors import SplitError
from unheard.files import write_atomically
from unheard.records import Utterance
from unheard.settings import Document, validate

__all__ = ["Fold", "SplitPlan", "build_plan", "digest_of", "draw_plan", "drop_duplicates"]

_FORMAT = 1
_MOST_NAMES = 50_000_000  # a fold names every utterance, and there may be as many folds as speakers
_PROOF = object()
_OF_FOLDS = frozenset({".csv", ".tsv", ".txt", ".json", ".jsonl", ".yaml", ".parquet"})
"""Endings of files that say how a corpus is parted."""


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """How a corpus is parted, fold by fold. Made by `build_plan` or `load`, never directly.

    Args:
        protocol: the split's name in the registry.
        settings: its settings, as plain JSON values; not to be changed.
        seed: what it was drawn with.
        folds: the folds; each utterance is in exactly one part of each, and tested in at most one fold.
        inflated: speakers are shared between train and test: a diagnostic, and every output must say so.
        disjoint: the columns that are promised apart (see `shared_between_parts`).
        sessions_matter: whether sessions are kept apart too (in a plan that is not inflated).
        proof: what only this module has.

    Raises:
        SplitError: built directly.
    """

    protocol: str
    settings: Mapping[str, Any] = field(hash=False)
    seed: int
    folds: tuple[Fold, ...]
    inflated: bool
    disjoint: frozenset[str]
    sessions_matter: bool
    proof: InitVar[object]

    def __post_init__(self, proof: object) -> None:
        if proof is not _PROOF:
            raise SplitError("a SplitPlan is not built directly. Call build_plan, draw_plan or SplitPlan.load.")

    @property
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of all that the plan says, 64 hexadecimal digits."""
        return _digest(self._body())

    def verify(self, utterances: Sequence[Utterance], contents: Mapping[str, str]) -> None:
        """Hold the plan against these utterances and the contents of their recordings.

        Args:
            utterances: exactly those that the plan was drawn from.
            contents: utterance name -> content hash of its recording.

        Raises:
            SplitError: the plan is of other utterances, parts share what was promised apart, a part is empty (save
                dev, where its settings say that there is none), train holds a single emotion or lacks one of the
                test, or an utterance is tested twice.
        """
        verify_folds(
            self.folds,
            utterances,
            contents,
            protocol=self.protocol,
            disjoint=self.disjoint,
            sessions_matter=self.sessions_matter and not self.inflated,
            dev=self.settings.get("dev_speakers") != 0,
        )

    def save(self, path: Path) -> None:
        """Write the plan as JSON, at once or not at all (written aside, then renamed)."""
        text = json.dumps({"digest": self.digest, **self._body()}, indent=1, sort_keys=True, ensure_ascii=False)
        write_atomically(text + "\n", path)

    @classmethod
    def load(cls, path: Path) -> "SplitPlan":
        """Read a saved plan.

        Raises:
            SplitError: there is no such file, it is no plan, or it is not what was saved.
        """
        mend = "Draw the plan again, or restore the file."
        try:
            body = read_json(path, most=_MOST_NAMES)
            digest, found = body.pop("digest"), _digest(body)
            version, inflated, disjoint = body.pop("format"), body["inflated"], frozenset(body["disjoint"])
            body |= {"folds": tuple(map(_fold, body["folds"])), "disjoint": disjoint}
            plan = cls(**body, proof=_PROOF)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise SplitError(f"{path}: cannot be read as a split plan ({error}). {mend}") from error
        if digest != found:
            raise SplitError(f"{path}: does not match its digest, so it was changed or damaged. {mend}")
        if version != _FORMAT:
            raise SplitError(f"{path}: a split plan of format {version}, expected {_FORMAT}. {mend}")
        if inflated is not ("speaker" not in disjoint):
            raise SplitError(f"{path}: a split plan that shares speakers and does not say so. {mend}")
        return plan

    def _body(self) -> dict[str, Any]:
        return {
            "format": _FORMAT,
            "protocol": self.protocol,
            "settings": dict(self.settings),
            "seed": self.seed,
            "folds": [dataclasses.asdict(fold) for fold in self.folds],
            "inflated": self.inflated,
            "disjoint": sorted(self.disjoint),
            "sessions_matter": self.sessions_matter,
        }


def build_plan(  # noqa: PLR0913 - the one door to a plan: all that it must verify comes through it
    utterances: Sequence[Utterance],
    folds: Iterable[Fold],
    *,
    protocol: str,
    settings: Mapping[str, Any],
    seed: int,
    contents: Mapping[str, str],
    sessions_matter: bool,
    disjoint: frozenset[str],
) -> SplitPlan:
    """A plan, if its folds keep what they promise.

    A plan that does not promise speakers apart is inflated.

    Args:
        utterances: all utterances of the plan, with unique names.
        folds: how they are parted; every fold names every utterance once.
        protocol: the split's name in the registry.
        settings: its settings, as values that JSON knows.
        seed: what the folds were drawn with.
        contents: utterance name -> content hash of its recording.
        sessions_matter: whether parts must not share a session (without effect on an inflated plan).
        disjoint: columns of `Utterance` that the protocol promises apart, e.g. {"speaker", "sentence"}.

    Raises:
        SplitError: see `SplitPlan.verify`; or the settings are not plain values.
    """
    try:
        plain = json.loads(_canonical(dict(settings)))
    except (TypeError, ValueError) as error:
        raise SplitError(
            f"{protocol}: its settings are not plain JSON values ({error}). Convert them first."
        ) from error
    inflated = "speaker" not in disjoint
    parted, apart = tuple(folds), frozenset(disjoint)
    plan = SplitPlan(protocol, plain, int(seed), parted, inflated, apart, sessions_matter, proof=_PROOF)
    plan.verify(utterances, contents)
    return plan


def draw_plan(  # noqa: PLR0913 - build_plan, with the folds drawn by name
    name: str,
    utterances: Sequence[Utterance],
    settings: Mapping[str, Any],
    *,
    seed: int,
    contents: Mapping[str, str],
    sessions_matter: bool = False,
) -> SplitPlan:
    """The plan that a split of the registry proposes for these utterances.

    Args:
        name: the split, e.g. 'leave_one_speaker_out'.
        utterances: all utterances of the plan, with unique names and without duplicates by content.
        settings: the split's settings; relative paths in them are relative to the working folder.
        seed: the same seed, utterances and settings draw the same plan.
        contents: utterance name -> content hash of its recording.
        sessions_matter: whether parts must not share a session (see `CorpusCard.sessions_matter`).

    Raises:
        UnknownNameError: no such split.
        SettingsError: the settings are not those of the split.
        SplitError: the split cannot be drawn, or would leak.
    """
    module = registry.load("splits", name)
    checked = validate(Document(f"split {name}", Path(), dict(settings), ""), module.Settings)
    folds = module.propose(utterances, checked, seed=seed, sessions_matter=sessions_matter)
    promise = module.promise(checked) if hasattr(module, "promise") else module.DISJOINT
    return build_plan(
        utterances,
        folds,
        protocol=name,
        settings=_portable(checked),
        seed=seed,
        contents=contents,
        sessions_matter=sessions_matter,
        disjoint=promise,
    )


def digest_of(path: Path) -> str:
    """SHA-256 of a file of folds, or of all such files in a folder with their names; recordings are none of them.

    Raises:
        SplitError: it cannot be read.
    """
    try:
        if not path.is_dir():
            return hashlib.sha256(path.read_bytes()).hexdigest()
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _OF_FOLDS and file.is_file())
        named = [[file.relative_to(path).as_posix(), hashlib.sha256(file.read_bytes()).hexdigest()] for file in files]
    except OSError as error:
        raise SplitError(f"{path}: the folds cannot be read ({error}). Check the path.") from error
    return _digest(named)


def _portable(settings: BaseModel) -> dict[str, Any]:
    """Settings as JSON values that are the same on every machine: a file counts by its name and its content."""
    plain: dict[str, Any] = settings.model_dump(mode="json")
    for key, value in settings:
        if isinstance(value, Path):
            plain[key] = {"name": value.name, "sha256": digest_of(value)}
    return plain


def drop_duplicates(
    utterances: Sequence[Utterance], contents: Mapping[str, str]
) -> tuple[list[Utterance], list[tuple[str, str | None]]]:
    """The utterances without copies: of each recording (and stretch of it) the first by name, or none.

    Copies with one speaker and one emotion keep the first by name. Copies that disagree in either cannot both
    be right, so that all of them are dropped.

    Args:
        utterances: any utterances with unique names.
        contents: utterance name -> content hash of its recording.

    Returns:
        The utterances that are kept, in their order; and (name dropped, name of the copy kept, or None where
        copies disagree) for each that is not, sorted by name.

    Raises:
        SplitError: a content hash is missing.
    """
    verify_contents(utterances, contents)
    copies: dict[tuple[str, float, float | None], list[Utterance]] = defaultdict(list)
    for utterance in sorted(utterances, key=lambda item: item.name):
        copies[contents[utterance.name], utterance.start, utterance.end].append(utterance)
    dropped: dict[str, str | None] = {}
    for twins in copies.values():
        agree = len({(twin.corpus, twin.speaker, twin.emotion) for twin in twins}) == 1
        dropped |= {twin.name: twins[0].name if agree else None for twin in (twins[1:] if agree else twins)}
    return [utterance for utterance in utterances if utterance.name not in dropped], sorted(dropped.items())


def _fold(parts: Mapping[str, Any]) -> Fold:
    train, dev, test, excluded = (tuple(parts[key]) for key in ("train", "dev", "test", "excluded"))
    return Fold(parts["name"], train, dev, test, excluded)


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _digest(body: object) -> str:
    return hashlib.sha256(_canonical(body).encode()).hexdigest()
