"""The leakage of a run: folds weigh as many utterances as were asked, and the best kind is chosen once."""

import pytest

from experiment.made_jobs import leakage
from unheard.results.pooled_leakage import leakage_summary
from unheard.results.spread import spread
from unheard.schemas.scores import Spread


def test_a_fold_with_few_withheld_utterances_does_not_weigh_as_much_as_others():
    found = leakage_summary([leakage(linear=0.2, withheld=90), leakage(linear=1.0, withheld=10)])
    assert found.probes["linear"].mean == pytest.approx(0.28)


def test_the_best_kind_is_the_one_that_reads_most_over_all_folds_and_not_the_luckiest_of_each():
    folds = [leakage(linear=0.5, svm=0.4, withheld=10), leakage(linear=0.1, svm=0.4, withheld=10)]
    found = leakage_summary(folds)
    assert found.best.kind == "svm"
    assert found.best.mean == pytest.approx(0.4)


def test_what_could_not_be_had_counts_for_nothing():
    found = leakage_summary([leakage(linear=float("nan"), withheld=0), leakage(linear=0.3, withheld=5, eer=0.4)])
    assert found.probes["linear"].mean == found.best.mean == pytest.approx(0.3)
    assert found.eer.mean == pytest.approx(0.4)
    assert leakage_summary([leakage(linear=float("nan"), withheld=0)]).best.mean is None
    assert leakage_summary([]) is None


def test_without_weights_all_count_alike():
    found = spread([0.1, None, 0.3])
    assert (found.mean, found.std) == (pytest.approx(0.2), pytest.approx(0.1414, abs=1e-4))
    assert spread([]) == Spread(mean=None, std=None)
    assert spread([0.5]) == Spread(mean=0.5, std=None)
