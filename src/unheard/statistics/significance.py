"""Statistics over speakers, not clips: the one door to intervals, paired differences and power.

What the results hold is one array, ``confusions`` of shape (seeds, speakers, classes, classes). The unit is the
speaker: intervals leave out one speaker at a time, the test swaps two systems speaker by speaker. None of this
knows that speakers of one fold were judged by the same model; where a split draws its folds anew for each seed,
several seeds average over that.
"""

from unheard.metrics.confusion import confusions_by_speaker
from unheard.statistics.intervals import bootstrap_interval, interval, speaker_interval
from unheard.statistics.paired_tests import (
    DRAWS,
    Pair,
    Paired,
    compare_pairs,
    correct_differences,
    holm,
    paired_difference,
    speaker_differences,
)
from unheard.statistics.power import Components, Power, components_of, power_of, power_to_show

__all__ = [
    "DRAWS",
    "Components",
    "Pair",
    "Paired",
    "Power",
    "bootstrap_interval",
    "compare_pairs",
    "components_of",
    "confusions_by_speaker",
    "correct_differences",
    "holm",
    "interval",
    "paired_difference",
    "power_of",
    "power_to_show",
    "speaker_differences",
    "speaker_interval",
]
