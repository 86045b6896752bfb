"""The same services for scripts. One module per noun registers its commands on ``app``."""

from __future__ import annotations

import functools
import importlib
import os
import sys
from typing import Any

import typer

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)

#: Each module has ``register(app)``; it imports what is heavy inside its commands, so that ``--help`` stays quick.
_MODULES = (
    "areas",
    "register",
    "lists",
    "demo",
    "documents",
    "elections",
    "results",
    "places",
    "planning",
    "surveys",
    "system",
)


@functools.cache
def whole() -> Any:
    """Return all commands."""
    from renovation.cli.answers import guarded

    for name in _MODULES:
        importlib.import_module(f"renovation.cli.{name}").register(app)
    return guarded(typer.main.get_command(app))


def main() -> None:
    """Run the command line."""
    commands = whole()
    # What an argument holds that is no text is shown as what it is: a refusal repeats it.
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    _keep_stdout_for_answers()
    commands(prog_name="renovation")


def _keep_stdout_for_answers() -> None:
    """Send what compiled code prints on its own (HiGHS does) to stderr; Python's ``sys.stdout`` goes where it went."""
    try:
        if sys.stdout.fileno() != 1:
            return
        sys.stdout.flush()
        kept = os.dup(1)
        os.dup2(2, 1)
    except (OSError, ValueError):  # no such stream: a window without a console, a pipe closed early
        return
    sys.stdout = os.fdopen(kept, "w", encoding="utf-8", errors="backslashreplace", buffering=1)
