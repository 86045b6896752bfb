"""Open the store of this installation as whoever works with it does: at the newest schema, and only if it is in use."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from renovation import config
from renovation.errors import UnavailableError
from renovation.store import settings
from renovation.store.engine import Store, open_store
from renovation.store.forward import forward_to
from renovation.store.migrate import migrate, refuse_newer

#: In a store that was left: where everything went, and when. Nobody works with it again.
MOVED = "moved"
#: In a store that is being filled, until the one it comes from was left.
ARRIVING = "arriving"

#: How often a process that runs looks whether the store was upgraded or moved meanwhile.
_LOOKED_EVERY_S = 10.0
_guard = threading.Lock()
_opened: dict[tuple[str, Path], Store] = {}
_looked: dict[tuple[str, Path], float] = {}


def start_store(database_url: str, keys: Path) -> tuple[Store, bool]:
    """Open a store for use, and tell whether its schema was brought to the newest.

    Raises
    ------
    UnavailableError
        ``store.moved``: everything in it is elsewhere now; ``store.arriving``: a move to it was broken off;
        it cannot be opened, or a newer program has written it.
    """
    store = open_store(database_url, keys)
    try:
        upgraded = migrate(store)
        refuse_left(store)
    except BaseException:
        store.close()
        raise
    return store, upgraded


def refuse_left(store: Store) -> None:
    """Refuse a store that was moved elsewhere, or that a move has not yet filled.

    Raises
    ------
    UnavailableError
        ``store.moved`` or ``store.arriving``.
    """
    with store.read() as connection:
        if left := settings.get(connection, MOVED):
            raise UnavailableError("store.moved", to=left["to"], day=left["day"])
        if settings.get(connection, ARRIVING):
            raise UnavailableError("store.arriving")


def shared_store(database_url: str, keys: Path) -> Store:
    """Return this process's store, opened and brought to the newest schema the first time.

    Raises
    ------
    UnavailableError
        The store cannot be opened, was moved elsewhere, or a newer program has written it: while this process runs too.
    InvalidError
        ``config.invalid``: nobody is there to forward the log to.
    """
    named = database_url, keys
    with _guard:
        known = _opened.get(named)
        if known is None:
            forward_to(config.settings().syslog)
            known, _ = start_store(database_url, keys)
            _opened[named], _looked[named] = known, time.monotonic()
    if time.monotonic() - _looked[named] > _LOOKED_EVERY_S:
        refuse_newer(known)
        refuse_left(known)
        _looked[named] = time.monotonic()
    return known


def forget_stores() -> None:
    """Open and migrate anew at the next need, as a process that begins does."""
    with _guard:
        _opened.clear()
