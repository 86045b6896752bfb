"""Empty a whole store."""

from __future__ import annotations

import sqlalchemy as sa

from renovation.store.schema import metadata


def wipe(connection: sa.Connection) -> None:
    """Delete every row of every table, the log included; the schema stays."""
    for table in reversed(metadata.sorted_tables):
        # A row may point at another of its own table, which PostgreSQL and SQLite both check after the statement.
        connection.execute(table.delete())
