"""How much of the speaker a representation still holds, measured after freezing, by fresh probes.

Closed set: probes learn the training speakers from the very utterances that the encoder learned from and are
tested on utterances of the same speakers that were withheld from both. Open set: pairs of utterances of speakers
that never gave a gradient (those of dev and test, or of test alone where dev was trained on in the end) are
compared; the EER is that of "same speaker or not".
"""

from dataclasses import dataclass

import numpy as np

from unheard.experiment.job_result import LeakageFigures
from unheard.experiment.recipe import LeakageSettings
from unheard.features import logmel
from unheard.leakage.closed_set import emotion_code_floor, probe_closed_set
from unheard.leakage.verification import verification_eer
from unheard.records import Features, Seconds
from unheard.training.dataset import Dataset

__all__ = ["Views", "emotion_floor", "leakage_of", "raw_statistics", "statistics_of"]

_SAMPLES = 1 / 4000  # seconds: what stands closer is a sample, and no frame


@dataclass(frozen=True)
class Views:
    """One representation of four groups of utterances.

    Args:
        train: shape (items, size): what the encoder and the probes learn from.
        train_speakers: shape (items,), int.
        withheld: shape (items, size): other utterances of the same speakers.
        withheld_speakers: shape (items,), int.
        unseen: shape (items, size): utterances of speakers without a gradient step.
        unseen_speakers: shape (items,), str.
    """

    train: np.ndarray
    train_speakers: np.ndarray
    withheld: np.ndarray
    withheld_speakers: np.ndarray
    unseen: np.ndarray
    unseen_speakers: np.ndarray


def leakage_of(views: Views, settings: LeakageSettings, *, seed: int) -> LeakageFigures:
    """Balanced accuracy of each probe, and the open-set EER with its trials.

    The EER is nan where there are fewer than two unseen speakers.
    """
    scores = probe_closed_set(
        views.train,
        views.train_speakers,
        views.withheld,
        views.withheld_speakers,
        seed=seed,
        kinds=settings.probes,
    )
    verification = verification_eer(
        views.unseen,
        views.unseen_speakers,
        center=views.train.mean(axis=0),
        limit=settings.trials,
        seed=seed,
    )
    speakers = len(np.unique(views.train_speakers))
    return LeakageFigures(
        probes={kind: scores[kind] for kind in settings.probes},
        chance=1.0 / speakers,
        withheld=len(views.withheld),
        speakers=speakers,
        eer=verification.eer,
        eer_targets=verification.targets,
        eer_impostors=verification.impostors,
    )


def raw_statistics(data: Dataset) -> np.ndarray:
    """What probes read of the raw features, shape (items, size): `statistics_of` each item.

    Features with one row an utterance (functionals, statistics of an upstream) are read as they are.
    """
    if all(len(item[0]) == 1 for item in data.frames):
        return np.concatenate([np.asarray(item[0]) for item in data.frames])
    return np.stack([statistics_of(np.asarray(item[0]), data.hop) for item in data.frames])


def statistics_of(frames: Features, hop: Seconds) -> np.ndarray:
    """Mean and deviation over time of each channel of one utterance, shape (2 channels,), float32.

    Of the waveform, which says next to nothing by its own mean and deviation, those of its log-mel.

    Args:
        frames: shape (frames, channels).
        hop: distance between frames, in seconds.
    """
    if hop <= _SAMPLES and frames.shape[1] == 1:
        frames = logmel.extract(frames[:, 0], round(1 / hop), logmel.Settings())
    statistics: np.ndarray = np.concatenate([frames.mean(axis=0), frames.std(axis=0)]).astype(np.float32)
    return statistics


def emotion_floor(train: Dataset, withheld: Dataset, settings: LeakageSettings, *, seed: int) -> LeakageFigures:
    """What probes read of the speaker from a perfect emotion code: the floor of honest invariance."""
    scores = emotion_code_floor(
        train.columns["emotion"],
        train.columns["speaker"],
        withheld.columns["emotion"],
        withheld.columns["speaker"],
        seed=seed,
        kinds=settings.probes,
    )
    speakers = len(np.unique(train.columns["speaker"]))
    return LeakageFigures(
        probes={kind: scores[kind] for kind in settings.probes},
        chance=1.0 / speakers,
        withheld=len(withheld),
        speakers=speakers,
    )
