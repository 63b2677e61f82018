"""The command `unheard`: one file a verb, errors without tracebacks, exit codes that scripts can trust.

0  done                    1  a finding: `audit` saw a leak
2  bad input or usage      3  a fault of this program (--debug shows it)    130  interrupted
"""

import os
import sys
import traceback
from typing import Annotated

import typer
from rich.console import Console

import unheard
from unheard.cli.audit import audit
from unheard.cli.card import card
from unheard.cli.compare import compare
from unheard.cli.corpora import corpora
from unheard.cli.demo import demo
from unheard.cli.predict import predict
from unheard.cli.probe import probe
from unheard.cli.run import run
from unheard.cli.sweep import sweep
from unheard.errors import UnheardError

__all__ = ["app", "main"]

# Newer typers carry a click of their own, older ones use the package: either way this is its error.
_UsageProblem: type[Exception] = next(
    kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException"
)

app = typer.Typer(
    name="unheard",
    help="Speech emotion recognition for voices it has never heard, with the proof.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 a finding (audit saw a leak), 2 bad input or usage, 3 a fault of this "
    "program, 130 interrupted. --debug before the verb shows tracebacks.",
)
for verb in (demo, corpora, audit, run, sweep, compare, card, probe, predict):
    app.command()(verb)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(unheard.__version__)
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
    errors = Console(stderr=True, highlight=False)
    try:
        code = app(args=arguments, standalone_mode=False)
    except UnheardError as problem:
        if debug:
            traceback.print_exc()
        errors.print(f"[bold red]error:[/] {_plain(problem)}", soft_wrap=True)
        return 2
    except _UsageProblem as problem:
        problem.show()  # type: ignore[attr-defined]
        return 2
    except (KeyboardInterrupt, typer.Abort):
        errors.print("interrupted; the same command goes on where it stood")
        return 130
    except BrokenPipeError:
        # The reader of a pipe (head) left; nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as problem:  # noqa: BLE001 (the last door: nobody should meet a traceback unasked)
        if debug:
            traceback.print_exc()
        errors.print(
            f"[bold red]fault:[/] {type(problem).__name__}: {_plain(problem)}\n"
            "This is a fault of unheard, not of yours. `unheard --debug …` shows where; please report it.",
            soft_wrap=True,
        )
        return 3
    return code if isinstance(code, int) else 0


def _plain(problem: Exception) -> str:
    """The message, its brackets kept from being read as markup."""
    return str(problem).replace("[", "\\[")
