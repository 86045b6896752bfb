"""Whoever runs the command line, and the store it works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from renovation.config import read_settings
from renovation.model.accounts import Actor, Role

if TYPE_CHECKING:
    from renovation.store import Store

#: Who sits at the machine that holds the store may do what an administrator may.
OPERATOR = Actor(role=Role.ADMIN, login="cli")


@contextmanager
def opened_store() -> Iterator[Store]:
    """Open this installation's store at the newest schema, and close it afterwards."""
    from renovation.store import migrate, open_store

    settings = read_settings()
    store = open_store(settings.database_url, settings.key_dir)
    try:
        migrate(store)
        yield store
    finally:
        store.close()
