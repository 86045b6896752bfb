"""The zero report and the sheet in between: what they say, and that two of them never lie few ballots apart."""

from __future__ import annotations

from typing import Any

import pytest

from renovation.errors import ConflictError, StageError
from renovation.exports.print import report_sheets
from renovation.model.accounts import Actor, Role
from renovation.model.polls import Channel
from renovation.services.house import log, verification
from renovation.services.polls import polls, reports, voting
from renovation.store.polls import running

STATION = Actor(role=Role.STATION)


def vote(held: Any, first: int, last: int) -> None:
    for code in held.codes[first:last]:
        voting.cast_ballot(held.store, STATION, code, ("P1",), channel=Channel.STATION)


def test_a_zero_report_says_none_and_names_the_head(make_open_poll: Any, admin: Actor) -> None:
    held = make_open_poll(size=30)
    zero = reports.make_report(held.store, admin, held.poll.id)
    with held.store.read() as connection:
        assert zero.head == running.head(connection, held.poll.id)
    assert (zero.ballots, zero.places) == (0, ((held.venue.name, 0),))
    entry = log.read_log(held.store, admin)[0]
    assert (entry.act, entry.detail["head"], entry.seq) == ("poll.report", zero.head, zero.log_entries)
    vote(held, 0, 9)
    with pytest.raises(ConflictError, match=r"poll\.report_too_few"):
        reports.make_report(held.store, admin, held.poll.id)
    vote(held, 9, 12)
    later = reports.make_report(held.store, admin, held.poll.id)
    assert (later.ballots, later.places) == (12, ((held.venue.name, 12),))
    assert later.head != zero.head
    # With the key, heads of states that differ by few ballots would tell those ballots: the log keeps none of them.
    assert log.read_log(held.store, admin)[0].detail["head"] == ""
    assert verification.check_store(held.store, admin) == ()
    polls.close_poll(held.store, admin, held.poll.id)
    with pytest.raises(StageError):
        reports.make_report(held.store, admin, held.poll.id)


def test_a_sheet_for_every_venue_is_signed(make_open_poll: Any, admin: Actor) -> None:
    held = make_open_poll()
    polls.add_venue(held.store, admin, held.poll.id, "门卫室")
    found = reports.make_report(held.store, admin, held.poll.id)
    page = report_sheets(
        held.poll,
        day=found.day,
        ballots=found.ballots,
        places=found.places,
        head=found.head,
        log_entries=found.log_entries,
        log_head=found.log_head,
    )[2].decode()
    assert page.count('class="sheet"') == page.count('class="sign"') == 2
    assert page.count("零票报告") == 2
    assert found.head[:8] in page
    assert "门卫室" in page
