"""The store that everything in one process shares: the app's tabs, the plain pages and what stands beside them."""

from __future__ import annotations

import threading
from pathlib import Path

from renovation.config import settings
from renovation.store.engine import Store, open_store
from renovation.store.forward import forward_to
from renovation.store.migrate import migrate

_guard = threading.Lock()
_opened: dict[tuple[str, Path], Store] = {}


def shared_store(database_url: str, keys: Path) -> Store:
    """Return this process's store, opened and brought to the newest schema the first time.

    Raises
    ------
    UnavailableError
        The store cannot be opened, or a newer program has written it.
    InvalidError
        ``config.invalid``: nobody is there to forward the log to.
    """
    with _guard:
        known = _opened.get((database_url, keys))
        if known is None:
            forward_to(settings().syslog)
            known = open_store(database_url, keys)
            migrate(known)
            _opened[database_url, keys] = known
        return known


def forget_stores() -> None:
    """Open and migrate anew at the next need, as a process that begins does."""
    with _guard:
        _opened.clear()
