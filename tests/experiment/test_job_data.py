"""One way from a recipe to its data; what a job is handed is small, and what it reads is what the run prepared."""

import pickle

import numpy as np
import pytest

from unheard.data.vocabulary import Vocabulary
from unheard.errors import RunError
from unheard.experiment.corpus_data import extract_features, read_corpus
from unheard.experiment.fold_data import part_of
from unheard.experiment.preparation import default_cache, job_data_of, prepare
from unheard.experiment.recipe_file import read_recipe
from unheard.settings import read_document


@pytest.fixture
def ready(recipe):
    return prepare(read_recipe(read_document(recipe)), default_cache())


def test_who_goes_the_way_step_by_step_has_what_the_run_has(ready):
    recipe, cache = ready.recipe, default_cache()
    corpus = extract_features(recipe, read_corpus(recipe), cache)
    assert corpus == ready.corpus
    assert corpus.digest == ready.digest
    assert job_data_of(recipe, corpus, cache) == ready.job_data


def test_the_digest_is_of_recordings_and_labels(ready):
    name, item = next(iter(ready.utterances.items()))
    for change in ({"emotion": "boredom"}, {"speaker": "nobody else"}):
        other = {**ready.utterances, name: item.replace(**change)}
        assert (
            type(ready.corpus)(other, ready.corpus.keys, ready.corpus.recordings, ready.corpus.set_aside).digest
            != ready.digest
        )
    contents = {**ready.corpus.recordings.contents, name: "another"}
    recordings = type(ready.corpus.recordings)(contents, {}, {})
    assert type(ready.corpus)(ready.utterances, {}, recordings, ready.corpus.set_aside).digest != ready.digest


def test_a_job_is_handed_nothing_that_only_a_result_needs(ready):
    sent = pickle.dumps(ready.job_data)
    digest = next(iter(ready.corpus.recordings.contents.values()))
    assert digest.encode() not in sent
    assert len(sent) < len(pickle.dumps(ready))
    assert pickle.loads(sent) == ready.job_data


def test_a_part_of_the_data_gives_the_same_items(ready):
    fold = ready.plans[0].folds[0]
    vocabulary = Vocabulary.fit(ready.utterances[name] for name in fold.train)
    own = ready.job_data.of(fold.test)
    assert set(own.utterances) == set(own.speakers) == set(own.keys) == set(fold.test)
    whole, part = (part_of(data, fold.test, vocabulary) for data in (ready.job_data, own))
    assert whole.names == part.names
    assert all(np.array_equal(one[0], other[0]) for one, other in zip(whole.frames, part.frames, strict=True))
    assert all(np.array_equal(whole.columns[name], part.columns[name]) for name in whole.columns)


def test_an_emotion_that_a_part_lacks_keeps_its_number(ready):
    angry = [name for name, item in ready.utterances.items() if item.emotion == ready.classes[-1]]
    part = part_of(ready.job_data.of(angry), angry, Vocabulary({}))
    assert set(part.columns["emotion"].tolist()) == {len(ready.classes) - 1}


@pytest.mark.parametrize("stored", [False, True])
def test_what_the_cache_has_lost_is_an_error_that_says_what_to_do(ready, stored):
    name = next(iter(ready.utterances))
    for file in ready.cache.rglob("*.npy"):
        file.unlink()
    with pytest.raises(RunError, match=rf"lost the entry of {name}\. Run the same command again"):
        ready.job_data.features(name, augmented=True, stored=stored)
