"""The panel of probes against attackers that anybody has: scikit-learn's own, fitted to the same few items."""

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from unheard.leakage.closed_set import probe_closed_set
from unheard.leakage.probe_kinds import KINDS
from unheard.metrics import uar

SPEAKERS, EACH, HELD_OUT = 12, 30, 15


def written(how, seed):
    """Embeddings with little to learn from each speaker: (train, labels, test, truth).

    - linear: a direction a speaker.
    - folded: what is left when the mean of each speaker is taken away: their directions, with a drawn sign.
    - spread: speakers differ in how their items scatter, and in nothing else.
    - network: a speaker code and three times as much of something else through a random ReLU layer.
    """
    generator = np.random.default_rng(seed)
    size = 24
    labels = np.repeat(np.arange(SPEAKERS), EACH + HELD_OUT)
    noise = generator.normal(size=(labels.size, size))
    voices = generator.normal(size=(SPEAKERS, size))
    if how == "linear":
        embeddings = 0.4 * voices[labels] + noise
    elif how == "folded":
        embeddings = generator.choice((-1.0, 1.0), labels.size)[:, np.newaxis] * 1.2 * voices[labels] + noise
    elif how == "spread":
        embeddings = np.exp(0.7 * voices)[labels] * noise
    else:
        hidden = generator.normal(size=(2 * size, 40))
        both = np.concatenate([voices[labels] + 0.5 * noise, 3.0 * generator.normal(size=noise.shape)], axis=1)
        embeddings = np.maximum(both @ hidden, 0.0)
    train = np.tile(np.arange(EACH + HELD_OUT) < EACH, SPEAKERS)
    return embeddings[train], labels[train], embeddings[~train], labels[~train]


def attackers(train, labels, test, truth, seed):
    """Balanced accuracy of each of scikit-learn's."""
    scaler = StandardScaler().fit(train)
    known, unknown = scaler.transform(train), scaler.transform(test)
    models = [SVC(C=cost) for cost in (1.0, 10.0, 100.0)]
    models.append(MLPClassifier((256,), max_iter=300, random_state=seed))
    predictions = [model.fit(known, labels).predict(unknown) for model in models]
    return [uar.score(truth, own, classes=SPEAKERS) for own in predictions]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("how", ["linear", "folded", "spread", "network"])
def test_no_attacker_reads_more_than_the_panel(how):
    """By more than the sampling error of what is asked, over three draws of the corpus."""
    gaps, best = [], []
    for seed in range(3):
        parts = written(how, seed)
        best.append(probe_closed_set(*parts, seed=seed)["best"])
        gaps.append(max(attackers(*parts, seed)) - best[-1])
    level = np.mean(best)
    error = np.sqrt(level * (1 - level) / (3 * SPEAKERS * HELD_OUT))
    assert level > 2 / SPEAKERS  # there is something to read
    assert np.mean(gaps) < 2 * error


def test_every_kind_learns_from_every_train_item():
    """A label of a single item is known, for nothing is set aside in the end."""
    generator = np.random.default_rng(0)
    labels = np.array([*([0] * 12), *([1] * 12), 2])
    embeddings = 6 * np.eye(3)[labels] + generator.normal(0, 0.3, (labels.size, 3))
    for kind in KINDS:
        assert probe_closed_set(embeddings, labels, embeddings, labels, seed=0, kinds=(kind,))[kind] == 1.0
