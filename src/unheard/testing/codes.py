"""Made-up embeddings whose contents are known: an emotion code, a speaker code, and noise.

What a probe should find in them is known, so that a probe, an erasure or an interval can be held against it.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Codes", "make_codes"]

_EMOTIONS = ("anger", "happiness", "neutral", "sadness")
_SENTENCES = 4


@dataclass(frozen=True)
class Codes:
    """Embeddings and what was put into them.

    Args:
        embeddings: shape (items, size).
        columns: speaker, emotion, gender, sentence, language: names, each of shape (items,).
        part: train, withheld (other utterances of the same speakers) or unseen (other speakers), shape (items,).
    """

    embeddings: NDArray[np.float64]
    columns: dict[str, NDArray[np.str_]]
    part: NDArray[np.str_]


def make_codes(  # noqa: PLR0913 (each is one knob of the made corpus)
    *,
    speakers: int = 12,
    unseen: int = 6,
    each: int = 40,
    size: int = 24,
    strength: float = 1.0,
    code: Literal["linear", "signs", "none"] = "linear",
    dependence: float = 0.0,
    seed: int = 0,
) -> Codes:
    """Embeddings = emotion code + speaker code + noise of deviation 1.

    - linear: each speaker has a direction of their own, `strength` long in each dimension.
    - signs: nothing but the product of signs of two dimensions of a speaker-sized block tells anything: every
      speaker has a pattern of bits, and a bit is the product of the signs of two dimensions of mean zero. No mean
      and no covariance of a dimension with a speaker differs from zero, so that nothing linear reads it.
    - none: no speaker code.

    Args:
        speakers: that training knows.
        unseen: further speakers.
        each: utterances of a speaker; a quarter of those that training knows is withheld.
        size: of the embedding; at least 8 + twice the bits that name a speaker.
        strength: of the linear speaker code, in deviations of the noise; at least 0.
        code: how the speaker is written.
        dependence: in [0, 1]: chance that an utterance has its speaker's favorite emotion instead of a drawn one,
            so that I(E;S) > 0.
        seed: of everything random.
    """
    generator = np.random.default_rng(seed)
    people = speakers + unseen
    speaker = np.repeat(np.arange(people), each)
    favorite = np.arange(people) % len(_EMOTIONS)
    drawn = generator.integers(0, len(_EMOTIONS), speaker.size)
    emotion = np.where(generator.random(speaker.size) < dependence, favorite[speaker], drawn)
    embeddings = generator.normal(size=(speaker.size, size))
    embeddings[:, : len(_EMOTIONS)] += 4.0 * np.eye(len(_EMOTIONS))[emotion]
    if code == "linear":
        embeddings += (strength * generator.normal(size=(people, size)))[speaker]
    elif code == "signs":
        bits = max(1, int(np.ceil(np.log2(people))))
        for bit in range(bits):
            first, second = 8 + 2 * bit, 9 + 2 * bit
            wanted = 2.0 * ((speaker >> bit) & 1) - 1.0
            # Away from zero: the sign is what counts, and noise must not turn it.
            sign = generator.choice((-1.0, 1.0), speaker.size)
            embeddings[:, first] = sign * (1.0 + np.abs(embeddings[:, first]))
            embeddings[:, second] = sign * wanted * (1.0 + np.abs(embeddings[:, second]))
    place = np.tile(np.arange(each), people)
    part = np.where(speaker >= speakers, "unseen", np.where(place % 4 == 3, "withheld", "train"))
    sentence = (place // 4) % _SENTENCES
    columns = {
        "speaker": np.char.add("s", np.char.zfill(speaker.astype(np.str_), 2)),
        "emotion": np.array(_EMOTIONS)[emotion],
        "gender": np.array(["f", "m"])[speaker % 2],
        "sentence": np.char.add("text", sentence.astype(np.str_)),
        "language": np.full(speaker.size, "en"),
    }
    return Codes(embeddings, columns, part)
