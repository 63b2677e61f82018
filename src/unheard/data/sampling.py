"""Batches of P speakers x K utterances, the emotions spread evenly within each speaker.

A batch that holds one speaker's voice only would tell batch norm who speaks, and a batch that ties a speaker to
an emotion would teach the adversary the emotion; so batches mix both on purpose.
"""

import numpy as np

__all__ = ["speaker_batches", "whole_dialogues"]


def speaker_batches(  # noqa: PLR0913 - two sizes, a seed and a share, each with a name of its own
    speakers: np.ndarray,
    emotions: np.ndarray,
    *,
    speakers_per_batch: int,
    utterances_per_speaker: int,
    seed: int,
    balance: float = 0.0,
) -> list[np.ndarray]:
    """One epoch: every utterance once, or those of speakers who have few more often.

    A speaker of four utterances beside one of seventy is one voice beside another: what is to be learned is how
    voices differ, not how often each was recorded.

    Args:
        speakers: shape (items,), int; who speaks.
        emotions: shape (items,), int; UNLABELED counts as one more kind.
        speakers_per_batch: P. Where fewer speakers have utterances left, the batch holds fewer.
        utterances_per_speaker: K.
        seed: of this epoch.
        balance: 0 to 1, how far speakers who have few utterances are made up for. Each utterance of one who has n
            comes round((most / n) ** balance) times, where most is the largest n of a speaker.

    Returns:
        Batches of positions into the arrays, in random order; some hold fewer than P x K, where speakers have run
        out of utterances.
    """
    generator = np.random.default_rng(seed)
    names, counts = np.unique(speakers, return_counts=True)
    times = np.rint((counts.max(initial=1) / counts) ** balance).astype(int)
    queues = {
        speaker: _queue(np.flatnonzero(speakers == speaker), int(rounds), emotions, generator)
        for speaker, rounds in zip(names, times, strict=True)
    }
    batches: list[np.ndarray] = []
    while queues:
        # Those with most left come first, ties at random, so that the last batches still mix speakers.
        order = sorted(queues, key=lambda speaker: (-len(queues[speaker]), generator.random()))
        batch: list[int] = []
        for speaker in order[:speakers_per_batch]:
            batch.extend(queues[speaker][:utterances_per_speaker])
            del queues[speaker][:utterances_per_speaker]
            if not queues[speaker]:
                del queues[speaker]
        batches.append(np.array(batch))
    generator.shuffle(batches)
    return batches


def _queue(positions: np.ndarray, rounds: int, emotions: np.ndarray, generator: np.random.Generator) -> list[int]:
    """One speaker's utterances, all of them once before any comes again."""
    return [int(each) for _ in range(rounds) for each in _spread(positions, emotions, generator)]


def _spread(positions: np.ndarray, emotions: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """One speaker's utterances in an order in which each emotion recurs at even distances."""
    keys = np.empty(len(positions))
    for emotion in np.unique(emotions[positions]):
        own = np.flatnonzero(emotions[positions] == emotion)
        generator.shuffle(own)
        keys[own] = (np.arange(len(own)) + generator.random()) / len(own)
    order: np.ndarray = positions[np.argsort(keys, kind="stable")]
    return order


def whole_dialogues(
    dialogues: np.ndarray, size: int, generator: np.random.Generator | None = None
) -> list[np.ndarray]:
    """Every utterance once, in batches that hold whole dialogues.

    The number of batches depends on the dialogues alone: sets of them are formed first, the longest ones spread over
    the sets, and then come in random order, with other dialogues in each set every time that lengths allow it.

    >>> [len(batch) for batch in whole_dialogues(np.array([0, 0, 0, 1, 1, 2]), 4)]
    [4, 2]

    Args:
        dialogues: shape (items,), int; which dialogue each utterance belongs to.
        size: utterances of a batch; more only where one dialogue has more.
        generator: of the order; None gives the same order every time.

    Returns:
        Batches of positions into the array.
    """
    numbers, counts = np.unique(dialogues, return_counts=True)
    tie = np.arange(len(numbers)) if generator is None else generator.permutation(len(numbers))
    sets: list[tuple[int, list[int]]] = []
    for at in np.lexsort((tie, -counts)):  # the longest first, ties in random order
        room = next((place for place, (used, _) in enumerate(sets) if used + counts[at] <= size), None)
        if room is None:
            sets.append((int(counts[at]), [int(numbers[at])]))
        else:
            sets[room] = (sets[room][0] + int(counts[at]), [*sets[room][1], int(numbers[at])])
    batches = [np.flatnonzero(np.isin(dialogues, own)) for _, own in sets]
    if generator is not None:
        generator.shuffle(batches)
    return batches
