"""Keep in the log what was refused, counted, so that a flood of refusals does not fill it."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from renovation.errors import UnavailableError
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.store import Store, audit
from renovation.store.staff import budgets
from renovation.store.staff.budgets import Limit

#: Counted per hour; nobody waits for it.
_COUNTED = Limit(free=2**31, window=timedelta(hours=1), first_wait=timedelta(0), longest_wait=timedelta(0))


def note(
    store: Store, act: str, object_kind: str, object_id: object, *, login: str = "", role: str = "", **detail: Any
) -> None:
    """Log a refusal the first, second, fourth, eighth … time within an hour, with how many there were."""
    # What was refused stays refused where the disk is full.
    with suppress(UnavailableError), store.write() as unit:
        at = now()
        door = f"noted {act} {object_id} {login}"[:80]
        budgets.claim(unit.connection, door, at, _COUNTED)
        times = budgets.tried(unit.connection, door)
        if times & (times - 1) == 0:
            audit.append(
                unit.connection,
                at=at,
                login=login or "–",
                role=role,
                act=act,
                object_kind=object_kind,
                object_id=str(object_id),
                detail={**detail, "times": times},
            )
        unit.commit()


def note_refused_act(store: Store, who: Actor, code: str, action: str = "") -> None:
    """Log that somebody was refused what their account may not do."""
    about = {"refusal": code, "action": action}
    note(store, "account.act_refused", "account", who.account_id or "", login=who.login, role=who.role, **about)
