"""Differences between protocols, held against each other as one family."""

import numpy as np
import pytest

from unheard.results import protocols
from unheard.results.comparison import System
from unheard.statistics.significance import holm


def system(label, chance, seed):
    """Twelve speakers with 20 clips of each of two classes, of whom about `chance` are right."""
    right = np.random.default_rng(seed).binomial(20, chance, (1, 12, 2))
    wrong = 20 - right
    rows = [np.stack([right[..., 0], wrong[..., 0]], -1), np.stack([wrong[..., 1], right[..., 1]], -1)]
    speakers = tuple(f"v{number:02}" for number in range(12))
    return System(label, "digest", {"0": "folds"}, (("0", "clip", "anger"),), speakers, np.stack(rows, axis=-2))


def test_every_difference_is_corrected_for_the_number_of_all(monkeypatch, tmp_path):
    labels = [f"method{number}" for number in range(6)]
    runs = {protocols.OWN: tmp_path / "own", "sentences": tmp_path / "a", "random": tmp_path / "b"}
    known = {
        folder: [system(label, 0.6 + 0.045 * place, 10 * place + number) for number, label in enumerate(labels)]
        for place, folder in enumerate(runs.values())
    }
    monkeypatch.setattr(protocols, "read_systems", known.__getitem__)
    rows = protocols._differences(runs, {name: name for name in runs})
    assert [(row.objective, row.protocol) for row in rows] == [
        (label, name) for name in ("sentences", "random") for label in labels
    ]
    p_values = np.array([row.p for row in rows])
    assert [row.p_holm for row in rows] == pytest.approx(holm(p_values).tolist())
    assert any(row.shown for row in rows)
    assert all(row.p_holm < 0.05 for row in rows if row.shown)
    lost = [row for row in rows if row.p < 0.05 <= row.p_holm]
    assert lost
    assert not any(row.shown for row in lost)
    assert any("corrected for 12 comparisons (Holm), decides" in row.sentence for row in lost)
