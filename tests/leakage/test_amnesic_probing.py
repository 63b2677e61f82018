"""Erasing the speaker: the erasure knows nothing of who is asked, rounding is not read, and luck is counted."""

import numpy as np
import pytest

from unheard.leakage.amnesic_probing import CONTROLS, measure_erasure
from unheard.leakage.probe_splits import Items
from unheard.leakage.representation import ProbeSettings, Representation
from unheard.statistics.jackknife import summary
from unheard.testing.codes import make_codes


def measured(codes, *, kinds=("linear",), parts=True, seed=0):
    part = codes.part if parts else np.full(codes.part.shape, "train")
    items = Items({name: codes.columns[name] for name in ("speaker", "emotion")}, part)
    return measure_erasure(Representation(codes.embeddings, items, ProbeSettings(kinds=kinds), seed))


def test_an_erasure_that_leaves_nothing_leaves_no_rounding_errors_to_read():
    """Twelve speakers span an embedding of six: what remains of it is of the size 1e-16, and none of it is read."""
    codes = make_codes(speakers=12, unseen=4, each=24, size=12, strength=3.0)
    small = type(codes)(
        codes.embeddings[:, :6] @ np.random.default_rng(0).normal(size=(6, 6)), codes.columns, codes.part
    )
    own = measured(small, kinds=("linear", "mlp", "knn"))
    assert (own["rank"], own["of_size"]) == (6, 6)
    for kind in ("linear", "mlp", "knn"):
        assert own["speaker_after"][kind].value == pytest.approx(1 / 12)
    assert own["uar_after"].value == own["uar_control"].value == pytest.approx(0.25)


def test_without_parts_the_erasure_does_not_know_who_is_asked():
    """Fitted to the asked items too, it would move their means onto those of train: a linear probe would name them
    in 1 of 100 cases where chance is 17, and pass for an erasure that works better than it does.

    One interval in twenty may miss chance by right, and one of these eight does."""
    missed = 0
    for seed in range(8):
        codes = make_codes(speakers=6, unseen=0, each=12, size=16, strength=1.5, seed=seed)
        left = measured(codes, kinds=("linear", "knn"), parts=False, seed=seed)["speaker_after"]
        assert left["linear"].value == pytest.approx(1 / 6)
        low, high = summary([left["knn"]]).interval
        missed += not low <= 1 / 6 <= high
    assert missed <= 1


def test_erasing_noise_is_not_shown_to_cost_more_than_its_control():
    """Which directions fall to noise is luck; an interval over speakers alone takes it for an effect too often."""
    wrong = 0
    for seed in range(12):
        codes = make_codes(speakers=6, unseen=5, each=20, size=14, code="none", seed=seed)
        own = measured(codes, seed=seed)
        assert own["uar_beyond_control"].variance > 0
        low, high = summary([own["uar_beyond_control"]]).interval
        wrong += not low <= 0 <= high
    assert wrong <= 1


def test_an_emotion_that_lies_where_the_speaker_is_was_used():
    """Four dimensions are all there is of the emotion, and there alone speakers differ."""
    generator = np.random.default_rng(0)
    codes = make_codes(speakers=8, unseen=8, each=40, size=24, code="none")
    speaker = np.unique(codes.columns["speaker"], return_inverse=True)[1]
    embeddings = codes.embeddings.copy()
    embeddings[:, :4] += generator.normal(0, 1.5, (16, 4))[speaker]
    own = measured(type(codes)(embeddings, codes.columns, codes.part))
    assert summary([own["uar_lost"]]).interval[0] > 0
    assert summary([own["uar_beyond_control"]]).interval[0] > 0
    assert CONTROLS > 1


def test_a_code_of_fewer_directions_than_its_size_is_known_to_be_gone():
    """A one-hot code of four emotions has three directions. What was left of it, 1e-16 of it, once read 100 %."""
    codes = make_codes(speakers=8, unseen=4, each=24, size=12, code="none", dependence=0.5)
    one_hot = np.asarray(codes.columns["emotion"][:, np.newaxis] == np.unique(codes.columns["emotion"]), np.float64)
    own = measured(type(codes)(one_hot, codes.columns, codes.part))
    assert (own["rank"], own["span"], own["of_size"]) == (3, 3, 4)
    assert own["uar_before"].value == 1.0
    assert own["uar_after"].value == pytest.approx(0.25)


def test_one_speaker_cannot_be_erased():
    codes = make_codes(speakers=1, unseen=2, each=12, size=12)
    assert measured(codes) == {}
