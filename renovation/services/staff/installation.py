"""What this installation is: empty, the demonstration city, or real; and its settings."""

from __future__ import annotations

import secrets

from renovation.errors import ConflictError
from renovation.model.accounts import Action, Actor
from renovation.services.acts import acting
from renovation.store import Connection, Store, settings, wipe

_DEMONSTRATION = "demonstration"
_IDENTITY = "installation"


def identity(connection: Connection) -> str:
    """Return the random name of this installation; ``""`` where nothing was begun yet."""
    return str(settings.get(connection, _IDENTITY, ""))


def name_installation(connection: Connection) -> None:
    """Give the installation its random name, once, in the transaction of somebody's act.

    With it, a backup of another community is told from one's own.
    """
    if not identity(connection):
        settings.put(connection, _IDENTITY, secrets.token_hex(8))


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
    name_installation(connection)


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
        name_installation(unit.connection)
        unit.log("installation.end_demonstration", "installation", "store")
        unit.commit()
