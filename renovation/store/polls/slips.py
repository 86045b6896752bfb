"""Codes just made, until somebody has their slips in hand: encrypted, for the account that made them, at most a day.

The key follows from the master key of codes, which never lies in the database: a copy of the store alone tells no code,
and no other account is shown them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import sqlalchemy as sa

from renovation.model.polls import CodeBatch, CodeState
from renovation.store.engine import Connection
from renovation.store.keys import keyed, sealed, unsealed
from renovation.store.polls import codekeys
from renovation.store.rows import read_row
from renovation.store.schema.polls import code_batch, fresh_slip, voter_code

#: Whoever has not printed by then makes codes anew.
KEPT = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshSlips:
    """Slips that nobody has confirmed to hold on paper yet; ``slips`` are (serial, code as shown, its tag)."""

    batch: CodeBatch
    slips: tuple[tuple[int, str, str], ...] = field(repr=False)
    #: The number of the last slip made, by which they are told from others of the batch.
    last: int


def _key(connection: Connection, account_id: int) -> bytes:
    return keyed(codekeys.key_ring(connection).master(), f"slips|{account_id}")


def keep(
    connection: Connection, batch: CodeBatch, account_id: int, slips: Sequence[tuple[int, str, str]], at: datetime
) -> None:
    """Keep codes for the account that made them, until it confirms that they are printed."""
    held = sealed(_key(connection, account_id), json.dumps(slips).encode())
    values = {"batch_id": batch.id, "account_id": account_id, "made_at": at, "last_serial": slips[-1][0]}
    connection.execute(fresh_slip.insert().values(**values, sealed=held))


def fresh(connection: Connection, poll_id: str, account_id: int, at: datetime) -> tuple[FreshSlips, ...]:
    """Return an account's slips of a poll that wait to be printed, the newest first.

    What cannot be read is not told, and no code is that votes no more.

    Raises
    ------
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``.
    """
    rows = connection.execute(
        sa.select(fresh_slip.c.sealed, fresh_slip.c.last_serial, code_batch)
        .join(code_batch, code_batch.c.id == fresh_slip.c.batch_id)
        .where(code_batch.c.poll_id == poll_id, fresh_slip.c.account_id == account_id, fresh_slip.c.made_at > at - KEPT)
        .order_by(fresh_slip.c.id.desc())
    ).all()
    if not rows:
        return ()
    found, key = [], _key(connection, account_id)
    good = voter_code.c.batch_id.in_({row.id for row in rows}) & (voter_code.c.state == CodeState.UNUSED.value)
    rest = connection.execute(sa.select(voter_code.c.batch_id, voter_code.c.serial).where(good))
    unused = {(one.batch_id, one.serial) for one in rest}
    for row in rows:
        if (plain := unsealed(key, row.sealed)) is None:
            continue
        slips = tuple((serial, code, tag) for serial, code, tag in json.loads(plain) if (row.id, serial) in unused)
        if slips:
            found.append(FreshSlips(batch=read_row(CodeBatch, row), slips=slips, last=row.last_serial))
    return tuple(found)


def confirm(connection: Connection, batch_id: int, account_id: int, last: int) -> bool:
    """Wipe slips of an account that are on paper; tell whether there were any."""
    mine = sa.and_(
        fresh_slip.c.batch_id == batch_id, fresh_slip.c.account_id == account_id, fresh_slip.c.last_serial == last
    )
    return connection.execute(fresh_slip.delete().where(mine)).rowcount > 0


def wipe(connection: Connection, poll_id: str) -> None:
    """Wipe every slip of a poll in which nobody votes any more."""
    of_poll = sa.select(code_batch.c.id).where(code_batch.c.poll_id == poll_id)
    connection.execute(fresh_slip.delete().where(fresh_slip.c.batch_id.in_(of_poll)))


def sweep(connection: Connection, at: datetime) -> None:
    """Wipe what has waited for a day."""
    connection.execute(fresh_slip.delete().where(fresh_slip.c.made_at <= at - KEPT))
