"""Vote with many hands until killed: one line per confirmed ballot on standard output (run by the storm).

Usage: ``python voters.py DATABASE_URL KEY_DIR CODES_FILE THREADS [planted]``. With ``planted``, every SQL statement is
committed on its own, as a careless build would do; the storm must notice that.
"""

from __future__ import annotations

import sys
import threading
import time
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


def main() -> None:
    """Vote until there are no codes left."""
    url, keys, codes_file, threads = sys.argv[1:5]
    store = open_store(url, Path(keys))
    if "planted" in sys.argv[5:]:
        plant(store)
    codes = Path(codes_file).read_text(encoding="utf-8").split()
    out = threading.Lock()
    station = Actor(role=Role.STATION)

    def vote(mine: list[str]) -> None:
        for place, code in enumerate(mine):
            try:
                receipt = voting.cast_ballot(
                    store, station, code, CHOICES[place % len(CHOICES)], channel=Channel.STATION
                )
                line = f"{code} {receipt.code} {'again' if receipt.repeated else 'new'}\n"
            except RenovationError as error:
                line = f"{code} refused {error.code}\n"
            with out:
                sys.stdout.write(line)
                sys.stdout.flush()

    workers = [threading.Thread(target=vote, args=(codes[n :: int(threads)],)) for n in range(int(threads))]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


if __name__ == "__main__":
    main()
