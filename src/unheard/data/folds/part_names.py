"""The words by which files and folders say that they are a part or a fold."""

import re
from pathlib import Path

from unheard.data.folds.fold import PARTS
from unheard.errors import SplitError

__all__ = ["PART_COLUMNS", "PART_WORDS", "fold_in", "part_of", "said_by_name"]

PART_WORDS = {
    "train": "train", "training": "train", "trn": "train",
    "dev": "dev", "devel": "dev", "development": "dev", "val": "dev", "valid": "dev", "validation": "dev",
    "test": "test", "testing": "test", "tst": "test", "eval": "test", "evaluation": "test",
}  # fmt: skip
"""Word, in lower case -> train, dev or test."""
PART_COLUMNS = ("part", "split", "subset", "partition")
"""Names of columns and keys that say the part."""
_FOLD = re.compile(r"(?<![a-z])fold(?:[ _-]?(\d+[a-z]?)|[ _-]([a-z])(?![a-z]))", re.IGNORECASE)


def said_by_name(path: Path, root: Path) -> tuple[str | None, str | None]:
    """The part and the fold that a file's name, or its folders' below the root, speak of."""
    words = [word for word in re.split(r"[^a-z]+", path.stem.lower()) if word in PART_WORDS]
    inside = path.relative_to(root).parts if path.is_relative_to(root) else (path.name,)
    words = words or [name.lower() for name in inside[:-1] if name.lower() in PART_WORDS]
    folds = [found for name in (*inside[:-1], path.stem, root.name) if (found := fold_in(name))]
    return (PART_WORDS[words[-1]] if words else None), (folds[0] if folds else None)


def fold_in(name: str) -> str | None:
    """The fold that a name speaks of.

    >>> fold_in("fold_1"), fold_in("Fold-2b"), fold_in("folder")
    ('1', '2b', None)
    """
    found = _FOLD.search(name)
    return None if found is None else found[1] or found[2]


def part_of(word: str, where: str) -> str:
    """The part that a word means.

    >>> part_of("Valid", "mine.csv, line 2")
    'dev'

    Raises:
        SplitError: it means none.
    """
    if word.lower() not in PART_WORDS:
        raise SplitError(f"{where}: the part '{word}' is not known. Call it {', '.join(PARTS)}.")
    return PART_WORDS[word.lower()]
