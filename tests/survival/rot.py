"""Flip single bits of what is kept, one at a time, and see whether each is named: ``python tests/survival/rot.py``.

Of rows: one bit of one value of a poll's rows or of the log, on either engine (``--url`` for PostgreSQL). Of the file,
on SQLite: one bit anywhere in it; counted are flips by which any value of a poll's rows or of the log reads otherwise,
or can no longer be read. A flip is seen where the check of the whole store names it or cannot read the file.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import storm

from renovation.errors import RenovationError
from renovation.model.polls import Channel
from renovation.services.house import verification
from renovation.services.polls import voting
from renovation.store import Store, migrate, open_store
from renovation.store.polls import running
from renovation.store.schema.staff import audit

TABLES = (*running.TABLES, audit)
#: Drops out after the appeal period, and is in no digest for that reason.
LEFT_OUT = {("voter_code", "household_id")}


def lay(store: Store) -> None:
    """Open a poll and cast some of its ballots."""
    migrate(store)
    for code in storm.lay_poll(store, 60)[:40]:
        voting.cast_ballot(store, storm.STATION, code, ("P1", "P2"), channel=Channel.STATION)


def is_seen(store: Store) -> bool:
    """Tell whether the check of the whole store names anything, or cannot read it."""
    try:
        return bool(verification.at_start(store) or verification.check_store(store, storm.ADMIN))
    except (RenovationError, sa.exc.SQLAlchemyError, ValueError, KeyError, TypeError):
        return True


def flipped(value: Any, drawn: random.Random) -> Any:
    """Return a value with one bit turned, as far as its kind can hold it."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value ^ (1 << drawn.randrange(8))
    if isinstance(value, datetime | date):
        return value + timedelta(days=1 << drawn.randrange(3))
    if isinstance(value, bytes):
        at = drawn.randrange(len(value))
        return value[:at] + bytes([value[at] ^ 1 << drawn.randrange(8)]) + value[at + 1 :]
    at = drawn.randrange(len(value))
    return value[:at] + chr(ord(value[at]) ^ 1 << drawn.randrange(4)) + value[at + 1 :]


def of_rows(store: Store, flips: int, drawn: random.Random) -> tuple[Counter[str], list[str]]:
    """Flip bits of values; return how many were seen by table, and what was not."""
    seen, unseen = Counter[str](), []
    with store.engine.connect() as connection:
        rows = [(table, row) for table in TABLES for row in connection.execute(sa.select(table)).mappings()]
    while seen.total() + len(unseen) < flips:
        table, row = drawn.choice(rows)
        names = [
            name
            for name, value in row.items()
            if value not in (None, "", b"", [], {}) and not isinstance(value, list | dict)
        ]
        name = drawn.choice([name for name in names if (table.name, name) not in LEFT_OUT])
        place = [column == row[column.name] for column in table.primary_key]
        value = flipped(row[name], drawn)
        try:
            with store.engine.begin() as connection:
                connection.execute(table.update().where(*place).values({name: value}))
        except (sa.exc.SQLAlchemyError, ValueError):
            # What the database or the type itself refuses.
            continue
        if is_seen(store):
            seen[table.name] += 1
        else:
            unseen.append(f"{table.name}.{name}: {row[name]!r} → {value!r}")
        key = {column.name: value if column.name == name else row[column.name] for column in table.primary_key}
        with store.engine.begin() as connection:
            back = [column == key[column.name] for column in table.primary_key]
            connection.execute(table.update().where(*back).values({name: row[name]}))
    assert not is_seen(store), "something was left changed"
    return seen, unseen


def _content(file: Path) -> dict[str, Any] | None:
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            database.text_factory = bytes
            return {one.name: sorted(map(repr, database.execute(f"SELECT * FROM {one.name}"))) for one in TABLES}
    except (sqlite3.Error, UnicodeDecodeError):
        return None


def of_file(folder: Path, flips: int, drawn: random.Random) -> tuple[Counter[str], list[str]]:
    """Flip bits of a SQLite file; return how many that matter were seen, and what was not."""
    content, seen, unseen = (folder / "store.sqlite").read_bytes(), Counter[str](), []
    whole = _content(folder / "store.sqlite")
    assert whole is not None
    for turn in range(flips):
        image = folder / "image"
        shutil.rmtree(image, ignore_errors=True)
        shutil.copytree(folder / "keys", image / "keys")
        at, bit = drawn.randrange(len(content)), drawn.randrange(8)
        (image / "store.sqlite").write_bytes(content[:at] + bytes([content[at] ^ 1 << bit]) + content[at + 1 :])
        found = _content(image / "store.sqlite")
        if found == whole:
            continue
        told = "unreadable" if found is None else next(name for name in whole if found[name] != whole[name])
        try:
            store = open_store(f"sqlite:///{image / 'store.sqlite'}", image / "keys")
        except (RenovationError, sa.exc.SQLAlchemyError):
            seen[told] += 1
            continue
        if is_seen(store):
            seen[told] += 1
        else:
            differs = "" if found is None else sorted(set(whole[told]) ^ set(found[told]))
            unseen.append(f"{told}: byte {at}, bit {bit}: {differs}")
        store.close()
        if turn % 1000 == 999:
            print(turn + 1, seen, unseen, file=sys.stderr, flush=True)
    return seen, unseen


def main() -> int:
    """Flip and print what was seen; 1 if more than one in a hundred was not."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--flips", type=int, default=500, help="of values")
    parser.add_argument("--file", type=int, default=5000, help="of the file, of which about one in six matters")
    parser.add_argument("--url", default="")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    drawn, failed = random.Random(asked.seed), 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(asked.url or f"sqlite:///{folder}/store.sqlite", folder / "keys")
        lay(store)
        found = {"rows": of_rows(store, asked.flips, drawn)}
        is_sqlite = store.is_sqlite
        store.close()
        if is_sqlite:
            found["file"] = of_file(folder, asked.file, drawn)
    for where, (seen, unseen) in found.items():
        failed |= len(unseen) * 100 > seen.total() + len(unseen)
        print(f"{where}: {seen.total()} of {seen.total() + len(unseen)} seen {dict(seen)}; not seen {unseen}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
