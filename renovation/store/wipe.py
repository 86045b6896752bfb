"""Empty a store of everything. Only the demonstration city is ever wiped; the service asks first."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.store import audit
from renovation.store.register_state import Register, mark_changed
from renovation.store.schema import metadata


def holds_anything(connection: sa.Connection) -> bool:
    """Tell whether any table besides settings, lists and counted tries has a row."""
    return any(
        connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first() is not None
        for table in metadata.sorted_tables
        if table.name not in ("setting", "item", "price", "budget", "local_list")
    )


def wipe(connection: sa.Connection) -> None:
    """Delete every row of every table; numbering starts again."""
    if connection.dialect.name == "postgresql":
        names = ", ".join(table.name for table in metadata.sorted_tables)
        connection.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY CASCADE"))
    else:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())
    audit.move_heads(connection)
    for register in Register:
        mark_changed(connection, register, None)
