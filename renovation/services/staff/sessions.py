"""One's own sessions: where one is signed in, and ending what one has left open elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from renovation.model.accounts import Actor, require_account
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


def list_sessions(store: Store, actor: Actor | None) -> tuple[OwnSession, ...]:
    """Return one's own sessions that go on, the one used last first.

    Raises
    ------
    DeniedError
        ``account.sign_in_first``.
    """
    who, owner = require_account(actor)
    at = now()
    with store.read() as connection:
        found = accounts.sessions_of(connection, owner)
    return tuple(
        OwnSession(
            number=one.token_hash[:_SHOWN],
            device=one.device,
            since=one.created_at,
            seen=one.seen_at,
            is_here=one.token_hash == who.session,
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
    who, owner = require_account(actor)
    with store.write() as opened:
        unit = ActingUnit(opened, who)
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
    who, owner = require_account(actor)
    with store.write() as opened:
        unit = ActingUnit(opened, who)
        accounts.end_sessions_of(unit.connection, owner, keep=who.session)
        unit.log("account.end_session", "account", owner)
        unit.commit()
