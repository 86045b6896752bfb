"""Ballots that are being filled in: what is chosen so far, which nobody reads without the voter's own ticket.

A row's name and the key of what is in it follow from the ticket's number, which the voter's browser alone keeps: the
store by itself holds neither a code nor anything that tells a choice, and no time but the half hour it is kept for. On
PostgreSQL the table is left out of the write-ahead log, and so out of its copies.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from renovation.model.canonical import to_json
from renovation.store.engine import Connection
from renovation.store.keys import sealed, unsealed
from renovation.store.schema.polls import ballot_draft

#: Drafts are kept for this half hour and the one after it.
_HALF_HOUR_S = 1800
#: What is kept is as long as this, or a multiple of it: its length does not tell how much was chosen.
_PART_BYTES = 512


def _put(insert: Any) -> Any:
    replaced = {name: insert.excluded[name] for name in ("poll_id", "slot", "sealed")}
    return insert.on_conflict_do_update(index_elements=[ballot_draft.c.name], set_=replaced)


# Built once: these run for every voter.
_HURRIED = sa.text("SET LOCAL synchronous_commit TO OFF")
_PUT = {"postgresql": _put(postgresql.insert(ballot_draft)), "sqlite": _put(sqlite.insert(ballot_draft))}
_SWEEP = ballot_draft.delete().where(ballot_draft.c.slot < sa.bindparam("oldest"))
_FIND = sa.select(ballot_draft.c.sealed).where(
    ballot_draft.c.name == sa.bindparam("ticket"), ballot_draft.c.slot >= sa.bindparam("oldest")
)
_DROP = ballot_draft.delete().where(ballot_draft.c.name == sa.bindparam("ticket"))


def _name(ticket: str) -> str:
    return hashlib.sha256(f"draft name {ticket}".encode()).hexdigest()


def _key(ticket: str) -> bytes:
    return hashlib.sha256(f"draft key {ticket}".encode()).digest()


def _slot(at: datetime) -> int:
    return int(at.timestamp()) // _HALF_HOUR_S


def hurry(connection: Connection) -> None:
    """Have nobody wait for the disk: who loses a draft to a power cut chooses once more. Never where one is cast."""
    if connection.dialect.name == "postgresql":
        connection.execute(_HURRIED)


def put(connection: Connection, poll_id: str, ticket: str, told: Mapping[str, Any], at: datetime) -> None:
    """Keep what a voter has chosen so far in the place of what was kept before, and forget drafts that are over."""
    plain = to_json(told).encode()
    plain = plain.ljust(-(-len(plain) // _PART_BYTES) * _PART_BYTES)
    row = {"poll_id": poll_id, "slot": _slot(at), "sealed": sealed(_key(ticket), plain)}
    hurry(connection)
    connection.execute(_PUT[connection.dialect.name], {"name": _name(ticket), **row})
    connection.execute(_SWEEP, {"oldest": _slot(at) - 1})


def find(connection: Connection, ticket: str, at: datetime) -> dict[str, Any]:
    """Return what the voter with this ticket has chosen so far; nothing where nothing is kept."""
    held = connection.execute(_FIND, {"ticket": _name(ticket), "oldest": _slot(at) - 1}).scalar_one_or_none()
    plain = None if held is None else unsealed(_key(ticket), held)
    told: dict[str, Any] = {} if plain is None else json.loads(plain)
    return told


def drop(connection: Connection, ticket: str) -> None:
    """Forget what a voter has chosen."""
    if ticket:
        connection.execute(_DROP, {"ticket": _name(ticket)})


def drop_all(connection: Connection, poll_id: str) -> None:
    """Forget what anybody has chosen in a poll and not cast."""
    connection.execute(ballot_draft.delete().where(ballot_draft.c.poll_id == poll_id))
