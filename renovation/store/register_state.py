"""Which state estates and demands are in: a random token each, drawn anew by the very transaction that changes one.

What was read under a token is good for as long as the store shows the same one: after an edit, an import or its
undoing, after a restored backup, and for every process alike. A counter would not do: a restored backup counts the same
numbers once more. Beside the token stand the last changes, so that a copy made a few edits ago is mended by a few rows.

Repositories say what they changed; the token is written once, when the unit of work is committed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, MutableMapping
from enum import StrEnum
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from renovation.store.schema.staff import setting

#: Commits that are remembered one by one; whoever fell further behind reads everything anew.
_REMEMBERED = 40
#: A change of more rows than this is not worth mending by rows.
_MOST_ROWS = 200
_PENDING = "renovation_changed"
# Every commit writes a state and every screen reads one: building the statements would cost more than running them.
_STATE = sa.select(setting.c.value).where(setting.c.key == sa.bindparam("wanted"))
_LOCK = _STATE.with_for_update()


class Register(StrEnum):
    """What has a state."""

    ESTATES = "estates"
    DEMANDS = "demands"


def mark_changed(connection: sa.Connection, register: Register, ids: Iterable[int] | None) -> None:
    """Note that this unit of work writes or deletes these rows (``None``: too many to name)."""
    pending: dict[Register, set[int] | None] = connection.info.setdefault(_PENDING, {})
    noted = pending.setdefault(register, set())
    if ids is None or noted is None or len(noted) > _MOST_ROWS:
        pending[register] = None
    else:
        noted.update(ids)


def write_changes(connection: sa.Connection) -> None:
    """Draw new tokens for what this unit of work has changed; the last thing before its commit."""
    for register, ids in sorted(connection.info.pop(_PENDING, {}).items()):
        before = connection.execute(_LOCK, {"wanted": key_of_state(register)}).scalar_one_or_none()
        before = before or {"token": "", "steps": []}
        steps: list[Any] = []
        if ids is not None and len(ids) <= _MOST_ROWS:
            steps = [*before["steps"], [before["token"], sorted(ids)]][-_REMEMBERED:]
        value = {"token": secrets.token_hex(12), "steps": steps}
        connection.execute(_writing(connection.dialect.name), {"key": key_of_state(register), "value": value})


def drop_changes(info: MutableMapping[Any, Any]) -> None:
    """Forget what a unit of work noted beside its connection that was not committed."""
    info.pop(_PENDING, None)


def state(connection: sa.Connection, register: Register) -> str:
    """Return the token; empty where nothing was ever written. Read it before what is to be kept under it."""
    return _read(connection, register)[0]


def changed_since(connection: sa.Connection, register: Register, token: str) -> tuple[str, set[int] | None]:
    """Return the token of now, and the ids of all rows written or deleted since another (``None``: not known).

    Inside a unit of work that has changed something already there is no token yet: it is empty.
    """
    if register in connection.info.get(_PENDING, {}):
        return "", None
    now, steps = _read(connection, register)
    if token == now:
        return now, set()
    for at, (before, _) in enumerate(steps):
        if before == token != "":
            return now, {one for _, ids in steps[at:] for one in ids}
    return now, None


@cache
def _writing(dialect: str) -> Any:
    insert: Any = postgresql.insert if dialect == "postgresql" else sqlite.insert
    statement = insert(setting)
    return statement.on_conflict_do_update(index_elements=["key"], set_={"value": statement.excluded.value})


def key_of_state(register: Register) -> str:
    """Return the setting that a register's token is kept under."""
    return f"{register.value}.state"


def _read(connection: sa.Connection, register: Register) -> tuple[str, list[tuple[str, list[int]]]]:
    value = connection.execute(_STATE, {"wanted": key_of_state(register)}).scalar_one_or_none()
    return ("", []) if value is None else (str(value["token"]), value["steps"])
