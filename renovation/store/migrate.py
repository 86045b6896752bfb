"""Bring a store to the newest schema, and tell where it stands."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from renovation.errors import UnavailableError
from renovation.store.engine import Store

#: Any number, the same for all programs that upgrade a store on PostgreSQL.
_PG_LOCK = 0x72656E6F


def _config(connection: sa.Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def schema_version(store: Store) -> str | None:
    """Return the schema's revision; ``None`` for an empty store. Only reads."""
    with store.read() as connection:
        return MigrationContext.configure(connection).get_current_revision()


@cache
def newest_version() -> str:
    """Return the revision this program brings a store to."""
    return ScriptDirectory.from_config(_config()).get_current_head() or ""


@cache
def known_versions() -> frozenset[str]:
    """Return the revisions this program can upgrade from."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions())


def refuse_newer(store: Store) -> str | None:
    """Return the schema's revision, unless a newer program has brought the store to one that is not known here.

    Raises
    ------
    UnavailableError
        ``store.newer``.
    """
    current = schema_version(store)
    if current is not None and current not in known_versions():
        raise UnavailableError("store.newer", version=current)
    return current


def migrate(store: Store, version: str = "head") -> bool:
    """Upgrade in one transaction: the old schema or the new one, never between. Tell whether anything was done.

    Raises
    ------
    UnavailableError
        ``store.newer`` when a newer program has written this store; it is left untouched.
    """
    if refuse_newer(store) == newest_version():
        return False
    with store.write() as unit:
        if not store.is_sqlite:
            # Of processes that begin at once, one upgrades and the others wait for it, however long that takes.
            unit.connection.execute(sa.text("SET LOCAL lock_timeout TO 0"))
            unit.connection.execute(sa.text("SET LOCAL statement_timeout TO 0"))
            unit.connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PG_LOCK)))
        if MigrationContext.configure(unit.connection).get_current_revision() == newest_version():
            return False
        if not store.is_sqlite:
            unit.connection.execute(sa.text("CREATE EXTENSION IF NOT EXISTS postgis"))
        command.upgrade(_config(unit.connection), version)
        if not store.is_sqlite:
            # SQLite keeps geometries as blobs and asks the bounding-box columns instead.
            for table in ("area", "estate", "building", "road"):
                unit.connection.execute(
                    sa.text(f"CREATE INDEX IF NOT EXISTS ix_{table}_geometry ON {table} USING gist (geometry)")
                )
        unit.commit()
    return True
