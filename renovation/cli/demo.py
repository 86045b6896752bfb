"""Build the demonstration city."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from renovation.cli.system import terminal_language
from renovation.errors import RenovationError
from renovation.text import error_text, text


def demo(seed: Annotated[int, typer.Option(help="The same seed gives the same city.")] = 2020) -> None:
    """Build the demonstration city anew, in an empty store or over an earlier demonstration."""
    # Heavy, and needed by nobody who only asks for --help.
    from renovation.config import read_settings
    from renovation.services.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, load_demo
    from renovation.store import migrate, open_store

    language = terminal_language()
    shown = sys.stderr.isatty()

    def tell(part: str, done: int, total: int) -> None:
        if shown:
            line = text("demo.progress", language, part=text(f"demo.part.{part}", language), done=done, total=total)
            typer.echo(f"\r{line}\x1b[K", nl=done == total, err=True)

    try:
        settings = read_settings()
        store = open_store(settings.database_url, settings.key_dir)
        try:
            migrate(store)
            load_demo(store, tell, seed=seed)
        finally:
            store.close()
    except RenovationError as error:
        typer.echo(error_text(error, language), err=True)
        raise typer.Exit(1) from None
    typer.echo(text("demo.ready", language, logins=" ".join(DEMO_ACCOUNTS), password=DEMO_PASSWORD))


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(demo)
