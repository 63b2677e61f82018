"""What known checkpoints have heard: a figure on speech that they were trained on is not one on unseen voices."""

import functools
import tomllib
from collections.abc import Iterable
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
    labelled: tuple[str, ...] = ()
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


def entry_of(names: Iterable[str]) -> Entry | None:
    """The entry that lists one of these names (a hub's name, or a path's last part), None where none does.

    >>> entry_of(["../models/whisper-base-encoder"]).disclosed
    False
    """
    wanted = set()
    for name in names:
        path = Path(name)
        wanted |= {name.lower(), path.name.lower(), "/".join(path.parts[-2:]).lower()}
    wanted -= {"", "."}
    return next((one for one in entries() if wanted & _shown_as(one)), None)


def _shown_as(entry: Entry) -> set[str]:
    """Its names on the hub, and what folders that were copied from there are called."""
    names = {name.lower() for name in entry.names}
    return names | {name.rsplit("/", 1)[-1] for name in names}


def contamination(names: Iterable[str], corpus: str) -> list[str]:
    """Warnings about evaluating a checkpoint on a corpus; none only where its owners' word rules it out.

    Args:
        names: what the checkpoint may be known as.
        corpus: registered name.

    >>> contamination(["facebook/wav2vec2-base"], "ravdess")
    []
    """
    names = [name for name in names if name]
    found = entry_of(names)
    shown = names[0] if names else "the upstream"
    if found is None:
        unknown = f"{shown} is not in the ledger of upstreams: whether it was trained on {corpus} is not known here, "
        return [unknown + "and these figures may be on voices that it has heard."]
    if corpus in found.labelled:
        return [f"CONTAMINATED: {shown} was trained on the emotion labels of {corpus} ({found.says})."]
    if corpus in found.seen:
        return [f"CONTAMINATED: {shown} was trained on {corpus}, so its voices are not unseen ({found.says})."]
    if not found.disclosed:
        return [f"{shown} was trained on data that are not disclosed ({found.says}): {corpus} may be among them."]
    return []
