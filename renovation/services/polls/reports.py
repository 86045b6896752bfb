"""The zero report at opening and the sheet in between: how many ballots there are, and the head of the running digest.

Whoever holds a signed sheet can tell later whether the store it speaks of is the one that is shown. The log keeps the
head of a zero report alone: heads of two states that differ by few ballots would, with the key, tell those ballots.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date

from renovation.errors import ConflictError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of
from renovation.model.polls import Poll, PollAct
from renovation.services.acts import acting
from renovation.store import Store, audit, settings
from renovation.store.polls import polls, running

#: Between two sheets, or two backups: what lies between them is told by both together.
LEAST_NEW_BALLOTS = 10

_REPORTED = "report.ballots"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How a poll stands at a moment.

    Attributes
    ----------
    places
        (venue, ballots taken there on screen and phone); ``""`` where they came in nowhere in particular.
    head
        Of the running digest over all rows of the poll.
    log_entries, log_head
        Of the log, with the entry that tells of this report.
    """

    poll: Poll
    day: date
    ballots: int
    places: tuple[tuple[str, int], ...]
    head: str
    log_entries: int
    log_head: str


def make_report(store: Store, actor: Actor, poll_id: str) -> Report:
    """Report how an open poll stands, for signature; with no ballot yet it is the zero report.

    Raises
    ------
    ConflictError
        ``poll.report_too_few``: with the last report beside it, this one would say something of few ballots.
    StageError, NotFoundError
        The poll is not open, or not in sight.
    UnavailableError
        ``code.key_missing``, ``code.key_cut`` or ``code.key_foreign``: the digest cannot be worked out.
    """
    with acting(store, actor, Action.RUN_STATION) as unit:
        poll = unit.poll(poll_id, PollAct.RUN_STATION)
        taken: Counter[int | None] = Counter()
        for venue_id, _channel, _day, _test, count in polls.ballots_by_place(unit.connection, poll_id):
            taken[venue_id] += count
        ballots = taken.total()
        reported: dict[str, int] = settings.get(unit.connection, _REPORTED, {})
        if 0 < ballots - reported.get(poll_id, 0) < LEAST_NEW_BALLOTS:
            raise ConflictError("poll.report_too_few", least=LEAST_NEW_BALLOTS)
        settings.put(unit.connection, _REPORTED, reported | {poll_id: ballots})
        places = [(place.name, taken[place.id]) for place in polls.venues(unit.connection, poll_id)]
        if taken[None] or not places:
            places.append(("", taken[None]))
        head = running.head(unit.connection, poll_id)
        unit.log("poll.report", "poll", poll_id, title=poll.title, ballots=ballots, head="" if ballots else head)
        entries, log_head = audit.head(unit.connection)
        unit.commit()
    return Report(
        poll=poll,
        day=day_of(unit.at),
        ballots=ballots,
        places=tuple(places),
        head=head,
        log_entries=entries,
        log_head=log_head,
    )
