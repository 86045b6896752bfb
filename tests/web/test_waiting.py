"""A typed code that has to wait is kept on the page, tried again, and comes before those who have not waited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from test_ballot import BallotKind, Browser, open_poll, phone

from renovation.errors import NotFoundError, UnavailableError
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.codes import make_code
from renovation.services.polls import voting
from renovation.store import Store

__all__ = ["phone"]


def flood(store: Store, rounds: int) -> int:
    """Type wrong codes, each from a network of its own; return how many were looked up."""
    found = 0
    for turn in range(rounds):
        there = Actor(role=Role.RESIDENT, address=f"{turn % 200 + 20}.{turn // 200 + 1}.9.9")
        with pytest.raises((NotFoundError, UnavailableError)) as told:
            voting.start_ballot(store, make_code(), actor=there)
        found += isinstance(told.value, NotFoundError)
    return found


def test_a_code_that_waits_is_not_typed_again_and_comes_first_then(
    phone: Browser, store: Store, admin: Actor, clock: Any
) -> None:
    clock.at = now()
    code = open_poll(store, admin, BallotKind.APPROVAL).codes[0]
    assert 0 < flood(store, 40) < 20
    phone.enter(code.lower())
    assert (phone.step, phone.page.status_code) == ("welcome", 503)
    assert f'value="{code.lower()}"' in phone.page.text
    assert 'id="again"' in phone.page.text
    assert phone.resident.cookies.get("renovation_queued")
    clock.at += timedelta(seconds=3)
    flood(store, 40)
    # The place is this code's; another one, or this one without it, waits on.
    kept = phone.resident.cookies.get("renovation_queued")
    assert phone.press("code", code=make_code()).page.status_code == 503
    phone.resident.cookies.set("renovation_queued", kept, domain="localhost.local", path="/")
    assert phone.press("code", code=code).step == "how"
    assert not phone.resident.cookies.get("renovation_queued")


def test_a_place_in_the_line_is_made_by_nobody_else(phone: Browser, store: Store, admin: Actor, clock: Any) -> None:
    clock.at = now()
    code = open_poll(store, admin, BallotKind.APPROVAL).codes[0]
    flood(store, 40)
    early = f"{int(now().timestamp()) - 10}."
    for forged in ("1.x", "²." + "0" * 32, early + "0" * 32, "\ud800", "5.é", "-5.", "x" * 5000):
        with pytest.raises(UnavailableError) as told:
            voting.start_ballot(store, code, actor=Actor(role=Role.RESIDENT, address="10.1.1.1"), queued=forged)
        assert told.value.code == "code.wait"
