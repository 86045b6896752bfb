"""One writer among processes: whoever else is at work on the same file waits, or is told so."""

from __future__ import annotations

import subprocess
import sys

import pytest

from renovation.config import CHECKOUT
from renovation.errors import UnavailableError
from renovation.store import Store, files, settings, starting

_HOLD = """
import sys
from pathlib import Path
from renovation.store.files import WriterLock
with WriterLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_waits_and_goes_on_once_the_first_is_gone(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "BUSY_TIMEOUT_S", 0.2)
    with sqlite_store.write() as unit:
        settings.put(unit.connection, "mine", "first")
        unit.commit()
    file = f"{sqlite_store.engine.url.database}-writer"
    command = [sys.executable, "-c", _HOLD, file]
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        with pytest.raises(UnavailableError, match=r"store\.busy"), sqlite_store.write():
            pass
        # Reading waits for nobody, and a thread that was refused leaves the lock to the next.
        with sqlite_store.read() as connection:
            assert settings.get(connection, "mine") == "first"
        other.kill()
    with sqlite_store.write() as unit:
        settings.put(unit.connection, "mine", "second")
        unit.commit()


def test_a_process_that_runs_refuses_a_store_that_was_upgraded_meanwhile(
    sqlite_store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, keys = str(sqlite_store.engine.url), sqlite_store.keys
    starting.forget_stores()
    assert starting.shared_store(url, keys) is starting.shared_store(url, keys)
    with sqlite_store.write() as unit:
        unit.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999_from_later'")
        unit.commit()
    starting.shared_store(url, keys)
    monkeypatch.setattr(starting, "_LOOKED_EVERY_S", -1.0)
    with pytest.raises(UnavailableError, match=r"store\.newer"):
        starting.shared_store(url, keys)
    starting.forget_stores()
