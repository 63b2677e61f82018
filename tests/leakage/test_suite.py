"""The battery on codes whose contents are known: it reads what is there, and is at chance when it is not."""

import numpy as np
import pytest

from unheard.errors import SplitError
from unheard.leakage.probe_splits import Items
from unheard.leakage.suite import ProbeSettings, measure_leakage
from unheard.probing.sources import emotion_code
from unheard.statistics.jackknife import summary
from unheard.testing.codes import make_codes


def items_of(codes, *columns):
    """The items of made codes, with all their columns or the speaker and these."""
    kept = {"speaker", *columns} if columns else set(codes.columns)
    return Items({name: column for name, column in codes.columns.items() if name in kept}, codes.part)


def interval(measure):
    return summary([measure]).interval


def covers(measure, value):
    low, high = interval(measure)
    return low <= value <= high


@pytest.fixture(scope="module")
def there():
    """A linear speaker code, measured."""
    codes = make_codes(speakers=8, unseen=6, each=24, size=16, strength=1.2)
    return measure_leakage(codes.embeddings, items_of(codes), ProbeSettings(), seed=0)


@pytest.fixture(scope="module")
def absent():
    """The same corpus without it."""
    codes = make_codes(speakers=8, unseen=6, each=24, size=16, code="none")
    return measure_leakage(codes.embeddings, items_of(codes), ProbeSettings(), seed=0)


def test_a_code_that_is_there_is_read_by_everything(there):
    for protocol in ("utterances", "sentences"):
        own = there["leakage"]["speaker"][protocol]
        assert min(own[kind].value for kind in ("linear", "mlp", "knn")) > 0.8
        assert interval(own["linear"])[0] > 0.6
        assert own["chance"].value == pytest.approx(1 / 8)
        assert own["test_items"] == 48
    assert there["verification"]["utterances"]["cosine"].value < 0.3
    assert there["verification"]["sentences"]["cosine"].value < 0.3
    assert there["within_emotion"]["linear"].value > 0.6
    assert there["code_length"]["bits"].value < 2.5 < there["code_length"]["uniform"].value
    assert there["code_length"]["compression"].value > 1.3


def test_a_code_that_is_absent_is_at_chance_by_everything(absent):
    for protocol in ("utterances", "sentences"):
        own = absent["leakage"]["speaker"][protocol]
        for kind in ("linear", "mlp", "knn"):
            assert covers(own[kind], 1 / 8)
    for kind in ("cosine", "backend"):
        assert covers(absent["verification"]["utterances"][kind], 0.5)
    assert covers(absent["within_emotion"]["linear"], 1 / 8)
    assert absent["code_length"]["bits"].value > absent["code_length"]["uniform"].value - 0.05
    assert absent["code_length"]["compression"].value < 1.02


def test_genders_without_a_code_cannot_be_read_from_known_speakers(there):
    """Each speaker's own direction gives the gender away to a probe that knows them; none is asked of them."""
    own = there["leakage"]["gender"]["utterances"]
    assert own["test_items"] == 6 * 24
    assert covers(own["linear"], 0.5)
    assert there["domain_distance"]["gender: f and m"]["distance"].value == pytest.approx(
        2 * (1 - 2 * (1 - own["linear"].value))
    )


def test_an_erased_code_is_at_chance_by_every_probe(there):
    """A mean for each speaker is all there was; what every kind of probe reads afterwards covers chance."""
    for kind in ("linear", "mlp", "knn"):
        assert there["leakage"]["speaker"]["utterances"][kind].value > 0.8
        assert covers(there["erasure"]["speaker_after"][kind], 1 / 8)


def test_the_battery_erases_the_speaker_and_keeps_the_emotion(there):
    own = there["erasure"]
    assert (own["rank"], own["whole_rank"], own["of_size"]) == (7, 7, 16)
    assert own["speaker_after"]["linear"].value == pytest.approx(1 / 8, abs=0.06)
    assert own["uar_before"].value > 0.7
    assert own["uar_after"].value > 0.5
    assert own["uar_chance"].value == 0.25


def test_a_product_of_signs_escapes_erasure_and_the_linear_probe_but_not_the_mlp():
    codes = make_codes(speakers=4, unseen=2, each=400, size=24, code="signs")
    settings = ProbeSettings(kinds=("linear", "mlp"))
    own = measure_leakage(codes.embeddings, items_of(codes, "emotion"), settings, seed=0)
    before, after = own["leakage"]["speaker"]["utterances"], own["erasure"]["speaker_after"]
    for probes in (before, after):
        assert probes["linear"].value < 0.4
        assert probes["mlp"].value > 0.7


def test_the_floor_of_a_perfect_emotion_code_is_respected():
    """Where speakers have favorite emotions, the emotion alone names them above chance, and may."""
    codes = make_codes(speakers=8, unseen=4, each=40, code="none", dependence=0.7)
    items = items_of(codes, "emotion")
    floor = measure_leakage(emotion_code(items), items, ProbeSettings(kinds=("linear",)), seed=0)["leakage"][
        "speaker"
    ]["utterances"]
    tree = measure_leakage(codes.embeddings, items, ProbeSettings(kinds=("linear", "knn")), seed=0)
    own, within = tree["leakage"]["speaker"]["utterances"], tree["within_emotion"]
    assert interval(floor["linear"])[1] > floor["linear"].value > 1.3 / 8
    for kind in ("linear", "knn"):
        assert own[kind].value <= interval(floor["linear"])[1]
    # Within one emotion nothing of it is left.
    assert interval(within["linear"])[0] <= within["chance"].value


def test_without_parts_every_item_is_asked_and_half_of_the_speakers_verify_the_other():
    codes = make_codes(speakers=8, unseen=0, each=24, strength=1.0)
    items = Items(items_of(codes, "emotion").columns, np.full(codes.part.shape, "train"))
    own = measure_leakage(codes.embeddings, items, ProbeSettings(kinds=("linear", "knn")), seed=0)
    assert own["leakage"]["speaker"]["utterances"]["test_items"] == 8 * 24
    assert own["leakage"]["speaker"]["utterances"]["linear"].value > 0.8
    trials = own["verification"]["utterances"]
    assert trials["targets"] + trials["impostors"] == 2 * (96 * 95 // 2)
    assert len(trials["cosine"].without) == 8


def test_the_same_seed_says_the_same_whatever_the_global_one():
    codes = make_codes(speakers=3, unseen=3, each=12, size=12)
    first = measure_leakage(codes.embeddings, items_of(codes, "emotion"), ProbeSettings(), seed=3)
    np.random.seed(1)  # noqa: NPY002 (what is shown to have no effect)
    assert measure_leakage(codes.embeddings, items_of(codes, "emotion"), ProbeSettings(), seed=3) == first


def test_a_collapsed_embedding_is_at_chance_everywhere():
    codes = make_codes(speakers=4, unseen=2, each=16, size=12)
    own = measure_leakage(np.ones((96, 3)), items_of(codes, "emotion"), ProbeSettings(), seed=0)
    for kind in ("linear", "mlp", "knn"):
        assert own["leakage"]["speaker"]["utterances"][kind].value == pytest.approx(0.25)
    assert own["verification"]["utterances"]["cosine"].value == 0.5
    assert own["verification"]["utterances"]["backend"].value == 0.5
    assert own["erasure"]["rank"] == 0


def test_what_does_not_fit_is_an_error():
    codes = make_codes(speakers=4, unseen=2, each=8, size=12)
    with pytest.raises(SplitError, match="one row an item"):
        measure_leakage(codes.embeddings[1:], items_of(codes), ProbeSettings(), seed=0)
    with pytest.raises(SplitError, match="nan or inf"):
        measure_leakage(codes.embeddings * np.nan, items_of(codes), ProbeSettings(), seed=0)
    nobody = Items(codes.columns, np.full(codes.part.shape, "unseen"))
    with pytest.raises(SplitError, match="part train"):
        measure_leakage(codes.embeddings, nobody, ProbeSettings(), seed=0)
