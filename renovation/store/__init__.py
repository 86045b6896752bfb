"""The only SQL: engine, schema, migrations, and one repository module per noun.

A repository function takes a connection (``unit.connection`` or what ``store.read()`` yields) first, and plain values
or model objects after it; it never commits.
"""

from renovation.store.engine import PATIENCE_S, POOL, Connection, Store, Unit, damage, open_store
from renovation.store.migrate import migrate, newest_version, schema_version
from renovation.store.starting import ARRIVING, MOVED, refuse_left, shared_store, start_store

__all__ = [
    "ARRIVING",
    "MOVED",
    "PATIENCE_S",
    "POOL",
    "Connection",
    "Store",
    "Unit",
    "damage",
    "migrate",
    "newest_version",
    "open_store",
    "refuse_left",
    "schema_version",
    "shared_store",
    "start_store",
]
