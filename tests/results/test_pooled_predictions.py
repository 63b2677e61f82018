"""Which predictions calibration reads: dev speakers who are new voices, and test items whose home was trained on."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from experiment.made_jobs import training
from unheard.records import Utterance
from unheard.results.pooled_predictions import dev_predictions_of, held_out_predictions

PEOPLE = {"ann": ("x", "de"), "bea": ("x", "de"), "cem": ("y", "tr"), "dan": ("y", None), "eva": ("x", "en")}


def corpus(**parts):
    """Two utterances a speaker, and one fold in which speakers have these parts."""
    utterances = {
        f"{speaker}{number}": Utterance(
            Path(f"{speaker}{number}.wav"),
            f"{speaker}{number}",
            home,
            speaker=speaker,
            language=language,
            emotion=("anger", "joy")[number],
        )
        for speaker, (home, language) in PEOPLE.items()
        for number in (0, 1)
    }
    fold = SimpleNamespace(name="f", **{part: tuple(names.split()) for part, names in parts.items()})
    plans = {0: SimpleNamespace(folds=[fold])}
    speakers = {name: str(item.speaker) for name, item in utterances.items()}
    return SimpleNamespace(utterances=utterances, speakers=speakers, plans=plans, classes=["anger", "joy"])


def job(prepared, dev=True):
    (fold,) = prepared.plans[0].folds
    test, told = ([(name, [0.75, 0.25]) for name in part] for part in (fold.test, fold.dev if dev else ()))
    return training(test, told, fold="f")


def test_what_was_said_of_whom():
    prepared = corpus(train="ann0 ann1", dev="bea0 bea1", test="eva1")
    dev = dev_predictions_of([job(prepared)], prepared)
    assert dev.truth.tolist() == [0, 1]
    assert dev.speakers.tolist() == ["bea", "bea"]
    assert dev.names.tolist() == ["bea0", "bea1"]
    assert (dev.seeds.tolist(), dev.folds.tolist()) == ([0, 0], ["f", "f"])
    assert held_out_predictions([job(prepared)], prepared).probabilities.tolist() == [[0.75, 0.25]]


def test_a_dev_speaker_who_is_trained_on_is_no_new_voice():
    prepared = corpus(train="ann0 bea1", dev="ann1 cem0", test="dan0")
    assert dev_predictions_of([job(prepared)], prepared).speakers.tolist() == ["cem"]
    prepared = corpus(train="ann0 bea1", dev="ann1 bea0", test="dan0")
    assert dev_predictions_of([job(prepared)], prepared) is None


@pytest.mark.parametrize(
    ("test", "foreign"), [("bea0", False), ("cem0", True), ("dan0", True), ("eva0", True), ("bea0 cem0", None)]
)
def test_another_corpus_or_language_than_was_trained_on_is_foreign(test, foreign):
    prepared = corpus(train="ann0 ann1", dev="bea1", test=test)
    found = held_out_predictions([job(prepared)], prepared).foreign.tolist()
    assert found == ([False, True] if foreign is None else [foreign])


def test_what_is_not_known_is_not_called_foreign():
    prepared = corpus(train="cem0", dev="ann0", test="dan0")
    assert held_out_predictions([job(prepared)], prepared).foreign.tolist() == [False]


def test_jobs_without_dev_predictions_leave_those_of_others():
    prepared = corpus(train="ann0 ann1", dev="bea0 bea1", test="eva1")
    without = job(prepared, dev=False)
    assert len(dev_predictions_of([without, job(prepared)], prepared).names) == 2
    assert dev_predictions_of([without], prepared) is None
