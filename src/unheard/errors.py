"""The tree of errors; every one also is the builtin that a caller would expect.

    UnheardError
    ├── AudioError (OSError)            a recording that cannot be read or holds nothing usable
    ├── CorpusError (ValueError)        a folder or table that is not laid out as its owner documents
    │   ├── LabelError                  a label that the label map does not know
    │   └── TableError                  a file that cannot be read as a table
    ├── SettingsError (ValueError)      a recipe with an unknown key, a wrong type or a bad value
    ├── SplitError (ValueError)         a split that would leak, or that cannot be drawn
    ├── AdaptationError (ValueError)    embeddings, statistics or a fitted adaptation that do not fit each other
    ├── ObjectiveError (ValueError)     an objective at odds with itself, its model or a law that all objectives keep
    ├── UnknownNameError (KeyError)     a name that the registry does not have
    ├── RunError (ValueError)           a result folder that is incomplete, foreign or damaged
    ├── MachineError (OSError)          a full disk, missing rights or memory: what the machine does not give
    └── MissingExtraError (ImportError) an optional dependency that is not installed

Each class takes the parts and words the message: what came, what was expected, where, what to do.
"""

import difflib
from collections.abc import Iterable
from pathlib import Path

__all__ = [
    "AdaptationError",
    "AudioError",
    "CorpusError",
    "LabelError",
    "MachineError",
    "MissingExtraError",
    "ObjectiveError",
    "RunError",
    "SettingsError",
    "SplitError",
    "TableError",
    "UnheardError",
    "UnknownNameError",
    "nearest",
]


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, or an empty string if none is near.

    >>> nearest("ravdes", ["emodb", "ravdess"])
    'ravdess'
    """
    found = difflib.get_close_matches(name.lower(), [str(item) for item in known], n=1, cutoff=0.5)
    return found[0] if found else ""


class UnheardError(Exception):
    """The root: catch this to catch everything that this package raises on purpose."""

    def __str__(self) -> str:
        """The message as worded (KeyError would put it in quotes)."""
        return str(self.args[0]) if self.args else ""


class AudioError(UnheardError, OSError):
    """A recording that cannot be read, or that holds nothing to learn from."""

    def __init__(self, file: Path | str, problem: str, mend: str) -> None:
        Exception.__init__(self, f"{file}: {problem}. {mend}")
        self.file, self.problem, self.mend = Path(file), problem, mend

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts, so that the error survives a trip from a worker process."""
        return type(self), (self.file, self.problem, self.mend)


class CorpusError(UnheardError, ValueError):
    """A corpus folder or table that is not what its owner documents."""

    def __init__(self, corpus: str, problem: str, mend: str) -> None:
        super().__init__(f"{corpus}: {problem}. {mend}")
        self.corpus, self.problem, self.mend = corpus, problem, mend

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts (see AudioError)."""
        return type(self), (self.corpus, self.problem, self.mend)


class LabelError(CorpusError):
    """A label that the label map does not know."""


class TableError(CorpusError):
    """A file that cannot be read as a table, with the line where there is one."""

    def __init__(self, file: Path | str, problem: str, mend: str, line: int | None = None) -> None:
        super().__init__(str(file) if line is None else f"{file}, line {line}", problem, mend)
        self.file, self.line = Path(file), line

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts (see AudioError)."""
        return type(self), (self.file, self.problem, self.mend, self.line)


class SettingsError(UnheardError, ValueError):
    """A recipe that cannot be used as it stands."""

    def __init__(self, source: str, key: str, problem: str, line: int | None = None) -> None:
        where = source if line is None else f"{source}, line {line}"
        super().__init__(f"{where}: {key}: {problem}" if key else f"{where}: {problem}")
        self.source, self.key, self.problem, self.line = source, key, problem, line

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts (see AudioError)."""
        return type(self), (self.source, self.key, self.problem, self.line)


class SplitError(UnheardError, ValueError):
    """A split that would share something between its parts, or that cannot be drawn."""


class AdaptationError(UnheardError, ValueError):
    """Embeddings, source statistics or a fitted adaptation that do not fit each other."""


class ObjectiveError(UnheardError, ValueError):
    """An objective at odds with itself, with its model, or with a law that every objective keeps."""


class UnknownNameError(UnheardError, KeyError):
    """A name that the registry does not have."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        names = sorted(known)
        near = nearest(name, names)
        hint = f" Did you mean '{near}'?" if near else ""
        super().__init__(f"no {kind} is called '{name}'.{hint} Known: {', '.join(names) or 'none'}.")
        self.kind, self.name, self.known = kind, name, names

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts (see AudioError)."""
        return type(self), (self.kind, self.name, self.known)


class RunError(UnheardError, ValueError):
    """A result folder that is incomplete, made by other settings, or damaged."""


class MachineError(UnheardError, OSError):
    """Something that the machine does not give: room on a disk, the right to write, memory, a worker."""

    def __init__(self, problem: str, mend: str) -> None:
        Exception.__init__(self, f"{problem}. {mend}")
        self.problem, self.mend = problem, mend

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts (see AudioError)."""
        return type(self), (self.problem, self.mend)


class MissingExtraError(UnheardError, ImportError):
    """An optional dependency that is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"this needs {package}, which is not installed. Run: pip install 'unheard[{extra}]'")
        self.package, self.extra = package, extra

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        """Rebuild from the parts (see AudioError)."""
        return type(self), (self.package, self.extra)
