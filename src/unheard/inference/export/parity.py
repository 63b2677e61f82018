"""Whether a graph answers as the networks do that it was made of, at several batches and lengths."""

from collections.abc import Sequence

import numpy as np

from unheard.errors import RunError
from unheard.inference.engine import Engine
from unheard.records import Hertz, Samples

__all__ = ["LARGEST", "check_parity", "made_waves"]

LARGEST = 1e-4
"""Largest difference of a probability, and of an embedding as a share of its largest value."""
_BATCHES = ((0.4,), (0.03, 1.3), (0.9, 0.21, 2.2, 0.5, 1.1))
"""Seconds of the items of each batch."""


def made_waves(rate: Hertz, seconds: Sequence[float], seed: int) -> list[Samples]:
    """Sounds that resemble speech: pulses of moving pitch, some hiss, quiet ends; the same ones every time."""
    generator, found = np.random.default_rng(seed), []
    for own in seconds:
        time = np.arange(round(own * rate)) / rate
        phase = 2 * np.pi * np.cumsum(generator.uniform(100, 250) + 20 * np.sin(8 * time)) / rate
        tone = sum(np.sin(n * phase) / n for n in range(1, 16))
        swell = np.sin(np.pi * np.minimum(1, time / own)) ** 2
        wave = generator.uniform(0.02, 0.15) * tone * swell + generator.normal(0, 1e-3, len(time))
        found.append(wave.astype(np.float32))
    return found


def check_parity(networks: Engine, graph: Engine) -> float:
    """The largest difference between networks, asked one by one, and a graph, asked in batches.

    Raises:
        RunError: it is larger than 1e-4.
    """
    largest = 0.0
    for number, seconds in enumerate(_BATCHES):
        waves = made_waves(networks.audio.rate, seconds, number)
        together = graph.answer([graph.inputs_of(own, "a made sound") for own in waves])
        for row, own in enumerate(waves):
            alone = networks.answer([networks.inputs_of(own, "a made sound")])
            pairs = [(together.probabilities[row], alone.probabilities[0], 1.0)]
            scale = max(1.0, float(np.abs(alone.embeddings).max()))
            pairs.append((together.embeddings[row], alone.embeddings[0], scale))
            for name, values in alone.numbers.items():
                pairs.append((together.numbers[name][row], values[0], max(1.0, abs(float(values[0])))))
            largest = max(largest, *(float(np.abs(mine - theirs).max()) / unit for mine, theirs, unit in pairs))
    if not largest <= LARGEST:
        raise RunError(
            f"the exported graph differs from the model by {largest:.1e}, more than {LARGEST:g}, on made sounds of "
            "several lengths. Nothing was written. Please report this, with the settings of the model."
        )
    return largest
