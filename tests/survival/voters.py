"""Vote with many hands until killed, telling each confirmed ballot through a pipe (run by the storm).

When planted, every SQL statement is committed on its own, as a careless build would do; the storm must notice that.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from renovation.errors import RenovationError
from renovation.model.accounts import Actor, Role
from renovation.model.polls import Channel
from renovation.services.polls import voting
from renovation.store import Store, open_store

CHOICES = (("P1", "P2"), ("P3",), (), ("P1", "P4", "P5"))


def plant(store: Store) -> None:
    """Commit after every statement (but one that still has an answer to give)."""

    @sa.event.listens_for(store.engine, "after_cursor_execute")
    def commit(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE")) and "RETURNING" not in statement:
            raw = connection.connection.dbapi_connection
            if store.is_sqlite:
                raw.execute("COMMIT")
                time.sleep(0.002)
                raw.execute("BEGIN IMMEDIATE")
            else:
                raw.commit()
                time.sleep(0.002)


def vote(url: str, keys: Path, codes: Sequence[str], threads: int, planted: bool, told: Connection) -> None:
    """Vote until there are no codes left; tell ``(code, receipt)`` of each, or ``(code, "refused:…")``."""
    store = open_store(url, keys)
    if planted:
        plant(store)
    out = threading.Lock()
    station = Actor(role=Role.STATION)

    def hand(mine: Sequence[str]) -> None:
        for place, code in enumerate(mine):
            try:
                choices = CHOICES[place % len(CHOICES)]
                answer = voting.cast_ballot(store, station, code, choices, channel=Channel.STATION).code
            except RenovationError as error:
                answer = f"refused:{error.code}"
            with out:
                told.send((code, answer))

    workers = [threading.Thread(target=hand, args=(codes[n::threads],)) for n in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
