"""What the command imports before it does anything: a question about a verb never waits for what training needs."""

import inspect
import json
import os
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import unheard.cli
from unheard.cli.main import VERBS, main

HEAVY = ("torch", "sklearn", "pandas", "transformers", "audformat", "optuna", "matplotlib")
"""What takes a second or more, or comes with an extra. (One that is no longer installed would be missed in vain.)"""
LIGHT = ("corpora", "audit", "compare", "card")
"""Verbs that do all their work without a network."""
SPY = """
import json, sys
from unheard.cli.main import main
try:
    main(sys.argv[1:])
except SystemExit as left:
    code = left.code
print("\\n" + json.dumps([code, sorted(sys.modules)]))
"""


def imported(*arguments, **environment):
    """Exit code, what is printed, and every module that a fresh process holds after a command."""
    done = subprocess.run(
        [sys.executable, "-c", SPY, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    said, _, last = done.stdout.rstrip("\n").rpartition("\n")
    code, modules = json.loads(last)
    return code, said + done.stderr, set(modules)


def of_verbs(modules):
    door = {"unheard.cli.main", "unheard.cli._problems", "unheard.cli._terminal"}
    return {name for name in modules if name.startswith("unheard.cli.")} - door


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["-h"], ["nonesuch"]])
def test_what_names_no_verb_imports_none(arguments):
    code, said, modules = imported(*arguments)
    assert code == (2 if arguments == ["nonesuch"] else 0)
    assert said.strip()
    assert not of_verbs(modules)
    assert not modules & {*HEAVY, "scipy", "jinja2", "soundfile", "joblib"}


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_a_verb_imports_no_network(verb):
    code, said, modules = imported(verb, "--help")
    assert code == 0
    assert "Examples" in said
    assert not modules & set(HEAVY)
    assert {name for name in of_verbs(modules) if "._" not in name} == {f"unheard.cli.{verb}"}


def test_corpora_are_listed_without_what_trains_on_them():
    code, said, modules = imported("corpora")
    assert code == 0
    assert "ravdess" in said
    assert not modules & {*HEAVY, "scipy"}


def test_a_corpus_is_audited_without_a_network(tones):
    code, said, modules = imported("audit", str(tones / "corpus" / "tones.csv"))
    assert code == 0, said
    assert "6 speakers" in said
    assert not modules & set(HEAVY)


def test_pages_import_what_draws_when_they_draw():
    code = (
        "import pkgutil, sys, unheard.reports as all; from importlib import import_module\n"
        "for one in pkgutil.walk_packages(all.__path__, 'unheard.reports.'): import_module(one.name)\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from unheard.reports.figures.legend import legend; legend(['plain'])\n"
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_every_verb_is_listed_and_every_file_of_a_verb_is_one():
    files = {module.name for module in pkgutil.iter_modules(unheard.cli.__path__)}
    assert set(VERBS) == {name for name in files if not name.startswith("_")} - {"main"}


@pytest.mark.parametrize("verb", VERBS)
def test_what_the_list_says_of_a_verb_is_how_its_own_help_begins(verb):
    own = inspect.getdoc(getattr(import_module(f"unheard.cli.{verb}"), verb))
    assert " ".join(own.split("\n\n")[0].split()) == VERBS[verb]


def typed(*arguments):
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return left.value.code


def test_a_slip_of_the_finger_is_told_the_verb_that_was_meant(capsys):
    assert typed("comapre", "runs/a") == 2
    assert "Did you mean 'compare'?" in capsys.readouterr().err


@pytest.mark.parametrize("debug", [False, True])
def test_a_verb_that_cannot_be_imported_is_a_fault_of_the_program(debug, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "unheard.cli.card", None)
    assert typed(*["--debug"][:debug], "card", "runs/a") == 3
    said = capsys.readouterr().err
    assert "fault of unheard" in said
    assert ("Traceback" in said) == debug


def test_options_of_a_verb_are_completed_though_it_was_not_imported():
    asked = {"_UNHEARD_COMPLETE": "complete_bash", "COMP_WORDS": "unheard card --o", "COMP_CWORD": "2"}
    command = [sys.executable, "-c", "from unheard.cli.main import app; app(prog_name='unheard')"]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=60, env={**os.environ, **asked}
    )
    assert "--out" in done.stdout.split()
