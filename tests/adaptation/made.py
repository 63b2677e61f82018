"""Made sources and targets whose answer is known: emotions, speakers with places of their own, and noise."""

from dataclasses import dataclass

import numpy as np

from unheard.adaptation.readout import fit_readout
from unheard.adaptation.source import Source, describe_source
from unheard.metrics import uar
from unheard.testing.codes import make_codes

CLASSES = ("anger", "happiness", "neutral", "sadness")


@dataclass(frozen=True)
class Made:
    """A source, and a target whose truth only the tests know."""

    source: Source
    embeddings: np.ndarray
    speakers: np.ndarray
    truth: np.ndarray

    def uar(self, probabilities) -> float:
        return uar.score(self.truth, probabilities.argmax(axis=1), classes=len(CLASSES))

    @property
    def source_only(self) -> np.ndarray:
        return self.source.probabilities(self.embeddings)

    def of(self, chosen) -> "Made":
        return Made(self.source, self.embeddings[chosen], self.speakers[chosen], self.truth[chosen])


def made_source(codes):
    train = codes.part == "train"
    labels = np.searchsorted(CLASSES, codes.columns["emotion"])
    statistics = describe_source(codes.embeddings[train], labels[train], CLASSES)
    return Source(statistics, fit_readout(statistics))


def made(*, dependence=0.0, strength=2.0, each=40, seed=0, size=24, separation=4.0) -> Made:
    """Source: 12 speakers with all emotions. Target: 6 others, one-sided by `dependence`, closer by `separation`."""
    known = {"speakers": 12, "unseen": 6, "each": each, "size": size, "strength": strength}
    source = make_codes(**known, seed=seed)
    asked = make_codes(**known, dependence=dependence, seed=seed + 1000)
    for codes in (source, asked):
        codes.embeddings[:, :4] -= (4.0 - separation) * np.eye(4)[np.searchsorted(CLASSES, codes.columns["emotion"])]
    target = asked.part == "unseen"
    truth = np.searchsorted(CLASSES, asked.columns["emotion"][target])
    return Made(made_source(source), asked.embeddings[target], asked.columns["speaker"][target], truth)
