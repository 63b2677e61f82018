"""Speech emotion recognition for voices it has never heard."""

from importlib.metadata import version

from unheard.errors import UnheardError
from unheard.records import UNLABELED, Batch, Prediction, Utterance

__all__ = ["UNLABELED", "Batch", "Prediction", "UnheardError", "Utterance", "__version__"]

__version__ = version("unheard")
