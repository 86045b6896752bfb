"""The append-only log of staff acts: each entry's digest covers the one before it, and the last is held outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.canonical import digest_of, plain
from renovation.store import forward, heads
from renovation.store.engine import KEY_DIR, Hook, at_commit
from renovation.store.schema.staff import audit

FIRST = "0" * 64
_PG_LOCK = 0x5245_4E4F  # one appender at a time
# Every act of everyone writes one: building the statements would cost more than running them.
_LAST = sa.select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)
_INSERT = audit.insert()
_NAME = "log"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One act of a member of staff."""

    seq: int
    at: datetime
    login: str
    role: str
    act: str
    object_kind: str
    object_id: str
    detail: Mapping[str, Any]
    previous: str
    digest: str


def _digest(values: Mapping[str, Any]) -> str:
    covered = [
        values["seq"],
        values["at"].isoformat(timespec="microseconds"),
        *(values[name] for name in ("login", "role", "act", "object_kind", "object_id", "detail", "previous")),
    ]
    return digest_of(covered)


class _Growth(Hook):
    """From where to where a unit of work takes the log."""

    def __init__(self, begin: heads.End) -> None:
        self.begin = self.end = begin
        self.entries: list[dict[str, Any]] = []
        self.moved = False

    def before(self, connection: sa.Connection) -> None:
        """Note outside the database what is about to become the log's end."""
        heads.prepare(connection.get_execution_options()[KEY_DIR], self.begin, self.end, moved=self.moved)

    def after(self, connection: sa.Connection) -> None:
        """Note outside the database that it has."""
        folder = connection.get_execution_options()[KEY_DIR]
        if self.moved:
            heads.forget_turns(folder)
        heads.confirm(folder, self.end)
        for entry in self.entries:
            forward.send(entry)


def _growth(connection: sa.Connection) -> _Growth:
    found = at_commit(connection, _NAME, lambda: _Growth(head(connection)))
    assert isinstance(found, _Growth)
    return found


def move_heads(connection: sa.Connection) -> None:
    """Let this unit of work's log be the right one from now on, whatever was held outside the database."""
    _growth(connection).moved = True


def append(
    connection: sa.Connection,
    *,
    at: datetime,
    login: str,
    role: str,
    act: str,
    object_kind: str,
    object_id: str,
    detail: Mapping[str, Any],
) -> AuditEntry:
    """Add an entry to the end of the chain."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PG_LOCK)))
    growth = _growth(connection)
    last = connection.execute(_LAST).first()
    values: dict[str, Any] = {
        "seq": last.seq + 1 if last else 1,
        "at": at,
        "login": login,
        "role": role,
        "act": act,
        "object_kind": object_kind,
        "object_id": object_id,
        "detail": plain(detail),
        "previous": last.digest if last else FIRST,
    }
    values["digest"] = _digest(values)
    connection.execute(_INSERT, values)
    growth.end = (values["seq"], values["digest"])
    growth.entries.append(values)
    return AuditEntry(**values)


def entries(connection: sa.Connection, *, act: str | None = None, login: str | None = None) -> Iterator[AuditEntry]:
    """Yield entries in order, narrowed by act prefix and login."""
    query = sa.select(audit).order_by(audit.c.seq)
    if act:
        query = query.where(audit.c.act.startswith(act, autoescape=True))
    if login:
        query = query.where(audit.c.login == login)
    for row in connection.execute(query):
        yield AuditEntry(**row._mapping)


def first_broken(connection: sa.Connection) -> int | None:
    """Return the number of the first entry that does not fit the chain; ``None`` when all do."""
    previous, expected = FIRST, 1
    for entry in entries(connection):
        values = {name: getattr(entry, name) for name in AuditEntry.__slots__}
        if entry.seq != expected or entry.previous != previous or _digest(values) != entry.digest:
            return expected
        previous, expected = entry.digest, expected + 1
    return None


def head(connection: sa.Connection) -> tuple[int, str]:
    """Return how many entries there are and the last one's digest, which covers them all."""
    last = connection.execute(_LAST).first()
    return (last.seq, last.digest) if last else (0, FIRST)


def digest_at(connection: sa.Connection, seq: int) -> str | None:
    """Return the digest of an entry; the one before the first is :data:`FIRST`."""
    if seq == 0:
        return FIRST
    return connection.execute(sa.select(audit.c.digest).where(audit.c.seq == seq)).scalar()


def logins(connection: sa.Connection) -> list[str]:
    """Return who stands in the log."""
    return list(connection.execute(sa.select(audit.c.login).distinct().order_by(audit.c.login)).scalars())


def nouns(connection: sa.Connection) -> list[str]:
    """Return the first parts of the acts that occur ("poll" of "poll.open")."""
    acts = connection.execute(sa.select(audit.c.act).distinct()).scalars()
    return sorted({act.split(".", 1)[0] for act in acts})
