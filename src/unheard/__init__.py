"""Speech emotion recognition for voices it has never heard.

Each name is imported when it is first asked for: `import unheard` costs neither numpy nor torch.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unheard.errors import UnheardError
    from unheard.inference.recognition import Recognition
    from unheard.inference.recognizer import Recognizer
    from unheard.records import UNLABELED, Batch, Utterance

    __version__: str

__all__ = ["UNLABELED", "Batch", "Recognition", "Recognizer", "UnheardError", "Utterance", "__version__"]

_PLACES = {
    "UNLABELED": "unheard.records",
    "Batch": "unheard.records",
    "Recognition": "unheard.inference.recognition",
    "Recognizer": "unheard.inference.recognizer",
    "UnheardError": "unheard.errors",
    "Utterance": "unheard.records",
}


def __getattr__(name: str) -> Any:
    """A public name, imported now."""
    if name == "__version__":
        found: Any = importlib.import_module("importlib.metadata").version("unheard")
    elif name in _PLACES:
        found = getattr(importlib.import_module(_PLACES[name]), name)
    else:
        raise AttributeError(f"module 'unheard' has no attribute '{name}'")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    """What is public, and what is imported already."""
    return sorted({*globals(), *__all__})
