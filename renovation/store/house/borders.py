"""What a restored store may bring in: the program's own tables and indexes, and whose accounts and settings."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Mapping, Set
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from renovation.model.accounts import Role
from renovation.model.canonical import to_json
from renovation.store.engine import open_store
from renovation.store.migrate import migrate
from renovation.store.rows import in_parts
from renovation.store.schema.staff import account, recovery_code, session, setting
from renovation.store.schema.stations import station

#: Counters and secrets of the store itself; they say nothing about how a town works.
_SILENT = frozenset({"backup.ballots", "report.ballots", "installation", "first_account", "key_fingerprints"})


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffState:
    """What an account may do: role, whether it is switched on, the part of town it sees (ids; none is all), whose."""

    role: Role
    active: bool
    scope: tuple[int, ...]
    department: str = ""


#: (kind, name) → state: of an account, of its password (a hash), of its second factor, of who it is at the identity
#: server, of a setting (JSON).
States = Mapping[tuple[str, str], StaffState | str]


@dataclass(frozen=True, slots=True, kw_only=True)
class BorderDifference:
    """An account, password, second factor, identity or setting that a restore changes.

    ``""`` stands for none, and for what is not told; of a second factor it is told whether there is one.
    """

    kind: str
    name: str
    before: StaffState | str
    after: StaffState | str


def schema_objects(file: Path) -> dict[tuple[str, str], str]:
    """Return what a SQLite file defines: (kind, name) → its definition with spaces folded."""
    with closing(sqlite3.connect(file)) as raw:
        rows = raw.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite@_%' ESCAPE '@'")
        return {(kind, name): " ".join((sql or "").split()) for kind, name, sql in rows}


def expected_objects(version: str) -> dict[tuple[str, str], str]:
    """Return what a store of a schema version defines."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = open_store(f"sqlite:///{folder / 'empty.sqlite'}", folder / "keys")
        try:
            migrate(store, version)
        finally:
            store.close()
        return schema_objects(folder / "empty.sqlite")


def first_foreign(file: Path, version: str) -> str | None:
    """Return the first trigger, view, table or index that a store of this version does not have, or has otherwise."""
    found, expected = schema_objects(file), expected_objects(version)
    unlike = sorted(key for key in found.keys() | expected.keys() if found.get(key) != expected.get(key))
    return " ".join(unlike[0]) if unlike else None


def staff_state(connection: sa.Connection) -> States:
    """Return every account, password, second factor and setting in a form that can be compared."""
    state: dict[tuple[str, str], StaffState | str] = {}
    codes: dict[int, list[str]] = {}
    for row in connection.execute(sa.select(recovery_code).order_by(recovery_code.c.code_hash)):
        codes.setdefault(row.account_id, []).append(row.code_hash)
    for row in connection.execute(sa.select(account)):
        places = (row.county_id, row.street_id, row.community_id, row.grid_id, row.estate_id)
        scope = tuple(place for place in places if place is not None)
        state["account", row.login] = StaffState(
            role=Role(row.role), active=row.active, scope=scope, department=row.department or ""
        )
        state["password", row.login] = row.password_hash
        state["identity", row.login] = row.oidc_subject or ""
        # Codes that were used since would be good again.
        state["factor", row.login] = " ".join((row.totp_seed, *codes.get(row.id, ()))) if row.totp_seed else ""
    for row in connection.execute(sa.select(setting)):
        if row.key not in _SILENT:
            state["setting", row.key] = to_json(row.value)
    return state


def differences(before: States, after: States) -> tuple[BorderDifference, ...]:
    """Return what a restore changes of accounts and settings; of what is secret only that it changes."""
    found = []
    for kind, name in sorted(before.keys() | after.keys()):
        old, new = before.get((kind, name), ""), after.get((kind, name), "")
        # What belongs to a new or vanished account goes without saying.
        is_in_both = ("account", name) in before and ("account", name) in after
        if old == new or (kind in ("password", "factor", "identity") and not is_in_both):
            continue
        if kind == "password":
            old = new = ""
        elif kind == "factor":
            old, new = ("on" if one else "off" for one in (old, new))
        found.append(BorderDifference(kind=kind, name=name, before=old, after=new))
    return tuple(found)


def open_doors(connection: sa.Connection) -> frozenset[str]:
    """Return the tokens (hashes) by which browsers are signed in and stations run."""
    tokens = (sa.select(session.c.token_hash), sa.select(station.c.token_hash).where(station.c.ended_at.is_(None)))
    return frozenset(connection.execute(sa.union_all(*tokens)).scalars())


def close_doors(connection: sa.Connection, known: Set[str], at: datetime) -> None:
    """End every session and station but the known ones: what was ended once stays ended, whatever is put back."""
    for part in in_parts(open_doors(connection) - known):
        connection.execute(session.delete().where(session.c.token_hash.in_(part or ())))
        ended = sa.and_(station.c.token_hash.in_(part or ()), station.c.ended_at.is_(None))
        connection.execute(station.update().where(ended).values(ended_at=at))
