"""One's own sessions: where one is signed in, and ending what one has left open elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from renovation.errors import DeniedError
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.services.acts import ActingUnit
from renovation.services.staff.accounts import IDLE
from renovation.store import Store
from renovation.store.staff import accounts

_SHOWN = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnSession:
    """A session as its owner sees it. ``number`` names it and opens nothing."""

    number: str
    device: str
    since: datetime
    seen: datetime
    is_here: bool


def _own(actor: Actor | None) -> int:
    if actor is None or actor.account_id is None:
        raise DeniedError("account.sign_in_first")
    return actor.account_id


def list_sessions(store: Store, actor: Actor | None) -> tuple[OwnSession, ...]:
    """Return one's own sessions that go on, the one used last first.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``.
    """
    owner, at = _own(actor), now()
    with store.read() as connection:
        found = accounts.sessions_of(connection, owner)
    return tuple(
        OwnSession(
            number=one.token_hash[:_SHOWN],
            device=one.device,
            since=one.created_at,
            seen=one.seen_at,
            is_here=actor is not None and one.token_hash == actor.session,
        )
        for one in found
        if at < one.expires_at and at - one.seen_at < IDLE
    )


def end_session(store: Store, actor: Actor | None, number: str) -> None:
    """End one of one's own sessions; one that is over already stays so.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``.
    """
    owner = _own(actor)
    assert actor is not None
    with store.write() as opened:
        unit = ActingUnit(opened, actor)
        held = [one.token_hash for one in accounts.sessions_of(unit.connection, owner)]
        for found in [one for one in held if one[:_SHOWN] == number]:
            accounts.end_session(unit.connection, found)
            unit.log("account.end_session", "account", owner)
        unit.commit()


def end_other_sessions(store: Store, actor: Actor | None) -> None:
    """End all of one's own sessions but this one.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``.
    """
    owner = _own(actor)
    assert actor is not None
    with store.write() as opened:
        unit = ActingUnit(opened, actor)
        accounts.end_sessions_of(unit.connection, owner, keep=actor.session)
        unit.log("account.end_session", "account", owner)
        unit.commit()
