"""The area under a learning curve."""

import numpy as np
import pytest

from unheard.errors import RunError
from unheard.scores.learning_curve import area_under, learning_curve, weights_of
from unheard.statistics.intervals import interval


def confusions(right, *, speakers=8, seed=0):
    """Two seeds, three classes, 20 clips each; `right` of them are named rightly on average."""
    generator = np.random.default_rng(seed)
    found = np.zeros((2, speakers, 3, 3), np.int64)
    for place in np.ndindex(2, speakers, 3):
        hits = generator.binomial(20, right)
        found[place][place[2]] = hits
        found[place][(place[2] + 1) % 3] = 20 - hits
    return found


def test_each_doubling_of_the_labels_counts_alike():
    assert weights_of([0.1, 0.2, 0.4, 0.8]) == pytest.approx([1 / 6, 1 / 3, 1 / 3, 1 / 6])
    assert weights_of([0.05, 0.5, 1.0]).sum() == pytest.approx(1.0)


def test_a_flat_curve_has_its_own_height_and_its_own_interval():
    same = confusions(0.7)
    area, ends = area_under([0.1, 0.5, 1.0], [same, same, same])
    assert area == pytest.approx(np.trace(same.sum((0, 1))) / same.sum())
    assert ends == pytest.approx(interval(same))


def test_the_area_is_that_of_the_trapezia_on_a_logarithmic_scale():
    curve = [confusions(right, seed=number) for number, right in enumerate((0.4, 0.6, 0.7))]
    shares = [0.1, 0.3, 1.0]
    heights = [np.trace(one.sum((0, 1))) / one.sum() for one in curve]
    expected = np.trapezoid(heights, np.log(shares)) / np.log(10)
    assert area_under(shares, curve)[0] == pytest.approx(expected)


def test_more_at_every_share_is_more_area():
    low, high = ([confusions(right + lift) for right in (0.4, 0.6)] for lift in (0.0, 0.2))
    assert area_under([0.1, 1.0], high)[0] > area_under([0.1, 1.0], low)[0]


@pytest.mark.parametrize("shares", [[1.0], [0.5, 0.5], [1.0, 0.5]])
def test_what_is_no_curve_is_refused(shares):
    with pytest.raises(RunError, match="two or more rising shares"):
        weights_of(shares)


def test_other_speakers_at_one_share_are_refused():
    with pytest.raises(RunError, match="same speakers"):
        area_under([0.1, 1.0], [confusions(0.5), confusions(0.5, speakers=7)])


def test_a_curve_is_told_in_the_order_of_its_shares():
    points = {1.0: (0.8, confusions(0.8)), 0.1: (0.4, confusions(0.4))}
    found = learning_curve(points)
    assert found.shares == [0.1, 1.0]
    assert found.uar == [0.4, 0.8]
    assert found.interval[0] < found.auc < found.interval[1]
