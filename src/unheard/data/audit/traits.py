"""Traits of a recording that say nothing of what is spoken: level, length, silence, clipping, rate, bandwidth.

Each is a number that a classifier could read instead of the speech.
"""

from dataclasses import dataclass

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from unheard.data.audio.levels import frame_powers, mean_square
from unheard.records import Hertz, Seconds

__all__ = ["TRAITS", "Trait", "Traits", "measure"]

_FRAME: Seconds = 0.025
_SILENT = 40.0  # decibels below the loudest frame
_FLAT = 3  # equal samples in a row at the extreme that count as clipped
_LOUD = 0.1  # full scale; a quiet crest is flat because there are few levels, not because it was cut
_WINDOW: Seconds = 0.032
_LOWEST_EDGE = 1_000.0  # hertz
_EDGE = 12.0  # decibels that the spectrum falls at least, to all that is above
_STEEP = 1.08  # inside this factor of frequency
_OWN_FILTER = 0.85  # of half the rate; an edge above it is that of the file's own sampling
_ROUNDING = (2 / 65_536) ** 2 / 12  # power of the rounding noise of 16 bit, full scale = 1
_BLOCK = 1 << 22  # samples in spectra that are in memory at once
_MARGIN = 10.0  # decibels above rounding noise that count as nothing: dither lies there


@dataclass(frozen=True, slots=True)
class Traits:
    """What one utterance's recording is like.

    Args:
        seconds: length.
        level: root mean square in decibels of full scale; -inf for digital silence.
        peak: largest sample in decibels of full scale; -inf for digital silence.
        silence: share in [0, 1] of 25 ms frames more than 40 dB below the loudest.
        clipped: share in [0, 1] of samples that stand flat, three in a row or more, at the recording's extreme.
        rate: sampling rate of the file, in hertz.
        bandwidth: frequency in hertz above which the file holds nothing but rounding noise behind a steep edge:
            a low-pass filter, a codec or an earlier, lower sampling rate; half the rate where there is no edge, or
            one in the uppermost 15 % only, which any sampling leaves.
        channels: of the file.
    """

    seconds: Seconds
    level: float
    peak: float
    silence: float
    clipped: float
    rate: Hertz
    bandwidth: float
    channels: int


@dataclass(frozen=True, slots=True)
class Trait:
    """How a trait is read and shown.

    Args:
        name: a field of `Traits`.
        title: for people.
        unit: behind the number.
        spoken: whether the way of speaking changes it too; otherwise only the recording does.
        digits: behind the point.
        factor: from the field to what is shown.
    """

    name: str
    title: str
    unit: str
    spoken: bool
    digits: int
    factor: float = 1.0


TRAITS = (
    Trait("seconds", "length", "s", spoken=True, digits=2),
    Trait("level", "RMS level", "dB", spoken=True, digits=1),
    Trait("peak", "peak level", "dB", spoken=True, digits=1),
    Trait("silence", "silence", "%", spoken=True, digits=1, factor=100.0),
    Trait("clipped", "clipping", "%", spoken=False, digits=3, factor=100.0),
    Trait("rate", "sampling rate", "kHz", spoken=False, digits=2, factor=1e-3),
    Trait("bandwidth", "bandwidth", "kHz", spoken=False, digits=2, factor=1e-3),
    Trait("channels", "channels", "", spoken=False, digits=0),
)
"""All traits, in the order of tables."""


def measure(samples: NDArray[np.float32], rate: Hertz) -> Traits:
    """The traits of one stretch of a recording.

    Args:
        samples: shape (samples, channels), full scale 1, at least one sample.
        rate: in hertz.
    """
    mono = samples.mean(axis=1, dtype=np.float32)
    power, peak = mean_square(mono), max(float(mono.max()), -float(mono.min()))
    return Traits(
        seconds=len(samples) / rate,
        level=_decibels(power),
        peak=_decibels(peak**2),
        silence=_silence(mono, rate),
        clipped=max(_clipped(samples[:, channel]) for channel in range(samples.shape[1])),
        rate=rate,
        bandwidth=_bandwidth(mono, rate),
        channels=samples.shape[1],
    )


def _decibels(power: float) -> float:
    return 10 * float(np.log10(power)) if power > 0 else -np.inf


def _silence(mono: NDArray[np.float32], rate: Hertz) -> float:
    frame = max(1, round(_FRAME * rate))
    count = max(1, len(mono) // frame)
    power = frame_powers(mono, min(frame, len(mono)), count)
    return float(np.mean(power <= power.max() * 10 ** (-_SILENT / 10)))


def _clipped(channel: NDArray[np.float32]) -> float:
    """Share of samples in flat runs at the largest or the smallest value; a single such run is a crest."""
    flat = 0
    for extreme in (channel.max(), channel.min()):
        if abs(extreme) < _LOUD:
            continue
        at = np.flatnonzero(channel == extreme)
        runs = np.split(at, np.flatnonzero(np.diff(at) > 1) + 1)
        long = [len(run) for run in runs if len(run) >= _FLAT]
        flat += sum(long) if len(long) > 1 else 0
    return flat / len(channel)


def _bandwidth(mono: NDArray[np.float32], rate: Hertz) -> float:
    """The lowest steep edge above which all is rounding noise; half the rate where there is none."""
    width = round(_WINDOW * rate)
    if len(mono) < 4 * width:
        return rate / 2
    frames = np.lib.stride_tricks.sliding_window_view(mono, width)[:: width // 2]
    window = np.hanning(width + 2)[1:-1].astype(np.float32)
    step = max(1, _BLOCK // width)
    total = np.zeros(width // 2 + 1)
    for at in range(0, len(frames), step):  # the spectra of an hour are never held together
        spectra = scipy.fft.rfft(frames[at : at + step] * window, axis=1)
        total += np.square(np.abs(spectra), dtype=np.float64).sum(axis=0)
    # Power a bin, scaled so that white noise of power P gives P in each.
    power = total / len(frames) / np.square(window).sum()
    frequencies = np.arange(len(power)) * rate / width
    above = np.maximum.accumulate(power[::-1])[::-1]  # the loudest at and above each frequency
    nothing = _ROUNDING * 10 ** (_MARGIN / 10)
    beyond = np.searchsorted(frequencies, frequencies * _STEEP)
    inside = (frequencies >= _LOWEST_EDGE) & (frequencies <= _OWN_FILTER * rate / 2) & (above > nothing)
    rest = above[np.minimum(beyond, len(power) - 1)]
    edges = np.flatnonzero(inside & (rest <= nothing) & (power >= rest * 10 ** (_EDGE / 10)))
    return float(frequencies[edges[0]]) if len(edges) else rate / 2
