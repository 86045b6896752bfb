"""Which state the register of estates is in: a random token, drawn anew in the transaction that changes an estate.

What was read under a token is good for as long as the store shows the same one: after an edit, an import or its
undoing, after a restored backup, and for every process alike. A counter would not do: a restored backup counts the same
numbers once more. Beside the token stand the last changes, so that a copy made a few edits ago is mended by a few rows.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from renovation.store.schema.staff import setting

_KEY = "estates.state"
#: Changes that are remembered one by one; whoever fell further behind reads the register anew.
_REMEMBERED = 40
#: A change of more estates than this is not worth mending by rows.
_MOST_ROWS = 200


def mark_changed(connection: sa.Connection, ids: Iterable[int] | None) -> None:
    """Draw a new token for a change of these estates (``None``: too many to name).

    An update calls it before it writes its row: writers then wait here and never for each other's rows.
    """
    row = connection.execute(sa.select(setting.c.value).where(setting.c.key == _KEY).with_for_update()).first()
    before: dict[str, Any] = row.value if row else {"token": "", "steps": []}
    named = None if ids is None else sorted(set(ids))
    steps: list[Any] = []
    if named is not None and len(named) <= _MOST_ROWS:
        steps = [*before["steps"], [before["token"], named]][-_REMEMBERED:]
    insert: Any = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(setting).values(key=_KEY, value={"token": secrets.token_hex(12), "steps": steps})
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value})
    )


def state(connection: sa.Connection) -> str:
    """Return the token; empty where no estate was ever written. Read it before what is to be kept under it."""
    return _read(connection)[0]


def changed_since(connection: sa.Connection, token: str) -> tuple[str, set[int] | None]:
    """Return the token of now, and the ids of all estates written or deleted since another (``None``: not known)."""
    now, steps = _read(connection)
    if token == now:
        return now, set()
    for at, (before, _) in enumerate(steps):
        if before == token != "":
            return now, {one for _, ids in steps[at:] for one in ids}
    return now, None


def _read(connection: sa.Connection) -> tuple[str, list[tuple[str, list[int]]]]:
    value = connection.execute(sa.select(setting.c.value).where(setting.c.key == _KEY)).scalar_one_or_none()
    return ("", []) if value is None else (str(value["token"]), value["steps"])
