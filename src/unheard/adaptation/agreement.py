"""Whether label-free validators agree on an adaptation: before it and after it, each asked by itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from unheard.adaptation.evidence import Evidence
from unheard.registry import load, names

__all__ = ["Agreement", "agreement", "validate"]


@dataclass(frozen=True)
class Agreement:
    """What the validators say of a change.

    Args:
        better: validators that rise by more than the tolerance, sorted.
        worse: those that fall by more.
        silent: those that say nothing (nan), or the same before and after.
    """

    better: tuple[str, ...]
    worse: tuple[str, ...]
    silent: tuple[str, ...]

    @property
    def disagree(self) -> bool:
        """Whether some rise and others fall."""
        return bool(self.better) and bool(self.worse)

    @property
    def warning(self) -> str:
        """What to tell whoever adapts; empty where nothing speaks against it."""
        if self.disagree:
            return (
                f"Validators disagree: by {', '.join(self.better)} it is better than before, by "
                f"{', '.join(self.worse)} it is worse. Without labels nobody can say which is right: label a few "
                "recordings, or keep the model as it was."
            )
        if self.worse:
            return f"It is worse than before by {', '.join(self.worse)}, and better by none."
        return "" if self.better else "No validator tells it from the model as it was."


def validate(evidence: Evidence) -> dict[str, float]:
    """What every registered validator says, by name; nan where it has nothing to stand on.

    Args:
        evidence: unlabeled recordings and what a model says of them.
    """
    return {name: float(load("validators", name).score(evidence)) for name in names("validators")}


def agreement(before: Mapping[str, float], after: Mapping[str, float], *, tolerance: float = 1e-3) -> Agreement:
    """Which validators rise and which fall.

    >>> agreement({"balance": 0.9, "entropy": -0.5}, {"balance": 0.6, "entropy": -0.2}).disagree
    True

    Args:
        before: name -> score of the model as it was.
        after: name -> score of the adapted one, on the same recordings.
        tolerance: difference that counts as none.
    """
    gains = {name: after[name] - before[name] for name in sorted(before.keys() & after.keys())}
    better = tuple(name for name, gain in gains.items() if isfinite(gain) and gain > tolerance)
    worse = tuple(name for name, gain in gains.items() if isfinite(gain) and gain < -tolerance)
    silent = tuple(name for name in gains if name not in better and name not in worse)
    return Agreement(better, worse, silent)
