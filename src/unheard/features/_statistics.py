"""From contours to one row an utterance: moments, percentiles, trends, and the rhythm of voice and pause."""

import math

import numpy as np
import scipy.signal

from unheard.records import Seconds

__all__ = ["BRIEF", "RHYTHM", "TREND", "rhythm", "summaries", "trends"]

BRIEF = ("mean", "std", "p20", "p50", "p80", "range")
"""What `summaries` gives without times."""

TREND = ("slope", "rise", "fall")
"""What `trends` gives."""

RHYTHM = (
    "active_ratio",
    "voiced_ratio",
    "voiced_rate",
    "voiced_length_mean",
    "voiced_length_std",
    "unvoiced_length_mean",
    "unvoiced_length_std",
    "level_peak_rate",
)
"""What `rhythm` gives."""

_SMOOTHING: Seconds = 0.080  # of the level before its peaks are counted: shorter than a syllable
_PROMINENCE = 3.0  # dB that a peak of the level stands above the dips beside it


def summaries(values: np.ndarray) -> np.ndarray:
    """`BRIEF` of each column: mean, standard deviation (over N), percentiles 20, 50, 80, and 80 less 20.

    Args:
        values: shape (frames, channels).

    Returns:
        Shape (channels, 6); zeros where there are no frames.
    """
    if len(values) == 0:
        return np.zeros((values.shape[1], len(BRIEF)))
    low, middle, high = np.percentile(values, [20, 50, 80], axis=0)
    return np.column_stack([values.mean(axis=0), values.std(axis=0), low, middle, high, high - low])


def trends(values: np.ndarray, kept: np.ndarray, hop: Seconds) -> np.ndarray:
    """`TREND` of each column, over the frames that are kept, per second.

    Slope is that of the least squares line over time. Rise is the mean of the positive local slopes, fall the mean
    of the negative ones (so it is not positive); a local slope is that of the least squares line through five
    frames, all of them kept (furui1986speaker).

    Args:
        values: shape (frames, channels).
        kept: shape (frames,), bool.
        hop: distance between frames, in seconds.

    Returns:
        Shape (channels, 3); 0 where there are too few frames.
    """
    time = np.flatnonzero(kept) * hop
    time = time - (time.mean() if len(time) else 0.0)
    spread = float(np.sum(time**2))
    slope = time @ values[kept] / spread if spread > 0 else np.zeros(values.shape[1])
    if len(values) < 5:
        return np.column_stack([slope, np.zeros((len(slope), 2))])
    local = (values[3:-1] - values[1:-3] + 2 * (values[4:] - values[:-4])) / (10 * hop)
    local = local[np.lib.stride_tricks.sliding_window_view(kept, 5).all(axis=1)]
    up, down = local > 0, local < 0
    rise = np.where(up, local, 0.0).sum(axis=0) / np.maximum(up.sum(axis=0), 1)
    fall = np.where(down, local, 0.0).sum(axis=0) / np.maximum(down.sum(axis=0), 1)
    return np.column_stack([slope, rise, fall])


def rhythm(level: np.ndarray, active: np.ndarray, voiced: np.ndarray, hop: Seconds) -> np.ndarray:
    """`RHYTHM`, over the stretch from the first to the last active frame, so that trimming does not count.

    - active_ratio, voiced_ratio: share of its frames;
    - voiced_rate: voiced segments a second;
    - voiced_length, unvoiced_length: mean and standard deviation of the segments' lengths, in seconds;
    - level_peak_rate: peaks a second of the level smoothed over 80 ms, 3 dB or more above the dips beside them: an
      estimate of syllables a second (mermelstein1975automatic).

    Args:
        level: in dB, shape (frames,).
        active: whether there is speech, shape (frames,).
        voiced: whether there is voice, shape (frames,).
        hop: distance between frames, in seconds.

    Returns:
        Shape (8,); zeros where no frame is active.
    """
    speech = np.flatnonzero(active)
    if len(speech) == 0:
        return np.zeros(len(RHYTHM))
    inside = slice(int(speech[0]), int(speech[-1]) + 1)
    level, active, voiced = level[inside], active[inside], voiced[inside]
    seconds = len(level) * hop
    on, off = _lengths(voiced) * hop, _lengths(~voiced) * hop
    return np.array(
        [
            active.mean(),
            voiced.mean(),
            len(on) / seconds,
            *_mean_and_deviation(on),
            *_mean_and_deviation(off),
            _peaks(level, hop) / seconds,
        ]
    )


def _lengths(mask: np.ndarray) -> np.ndarray:
    """Lengths of the runs of true, in frames."""
    steps = np.diff(np.concatenate([[0], mask.astype(np.int64), [0]]))
    return np.asarray(np.flatnonzero(steps == -1) - np.flatnonzero(steps == 1))


def _mean_and_deviation(values: np.ndarray) -> tuple[float, float]:
    return (float(values.mean()), float(values.std())) if len(values) else (0.0, 0.0)


def _peaks(level: np.ndarray, hop: Seconds) -> int:
    """How many peaks the smoothed level has; both ends count as dips."""
    width = max(1, math.ceil(_SMOOTHING / hop)) | 1
    kernel = np.hanning(width + 2)[1:-1]
    around = np.pad(level, width // 2, mode="edge")
    smooth = np.convolve(around, kernel / kernel.sum(), mode="valid")
    floor = float(smooth.min()) - 2 * _PROMINENCE
    found, _ = scipy.signal.find_peaks(np.pad(smooth, 1, constant_values=floor), prominence=_PROMINENCE)
    return len(found)
