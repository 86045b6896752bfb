"""Build the demonstration city."""

from __future__ import annotations

from typing import Annotated

import typer

from renovation.cli.answers import opened_store, refusals, tell_progress, terminal_language
from renovation.text import text


def demo(seed: Annotated[int, typer.Option(help="The same seed gives the same city.")] = 2020) -> None:
    """Build the demonstration city anew, in an empty store or over an earlier demonstration."""
    # Heavy, and needed by nobody who only asks for --help.
    from renovation.services.demo import DEMO_ACCOUNTS, DEMO_PASSWORD, load_demo

    language = terminal_language()

    def tell(part: str, done: int, total: int) -> None:
        said = text("demo.progress", language, part=text(f"demo.part.{part}", language), done=done, total=total)
        tell_progress(said, last=done == total)

    with refusals(language, status=1), opened_store() as store:
        load_demo(store, tell, seed=seed)
    typer.echo(text("demo.ready", language, logins=" ".join(DEMO_ACCOUNTS), password=DEMO_PASSWORD))


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command()(demo)
