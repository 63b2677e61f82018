"""Every error is also the builtin that a caller expects, says what came and what to do, and travels."""

import copyreg
import pickle
from pathlib import Path

import pytest
from joblib import Parallel, delayed

from unheard import errors
from unheard.errors import (
    AdaptationError,
    AudioError,
    CorpusError,
    LabelError,
    MachineError,
    MissingExtraError,
    ObjectiveError,
    RunError,
    SettingsError,
    SplitError,
    TableError,
    UnheardError,
    UnknownNameError,
    nearest,
)

EXAMPLES = {
    "AdaptationError": AdaptationError("adaptation: embeddings (3, 2), expected size 4. Use those of one model."),
    "AudioError": AudioError("a/b.wav", "is silent", "Remove it."),
    "CorpusError": CorpusError("emodb", "no such folder", "Pass another."),
    "LabelError": LabelError("emodb", "unknown code 'Q'", "Correct it."),
    "MachineError": MachineError("no space is left on the disk of out", "Make room there."),
    "MissingExtraError": MissingExtraError("audformat", "audformat"),
    "ObjectiveError": ObjectiveError("phase: nothing moves"),
    "RunError": RunError("out: no weights here. Train first."),
    "SettingsError": SettingsError("recipe.toml", "training.epochs", "must be positive", 7),
    "SplitError": SplitError("two parts share speaker 'f1'. Correct the table."),
    "TableError": TableError("mine.csv", "the row has 3 cells", "Quote them.", 4),
    "UnheardError": UnheardError("the root"),
    "UnknownNameError": UnknownNameError("corpus", "emodbb", ["ravdess", "emodb"]),
}
BUILTINS = {
    "AdaptationError": ValueError,
    "AudioError": OSError,
    "CorpusError": ValueError,
    "LabelError": ValueError,
    "MachineError": OSError,
    "MissingExtraError": ImportError,
    "ObjectiveError": ValueError,
    "RunError": ValueError,
    "SettingsError": ValueError,
    "SplitError": ValueError,
    "TableError": ValueError,
    "UnheardError": Exception,
    "UnknownNameError": KeyError,
}


@pytest.fixture(params=sorted(EXAMPLES))
def error(request):
    return EXAMPLES[request.param]


def all_below(kind):
    return {kind}.union(*map(all_below, kind.__subclasses__())) if kind.__subclasses__() else {kind}


def same(first, second):
    return type(first) is type(second) and str(first) == str(second) and vars(first) == vars(second)


def raise_it(error):
    raise error


def test_the_examples_are_all_there_are():
    own = {kind.__name__ for kind in all_below(UnheardError) if kind.__module__.startswith("unheard.")}
    assert own == set(EXAMPLES) == set(BUILTINS) == set(errors.__all__) - {"nearest"}


def test_is_the_builtin_that_a_caller_expects(error):
    assert isinstance(error, UnheardError)
    assert isinstance(error, BUILTINS[type(error).__name__])


def test_survives_a_round_trip_by_its_parts(error):
    rebuild, parts, *rest = error.__reduce__()
    again = rebuild(*parts)
    for state in rest:
        again.__setstate__(state) if state is not None else None
    assert same(error, again)


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_survives_pickling(error, protocol):
    # A worker of joblib hands its error back so; nothing but what this very line made is unpickled.
    assert same(error, pickle.loads(pickle.dumps(error, protocol)))


def test_copyreg_has_no_say_in_it(error):
    assert type(error) not in copyreg.dispatch_table


def test_survives_a_worker_process():
    with pytest.raises(AudioError) as caught:
        Parallel(n_jobs=2)(delayed(raise_it)(EXAMPLES["AudioError"]) for _ in range(2))
    assert same(caught.value, EXAMPLES["AudioError"])


def test_messages():
    assert str(EXAMPLES["AudioError"]) == "a/b.wav: is silent. Remove it."
    assert EXAMPLES["AudioError"].file == Path("a/b.wav")
    assert str(EXAMPLES["LabelError"]) == "emodb: unknown code 'Q'. Correct it."
    assert str(EXAMPLES["SettingsError"]) == "recipe.toml, line 7: training.epochs: must be positive"
    assert str(SettingsError("recipe.toml", "", "not TOML")) == "recipe.toml: not TOML"
    assert str(EXAMPLES["MissingExtraError"]).endswith("pip install 'unheard[audformat]'")
    assert str(UnheardError()) == ""


def test_an_unknown_name_is_not_in_quotes_and_names_the_nearest():
    message = str(EXAMPLES["UnknownNameError"])
    assert message == "no corpus is called 'emodbb'. Did you mean 'emodb'? Known: emodb, ravdess."
    assert "Did you mean" not in str(UnknownNameError("corpus", "zzz", ["emodb"]))
    assert str(UnknownNameError("corpus", "emodb", [])).endswith("Known: none.")


@pytest.mark.parametrize(
    ("name", "expected"), [("EMODB", "emodb"), ("emo", "emodb"), ("ravdes", "ravdess"), ("xyz", ""), ("", "")]
)
def test_nearest(name, expected):
    assert nearest(name, ["emodb", "ravdess"]) == expected
