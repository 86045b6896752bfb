"""Two persons for what cannot be taken back: opening, closing and sealing a poll."""

from __future__ import annotations

from renovation.errors import DeniedError
from renovation.model.accounts import Action, Actor, is_inner
from renovation.model.polls import Poll
from renovation.services.acts import ActingUnit, acting
from renovation.services.sight import Sight
from renovation.store import Connection, Store, settings

_SETTING = "two_persons"


def two_persons(store: Store) -> bool:
    """Tell whether a second member of staff has to confirm opening, closing and sealing; so it is from the start."""
    with store.read() as connection:
        return _asked(connection)


def _asked(connection: Connection) -> bool:
    return bool(settings.get(connection, _SETTING, True))


def set_two_persons(store: Store, actor: Actor, wanted: bool) -> None:
    """Ask for a second person from now on, or no longer; the log keeps who said so."""
    with acting(store, actor, Action.CHANGE_SETTINGS) as unit:
        settings.put(unit.connection, _SETTING, wanted)
        unit.log("settings.two_persons", "settings", _SETTING, wanted=wanted)
        unit.commit()


def require_second(
    unit: ActingUnit, second: Actor | None, *, poll: Poll | None = None, needed: bool | None = None
) -> None:
    """Refuse an act without a second, different member of staff, where one is asked for.

    Parameters
    ----------
    poll
        What is decided on; the second person has to see it too.
    needed
        Whether one is asked for, whatever the settings say.

    Raises
    ------
    DeniedError
        ``poll.second_person``: missing, not staff, the first one again, or of another part of town.
    """
    if second is None and not (_asked(unit.connection) if needed is None else needed):
        return
    if second is None or not is_inner(second) or second.login == unit.actor.login:
        raise DeniedError("poll.second_person")
    if poll is not None and not Sight(unit.connection, second).sees(poll):
        raise DeniedError("poll.second_person")


def second_login(second: Actor | None) -> str:
    """Return what the log says of the second person."""
    return second.login if second else ""
