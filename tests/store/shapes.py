"""What a database has by its own account: tables, columns, keys, conditions and indexes; their order is nothing."""

from __future__ import annotations

import re
import warnings
from typing import Any

import sqlalchemy as sa

from renovation.store import Store
from renovation.store.schema import metadata

#: What PostGIS and Alembic keep beside ours, and what upgrades make on PostgreSQL alone (``store/migrate.py``).
_BESIDE = frozenset({"spatial_ref_sys", "alembic_version"})
#: PostgreSQL says a condition that was dumped and restored with other brackets and casts.
_BY_THE_WAY = re.compile(r"::(text|character varying)(\[\])?|[()\s]")
_GIST = frozenset(f"ix_{table}_geometry" for table in ("area", "estate", "building", "road"))


def shape(store: Store) -> dict[str, dict[str, Any]]:
    """Return table → what it is made of."""
    with warnings.catch_warnings(), store.read() as connection:
        # Columns with a geometry, and indexes on an expression, which are read by their names below.
        warnings.simplefilter("ignore", sa.exc.SAWarning)
        inspector = sa.inspect(connection)
        names = sorted(set(inspector.get_table_names()) - _BESIDE)
        found = {name: _made_of(inspector, name) for name in names}
        asked = (
            "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'"
            if store.is_sqlite
            else "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = current_schema()"
        )
        for table, name in connection.exec_driver_sql(asked):
            if table in found and name not in _GIST:
                found[table]["indexes"].add(name)
    return found


def _made_of(inspector: sa.Inspector, name: str) -> dict[str, Any]:
    return {
        "columns": {
            one["name"]: (str(one["type"]), one["nullable"], str(one["default"])) for one in inspector.get_columns(name)
        },
        "key": tuple(inspector.get_pk_constraint(name)["constrained_columns"]),
        "foreign": {
            (*one["constrained_columns"], one["referred_table"], *one["referred_columns"], str(one.get("options")))
            for one in inspector.get_foreign_keys(name)
        },
        "unique": {tuple(one["column_names"]) for one in inspector.get_unique_constraints(name)},
        "conditions": {_BY_THE_WAY.sub("", one["sqltext"]) for one in inspector.get_check_constraints(name)},
        "indexes": {
            (*one["column_names"], one["unique"]) for one in inspector.get_indexes(name) if one["name"] not in _GIST
        },
    }


def lay_newest(store: Store) -> None:
    """Make every table as ``store/schema`` says, without any migration."""
    with store.engine.begin() as connection:
        if not store.is_sqlite:
            connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS postgis"))
        metadata.create_all(connection)
