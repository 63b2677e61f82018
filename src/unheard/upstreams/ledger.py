"""What known checkpoints have heard: a figure on speech that they were trained on is not one on unseen voices."""

import functools
import tomllib
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Entry", "contamination", "entries", "entry_of"]


class Entry(BaseModel):
    """One group of checkpoints that share their training data."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    names: tuple[str, ...] = Field(min_length=1)
    """Names on the hub, or of folders."""
    seen: tuple[str, ...]
    """Registered names where the corpus has one here, else lower-case names."""
    disclosed: bool
    """Whether the owners say what the training data are, so that what is not listed was not heard."""
    labeled: tuple[str, ...] = ()
    """Of `seen`: corpora whose emotion labels it was trained on."""
    says: str
    """The training data in a sentence."""
    reference: str
    """Key of docs/references.bib, or where the owners say it."""


@functools.cache
def entries() -> tuple[Entry, ...]:
    """The ledger, in the order of its file."""
    text = (resources.files("unheard.upstreams") / "ledger.toml").read_text(encoding="utf-8")
    return tuple(Entry(**one) for one in tomllib.loads(text)["checkpoint"])


def entry_of(name: str) -> Entry | None:
    """The entry that lists a checkpoint by its whole name: on the hub, or as the last parts of a folder's path.

    >>> entry_of("../models/whisper-base-encoder").disclosed, entry_of("someone/wav2vec2-base")
    (False, None)
    """
    path = Path(name)
    wanted = {name.lower(), "/".join(path.parts[-2:]).lower()}
    if path.is_absolute() or name.startswith((".", "~")) or len(path.parts) == 1:
        wanted.add(path.name.lower())
    return _listing(wanted, lambda entry: {own.lower() for own in entry.names})


def _like(name: str) -> Entry | None:
    """The entry of a checkpoint with this last part in its name: what a copy, or a fine-tuned one, may be called."""
    return _listing({Path(name).name.lower()}, lambda entry: {own.lower().rsplit("/", 1)[-1] for own in entry.names})


def _listing(wanted: set[str], known_as: Callable[[Entry], set[str]]) -> Entry | None:
    wanted = wanted - {"", "."}
    return next((one for one in entries() if wanted & known_as(one)), None)


def contamination(source: str, corpus: str, *, made_from: str = "") -> list[str]:
    """Warnings about evaluating a checkpoint on a corpus; none only where its owners' word rules it out.

    A folder's name, or what a checkpoint says it was made from, can put it under suspicion but never clear it: a
    model that was trained further on the corpus keeps both.

    Args:
        source: the checkpoint's name on the hub, or its folder.
        corpus: registered name.
        made_from: what its configuration says it began as (`_name_or_path`).

    >>> contamination("facebook/wav2vec2-base", "ravdess")
    []
    >>> len(contamination("someone/wav2vec2-base", "ravdess"))
    1
    """
    found = entry_of(source)
    if found is not None:
        return _said(found, source, corpus)
    kin = [(f"its name is that of {entry.names[0]}", entry) for entry in [_like(source)] if entry is not None]
    began = entry_of(made_from) or _like(made_from)
    if began is not None:
        kin.append((f"it says that it was made from {made_from}", began))
    for why, entry in kin:
        said = _said(entry, f"{source} ({why})", corpus)
        if said:
            return said
    hint = "".join(f"; {why}" for why, _ in kin)
    unknown = f"{source} is not in the ledger of upstreams{hint}: whether it was trained on {corpus} is not known "
    return [unknown + "here, and these figures may be on voices that it has heard."]


def _said(found: Entry, shown: str, corpus: str) -> list[str]:
    """What an entry says of a corpus; nothing where it rules it out."""
    if corpus in found.labeled:
        return [f"CONTAMINATED: {shown} was trained on the emotion labels of {corpus} ({found.says})."]
    if corpus in found.seen:
        return [f"CONTAMINATED: {shown} was trained on {corpus}, so its voices are not unseen ({found.says})."]
    if not found.disclosed:
        return [f"{shown} was trained on data that are not disclosed ({found.says}): {corpus} may be among them."]
    return []
