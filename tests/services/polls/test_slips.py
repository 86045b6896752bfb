"""Slips wait, encrypted, until the account that made them has them on paper."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import NotFoundError
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.services.polls import codes, polls
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store.schema.polls import fresh_slip

SECOND = Actor(role=Role.OBSERVER, login="zweite")


def _close(held: Any, admin: Actor, clock: Any) -> None:
    clock.at = held.poll.opened_at
    polls.close_poll(held.store, admin, held.poll.id, reason="试完了", second=SECOND)


def _wait_a_day(held: Any, admin: Actor, clock: Any) -> None:
    clock.pass_time(days=1, minutes=1)
    accounts.begin_session(held.store, accounts.list_accounts(held.store, admin)[0])


@pytest.mark.parametrize("wiped_by", [_close, _wait_a_day])
def test_slips_wait_for_the_account_that_made_them(
    voting_poll: Any, admin: Actor, clock: Any, wiped_by: Callable[[Any, Actor, Any], None]
) -> None:
    held, store = voting_poll, voting_poll.store
    clock.at = now()
    maker = accounts.as_actor(
        accounts.create_first_account(store, AccountDraft(login="li", name="李", role=Role.ADMIN), "老街的梧桐树 1987")
    )
    first = codes.make_batch(store, maker, held.poll.id, None, 9, "一批")
    again = codes.reissue_code(store, maker, first.batch.id, 2, "湿了")
    waiting = codes.fresh_slips(store, maker, held.poll.id)
    assert [one.slips for one in waiting] == [
        ((again.serial, again.code, again.tag),),
        # The slip that was issued anew votes no more, so it is not printed either.
        tuple((slip.serial, slip.code, slip.tag) for slip in first.slips if slip.serial != 2),
    ]
    assert codes.fresh_slips(store, admin, held.poll.id) == ()
    assert codes.fresh_slips(store, replace(maker, account_id=99), held.poll.id) == ()
    with store.read() as connection:
        kept = b" ".join(connection.execute(sa.select(fresh_slip.c.sealed)).scalars())
    assert not any(slip.code.encode() in kept for slip in first.slips)
    codes.confirm_printed(store, maker, first.batch.id, again.serial)
    with pytest.raises(NotFoundError, match=r"code\.not_waiting"):
        codes.confirm_printed(store, maker, first.batch.id, again.serial)
    assert len(codes.fresh_slips(store, maker, held.poll.id)) == 1
    wiped_by(held, admin, clock)
    with store.read() as connection:
        assert not connection.execute(sa.select(fresh_slip)).all()
    assert codes.fresh_slips(store, maker, held.poll.id) == ()


def test_no_slip_is_offered_whose_code_votes_no_more(voting_poll: Any, admin: Actor) -> None:
    held, store = voting_poll, voting_poll.store
    maker = accounts.as_actor(
        accounts.create_first_account(store, AccountDraft(login="li", name="李", role=Role.ADMIN), "老街的梧桐树 1987")
    )
    made = codes.make_batch(store, maker, held.poll.id, None, 4, "一批")

    def offered() -> list[int]:
        return [serial for one in codes.fresh_slips(store, maker, held.poll.id) for serial, _code, _tag in one.slips]

    codes.void_code(store, maker, made.batch.id, 4, "撕了")
    codes.spoil_slip(store, maker, made.batch.id, 1, "湿了")
    assert offered() == [2, 3]
    (waiting,) = codes.fresh_slips(store, maker, held.poll.id)
    codes.void_batch(store, maker, made.batch.id, "多做了")
    assert offered() == []
    codes.confirm_printed(store, maker, made.batch.id, waiting.last)
