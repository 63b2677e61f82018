"""The command `unheard`: one file a verb, errors without tracebacks, exit codes that scripts can trust.

A verb is imported when it is called: a list of verbs must not wait for what training needs.

0  done                    1  a finding: `audit` saw a leak
2  bad input or usage      3  a fault of this program (--debug shows it)    130  interrupted
"""

import contextlib
import importlib
import os
import sys
import traceback
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import unheard
from unheard.cli._problems import told
from unheard.cli._terminal import ReaderLeftError, console, page
from unheard.silence import without_warnings

__all__ = ["VERBS", "app", "main"]

VERBS = MappingProxyType(
    {
        "demo": "Speak a small emotional corpus with many voices, train plain and DAT on it, and test on unseen "
        "voices.",
        "corpora": "List the corpora that can be read, with license and languages; or all about one.",
        "audit": "Say what gives the emotion away unheard, which recordings stand twice, and what the parts of folds "
        "share.",
        "run": "Train and test every objective of a recipe on voices it has never heard.",
        "sweep": "Run a recipe at many settings and draw UAR against leakage with the Pareto front.",
        "compare": "Compare systems, paired over speakers, on the same data, folds and seeds (enforced).",
        "card": "Write the model card of a run: data, license, protocol, figures, limits, prohibited uses.",
        "probe": "Measure what frozen embeddings still hold of the speaker, gender, language, corpus and sentence.",
        "export": "Write a recognizer as one ONNX file: waveform in, probabilities and embedding out, "
        "without PyTorch.",
        "predict": "Label recordings with the models of a run (the mean over its folds and seeds).",
    }
)
"""Verb -> how its help begins, so that the list of verbs imports none. `unheard.cli.<verb>` holds its function."""

# Newer typers carry a click of their own, older ones use the package: either way this is its error.
_UsageProblem: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)


class _Verbs(TyperGroup):
    """Lists verbs by what is written here, and imports the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        """The name, the command and what is left of the arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and _imported(str(command.name)), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the verb. A broken pipe that is not our output's must not end in silence, as click would have it."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as problem:
            raise RuntimeError(f"a pipe to another process broke ({problem})") from problem


def _imported(name: str) -> Any:
    """The command of one verb, as if it were the only one."""
    alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")
    alone.command(name)(getattr(importlib.import_module(f"unheard.cli.{name}"), name))
    return get_command(alone)


def _listed() -> None:
    """Stands in the list of verbs for one that is not imported yet."""


app = typer.Typer(
    name="unheard",
    cls=_Verbs,
    help="Speech emotion recognition for voices it has never heard, with the proof.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 a finding (audit saw a leak), 2 bad input or usage, 3 a fault of this "
    "program, 130 interrupted. --debug before the verb shows tracebacks.",
)
for verb, summary in VERBS.items():
    app.command(verb, help=summary)(_listed)


def _show_version(wanted: bool) -> None:
    if wanted:
        page.say(unheard.__version__)
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """What holds for every verb; read by `main` before any verb runs."""
    del debug, version


def main(arguments: list[str] | None = None) -> None:
    """Run the command and leave with its exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    debug = "--debug" in arguments
    sys.exit(_run(arguments, debug))


def _run(arguments: list[str], debug: bool) -> int:
    console.quiet = page.quiet = False
    try:
        with contextlib.nullcontext() if debug else without_warnings():
            code = app(args=arguments, standalone_mode=False)
    except _UsageProblem as problem:
        _show_usage(problem)
        return 2
    except (KeyboardInterrupt, typer.Abort):
        code = 130
    except ReaderLeftError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:  # noqa: BLE001 (the last door: nobody should meet a traceback unasked)
        if debug:
            traceback.print_exc()
        return _say(problem)
    if code == 130:  # typer may have caught the signal before
        console.say("interrupted; the same command goes on where it stood")
    return code if isinstance(code, int) else 0


def _say(problem: Exception) -> int:
    """Say what went wrong, and whose it is."""
    message = told(problem)
    if message is not None:
        console.say(message, head="error: ", head_style="bold red")
        return 2
    console.say(f"{type(problem).__name__}: {problem}", head="fault: ", head_style="bold red")
    console.say("This is a fault of unheard, not of yours. `unheard --debug …` shows where; please report it.")
    return 3


def _show_usage(problem: Any) -> None:
    """How the verb is called, and what of it was wrong."""
    if not problem.format_message():  # no verb was given, and the help is shown already
        return
    if getattr(problem, "ctx", None) is not None:
        console.lines(f"{problem.ctx.get_usage()}\nTry '{problem.ctx.command_path} --help' for help.")
    console.say(problem.format_message(), head="error: ", head_style="bold red")
