"""What this installation is: empty, the demonstration city, or real."""

from __future__ import annotations

from renovation.store import Connection, Store, settings

_DEMONSTRATION = "demonstration"


def is_demonstration(store: Store) -> bool:
    """Tell whether the store holds the demonstration city; every screen then says so."""
    with store.read() as connection:
        return bool(settings.get(connection, _DEMONSTRATION, False))


def mark_demonstration(connection: Connection) -> None:
    """Mark the store as the demonstration city, in the transaction that fills it."""
    settings.put(connection, _DEMONSTRATION, True)
