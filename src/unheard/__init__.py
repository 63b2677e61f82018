"""Speech emotion recognition for voices it has never heard."""

from importlib.metadata import version

from unheard.errors import UnheardError
from unheard.records import UNLABELED, Batch, Utterance

__all__ = ["UNLABELED", "Batch", "UnheardError", "Utterance", "__version__"]

__version__ = version("unheard")
