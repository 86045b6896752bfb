"""Carry every row of a store into another one, whichever engine either runs on: equal rows, equal digests.

Rows go in the order of their keys. The order in which a server keeps them is that of writing, and would lay codes that
were spent and ballots that were cast side by side.
"""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from renovation.store.engine import Connection
from renovation.store.schema import carried, metadata

#: Rows on the way at a time: photos among them.
_PART = 100


#: ``told(table, rows)``: so many more rows of a table lie in the other store.
Told = Callable[[str, int], None]


def _untold(_table: str, _rows: int) -> None:
    return


def replace_all(source: Connection, target: Connection, told: Told = _untold) -> None:
    """Put the rows of one store in the place of all rows of another of the same schema, in its transaction."""
    on_server = target.dialect.name == "postgresql"
    if on_server:
        names = ", ".join(table.name for table in metadata.sorted_tables)
        # Readers go on with what they see; whoever writes waits, and then writes into what was put here.
        target.execute(sa.text(f"LOCK TABLE {names} IN EXCLUSIVE MODE"))
    for table in reversed(metadata.sorted_tables):
        target.execute(table.delete())
    for table in carried():
        _copy(source, target, table, told)
        number = table.autoincrement_column
        if on_server and number is not None:
            most = sa.select(sa.func.max(number)).scalar_subquery()
            named = sa.func.pg_get_serial_sequence(table.name, number.name)
            target.execute(sa.select(sa.func.setval(named, sa.func.coalesce(most, 1), most.is_not(None))))


def _copy(source: Connection, target: Connection, table: sa.Table, told: Told) -> None:
    keys = list(table.primary_key.columns)
    # A row may name one of its own table that comes later.
    own = {key.parent.name for key in table.foreign_keys if key.column.table is table}
    later = []
    query = sa.select(table).order_by(*keys)
    # Whoever is told may break the copy off.
    with source.execute(query, execution_options={"yield_per": _PART}) as found:
        for part in found.mappings().partitions():
            target.execute(table.insert(), [{**row, **dict.fromkeys(own)} for row in part])
            later += [row for row in part if any(row[name] is not None for name in own)]
            told(table.name, len(part))
    for row in later:
        here = sa.and_(*(key == row[key.name] for key in keys))
        target.execute(table.update().where(here).values({name: row[name] for name in own}))
