"""What the probes promise, over seeds and not on a lucky one: a code is read, nothing is read from nothing."""

import numpy as np
import pytest

from unheard.leakage.probe_splits import Items
from unheard.leakage.suite import ProbeSettings, measure_leakage
from unheard.probing.sources import emotion_code
from unheard.probing.summary import figures_of
from unheard.testing.codes import make_codes


def figures(codes, *columns, kinds=("linear", "mlp", "knn"), embeddings=None, seed=0):
    items = Items({name: codes.columns[name] for name in ("speaker", *columns)}, codes.part)
    given = codes.embeddings if embeddings is None else embeddings(items)
    return figures_of([measure_leakage(given, items, ProbeSettings(kinds=kinds), seed=seed)], 0.95)


def over_seeds(code, seeds):
    made = (
        make_codes(speakers=6, unseen=4, each=16, size=12, strength=2.0, code=code, seed=seed)
        for seed in range(seeds)
    )
    return [figures(codes, "emotion", "sentence", "gender", seed=seed) for seed, codes in enumerate(made)]


@pytest.fixture(scope="module")
def there():
    return over_seeds("linear", 3)


@pytest.fixture(scope="module")
def absent():
    return over_seeds("none", 5)


def covers(figure, value):
    low, high = figure.interval
    return low <= value <= high


def misses(found, figure_of, *, chance):
    """In how many seeds the interval of a figure leaves chance out."""
    return sum(not covers(figure_of(own), chance) for own in found)


def test_a_code_that_is_there_is_read_with_every_seed(there):
    for own in there:
        for protocol in ("utterances", "sentences"):
            read = own.leakage["speaker"][protocol]
            assert read.best.mean > 0.7
            assert read.best.interval[0] > read.permutation_chance.best
        assert own.code_length.saved.interval[0] > 0


def test_a_code_that_was_erased_is_at_chance_by_the_best_of_all_probes(there):
    assert misses(there, lambda own: own.erasure.speaker_after.best, chance=1 / 6) == 0
    assert np.mean([own.erasure.speaker_after.best.mean for own in there]) < 0.3


@pytest.mark.parametrize(
    ("figure_of", "chance"),
    [
        (lambda own: own.leakage["speaker"]["utterances"].best, 1 / 6),
        (lambda own: own.leakage["speaker"]["sentences"].best, 1 / 6),
        (lambda own: own.leakage["gender"]["utterances"].best, 0.5),
        (lambda own: own.leakage["sentence"]["utterances"].best, 0.25),
        (lambda own: own.verification["sentences"].best, 0.5),
        (lambda own: own.code_length.saved, 0.0),
        (lambda own: own.domain_distance["gender: f and m"], 0.0),
        (lambda own: own.erasure.uar_beyond_control, 0.0),
    ],
)
def test_where_there_is_no_code_intervals_cover_chance(absent, figure_of, chance):
    """One in twenty may miss by right, and one of these five does."""
    assert misses(absent, figure_of, chance=chance) <= 1


def test_the_best_lies_above_chance_by_luck_and_shuffled_answers_say_by_how_much(absent):
    for protocol in ("utterances", "sentences"):
        own = [each.leakage["speaker"][protocol] for each in absent]
        luck = np.mean([each.permutation_chance.best for each in own]) - 1 / 6
        found = np.array([each.best.mean for each in own]) - 1 / 6
        assert luck > 0.02
        assert abs(found.mean() - luck) < 3 * max(0.01, found.std(ddof=1) / np.sqrt(len(found)))


@pytest.mark.parametrize("seed", range(3))
def test_a_nonlinear_code_escapes_erasure_and_the_linear_probe_but_not_the_mlp(seed):
    codes = make_codes(speakers=4, unseen=0, each=320, size=14, code="signs", seed=seed)
    own = figures(codes, kinds=("linear", "mlp"), seed=seed)
    # Erasing what noise gave the linear probe turns the signs a little: 0.62 to 0.97 are left of 1.
    for read, left in ((own.leakage["speaker"]["utterances"], 0.9), (own.erasure.speaker_after, 0.5)):
        assert read.probes["linear"].mean < 0.4
        assert read.probes["mlp"].mean > left


@pytest.mark.parametrize("seed", range(2))
def test_an_embedding_of_emotions_alone_is_at_the_floor_and_not_at_chance(seed):
    codes = make_codes(speakers=8, unseen=0, each=32, size=10, code="none", dependence=0.8, seed=seed)
    floor = figures(codes, "emotion", kinds=("linear",), embeddings=emotion_code)
    own = figures(codes, "emotion", kinds=("linear", "knn"), seed=seed)
    below, above = floor.leakage["speaker"]["utterances"].best.interval
    assert floor.leakage["speaker"]["utterances"].best.mean > 1.3 / 8
    assert below <= own.leakage["speaker"]["utterances"].best.mean <= above
    # When the emotion is known, nothing is left of it: but few speakers have utterances of it to be asked, so that
    # chance is far above one over the speakers.
    within = own.within_emotion
    assert within.best.interval[0] <= within.permutation_chance.best
    assert within.permutation_chance.best > 1.3 * within.chance
