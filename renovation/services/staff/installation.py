"""What this installation is: empty, the demonstration city, or real; and its settings."""

from __future__ import annotations

from renovation.errors import ConflictError
from renovation.model.accounts import Action, Actor
from renovation.services.acts import acting
from renovation.store import Connection, Store, settings, wipe

_DEMONSTRATION = "demonstration"


def is_marked(connection: Connection) -> bool:
    """Tell whether the store holds the demonstration city."""
    return bool(settings.get(connection, _DEMONSTRATION, False))


def is_demonstration(store: Store) -> bool:
    """Tell whether the store holds the demonstration city; every screen then says so."""
    with store.read() as connection:
        return is_marked(connection)


def mark_demonstration(connection: Connection) -> None:
    """Mark the store as the demonstration city, in the transaction that fills it."""
    settings.put(connection, _DEMONSTRATION, True)


def end_demonstration(store: Store, actor: Actor | None) -> None:
    """Empty a demonstration store, accounts and log included, so that real work starts from nothing.

    Raises
    ------
    ConflictError
        ``installation.not_demonstration``: real data are never wiped.
    """
    with acting(store, actor, Action.CHANGE_SETTINGS) as unit:
        if not is_marked(unit.connection):
            raise ConflictError("installation.not_demonstration")
        wipe.wipe(unit.connection)
        unit.log("installation.end_demonstration", "installation", "store")
        unit.commit()
