"""Settings of this installation, kept in the store (what the operator sets outside is in ``config``)."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from renovation.store.schema.staff import setting

#: Built once: it runs for every voter.
_VALUE = sa.select(setting.c.value).where(setting.c.key == sa.bindparam("key"))


def get(connection: sa.Connection, key: str, default: Any = None) -> Any:
    """Return a setting's value."""
    row = connection.execute(_VALUE, {"key": key}).first()
    return row.value if row else default


def put(connection: sa.Connection, key: str, value: Any) -> None:
    """Store a setting's value (anything JSON can hold)."""
    changed = connection.execute(setting.update().where(setting.c.key == key).values(value=value))
    if changed.rowcount == 0:
        connection.execute(setting.insert().values(key=key, value=value))


def drop(connection: sa.Connection, key: str) -> None:
    """Forget a setting."""
    connection.execute(setting.delete().where(setting.c.key == key))
