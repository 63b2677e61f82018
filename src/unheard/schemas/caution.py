"""Reasons not to believe a figure as it stands: what kind of reason, and the sentence that people read."""

from typing import Literal

from unheard.schemas.record import Record, Text

__all__ = ["GRAVE", "Caution", "CautionKind"]

CautionKind = Literal[
    "absent-classes",
    "adaptive",
    "adversary-below-chance",
    "at-chance",
    "augments-only",
    "beside-not-shown",
    "copies-left-out",
    "emotion-depends-on-speaker",
    "few-seeds",
    "few-speakers",
    "gender-gap",
    "inflated",
    "leakage-above-raw-features",
    "leakage-not-measured",
    "length-tells-emotion",
    "level-tells-emotion",
    "low-recall",
    "names-alike",
    "no-dev-part",
    "no-difference-shown",
    "not-above-closed-form",
    "noted-by-member",
    "oracle",
    "sentences-shared",
    "sessions-ignored",
    "skipped-recordings",
    "speaker-named",
    "speakers-tied",
    "uncalibrated",
    "unequal-speakers",
    "wide-interval",
    "worst-speaker",
]
"""What a caution is about; programs tell cautions apart by this word, never by their sentences."""

GRAVE: frozenset[CautionKind] = frozenset({"at-chance", "inflated", "oracle"})
"""Kinds after which the headline itself does not mean what it seems to."""


class Caution(Record):
    """One reason not to believe a figure as it stands."""

    kind: CautionKind
    """What it is about."""
    text: Text
    """What was seen, and what follows; a sentence or two for people."""

    @property
    def grave(self) -> bool:
        """Whether the headline itself does not mean what it seems to."""
        return self.kind in GRAVE
