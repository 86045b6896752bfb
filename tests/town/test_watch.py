"""What dies is begun anew, what hangs is killed, and all ends together; a town is refused on a file."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from renovation.cli import system
from renovation.config import ProcessRole, read_settings
from renovation.town import watch
from renovation.town.watch import WatchedProcess

_NOTES_AND_STAYS = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()} '); time.sleep(600)"
_DIES = "import sys; open(sys.argv[1], 'a').write('x'); sys.exit(3)"


def until(what: Callable[[], bool]) -> None:
    """Wait for what has to come."""
    for _ in range(12_000):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it never came")


def test_what_dies_or_hangs_is_begun_anew_and_all_end_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_FIRST_WAIT_S", 0.05)
    monkeypatch.setattr(watch, "_ASKED_EVERY_S", 0.05)
    monkeypatch.setattr(watch, "_MOST_SILENCES", (2, 2))
    names = ("stays", "dies", "hangs")
    notes = {name: tmp_path / name for name in names}
    commands = {"stays": _NOTES_AND_STAYS, "dies": _DIES, "hangs": _NOTES_AND_STAYS}
    # Nobody answers at this port, as a process that hangs does not.
    tasks = [
        WatchedProcess(
            name=name,
            command=(sys.executable, "-c", commands[name], str(notes[name])),
            port=9 if name == "hangs" else 0,
        )
        for name in names
    ]
    died: list[tuple[str, int]] = []

    def wrote(name: str) -> list[str]:
        return notes[name].read_text().split() if notes[name].exists() else []

    def play() -> None:
        try:
            until(lambda: len(wrote("stays")) == 1)
            os.kill(int(wrote("stays")[0]), signal.SIGKILL)
            until(lambda: len(wrote("stays")) == 2 and len(notes["dies"].read_text()) >= 3 and ("hangs", -9) in died)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)

    player = threading.Thread(target=play)
    player.start()
    watch.watch(tasks, lambda name, code: died.append((name, code)))
    player.join()
    assert {("stays", -9), ("dies", 3), ("hangs", -9)} <= set(died)
    with pytest.raises(ProcessLookupError):
        os.kill(int(wrote("stays")[-1]), 0)


@pytest.mark.parametrize("asked", [["--town"], ["--role", "web"], ["--role", "jobs"]])
def test_a_file_is_refused_by_name_with_the_cure(
    asked: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path))
    monkeypatch.setenv("RENOVATION_ROLE", "all")
    monkeypatch.delenv("RENOVATION_DATABASE_URL", raising=False)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    one = typer_app()
    done = CliRunner().invoke(one, ["serve", *asked])
    assert done.exit_code == 1
    assert "renovation move --to" in done.stderr
    assert not (tmp_path / "store.sqlite").exists()


def typer_app() -> typer.Typer:
    """Return the command line with the commands of this file alone."""

    one = typer.Typer()
    system.register(one)
    return one


def test_every_process_of_a_town_has_its_task_and_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RENOVATION_DATABASE_URL", "postgresql+psycopg://town@localhost/town")
    monkeypatch.setenv("RENOVATION_WEB_PROCESSES", "3")
    monkeypatch.setenv("RENOVATION_STAFF_PROCESSES", "2")
    tasks = system.town_tasks(read_settings())
    assert [(task.name, task.port) for task in tasks] == [
        ("web 1", 8601), ("web 2", 8602), ("web 3", 8603), ("staff 1", 8501), ("staff 2", 8502), ("jobs", 0),
    ]  # fmt: skip
    assert [task.environment["RENOVATION_ROLE"] for task in tasks] == [ProcessRole.WEB] * 3 + [
        ProcessRole.STAFF
    ] * 2 + [ProcessRole.JOBS]
