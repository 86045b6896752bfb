"""Where people vote: other names, other hours, and venues that are not needed after all.

Before voting begins one person may do it; afterwards two, with a reason that the log keeps.
"""

from __future__ import annotations

from renovation.errors import ConflictError, InvalidError, StageError
from renovation.model.accounts import Action, Actor
from renovation.model.clock import day_of, now
from renovation.model.hours import clock, is_open, kept_hours, minutes_at, next_span
from renovation.model.polls import Extension, Poll, PollAct, PollStage, Venue
from renovation.services.acts import ActingUnit, acting
from renovation.services.staff.second_person import require_second, second_login
from renovation.services.typed import reason_of
from renovation.store import Store
from renovation.store.polls import polls

_MIDNIGHT = 24 * 60


def venue_name_of(typed: str) -> str:
    """Return a venue's name as it was typed, without what stands around it.

    Raises
    ------
    InvalidError
        ``poll.venue_name``.
    """
    name = typed.strip()
    if not name or len(name) > 80:
        raise InvalidError("poll.venue_name")
    return name


def change_venue(
    store: Store,
    actor: Actor,
    poll_id: str,
    venue_id: int,
    name: str,
    hours: str,
    *,
    reason: str = "",
    second: Actor | None = None,
) -> Venue:
    """Give a venue another name or other hours; the codes made for it stay good.

    Parameters
    ----------
    reason, second
        Why, and the second person who stands for it; both once voting has begun, whatever the settings say.

    Raises
    ------
    InvalidError
        ``poll.venue_name``, ``code.reason_missing``, ``hours.unread`` and the like.
    ConflictError
        ``poll.venue_twice``; ``code.kit_out``: the venue's computer knows it by its name.
    StageError
        Voting is over.
    DeniedError
        ``poll.second_person``.
    """
    name = venue_name_of(name)
    with acting(store, actor, Action.EDIT_POLL) as unit:
        poll = unit.poll(poll_id, PollAct.ADD_VENUE)
        why = _reason(unit, poll, reason, second)
        held = unit.venue(poll, venue_id)
        if held.kit:
            raise ConflictError("code.kit_out", venue=held.name)
        changed = polls.change_venue(unit.connection, held, name, kept_hours(hours, year=day_of(unit.at).year))
        before, after = [held.name, held.hours], [changed.name, changed.hours]
        unit.log(
            "poll.change_venue",
            "poll",
            poll_id,
            before=before,
            after=after,
            reason=why,
            second=second_login(second),
        )
        unit.commit()
    return changed


def remove_venue(
    store: Store, actor: Actor, poll_id: str, venue_id: int, *, reason: str = "", second: Actor | None = None
) -> None:
    """Take away a venue that nothing hangs on: no codes, paper, ballots or stations.

    Parameters
    ----------
    reason, second
        As for :func:`change_venue`.

    Raises
    ------
    ConflictError
        ``poll.venue_used``.
    InvalidError, StageError, DeniedError
        As for :func:`change_venue`.
    """
    with acting(store, actor, Action.EDIT_POLL) as unit:
        poll = unit.poll(poll_id, PollAct.ADD_VENUE)
        why = _reason(unit, poll, reason, second)
        held = unit.venue(poll, venue_id)
        if not polls.remove_venue(unit.connection, held.id):
            raise ConflictError("poll.venue_used", venue=held.name)
        unit.log("poll.remove_venue", "poll", poll_id, venue=held.name, reason=why, second=second_login(second))
        unit.commit()


def extend_hours(
    store: Store, actor: Actor, poll_id: str, until: int, *, venue_id: int | None = None, reason: str
) -> Poll:
    """Keep a venue, or all of them, open longer today than announced; the log says who did, how long and why.

    Parameters
    ----------
    until
        Minutes since midnight.

    Raises
    ------
    InvalidError
        ``hours.until``: that has passed already; ``code.reason_missing``.
    ConflictError
        ``hours.none``: no hours are announced, so nothing is closed.
    StageError, NotFoundError
        The poll is not open, or the venue is not one of its.
    """
    why = reason_of(reason, "code.reason_missing")
    with acting(store, actor, Action.RUN_STATION) as unit:
        poll = unit.poll(poll_id, PollAct.RUN_STATION)
        place = None if venue_id is None else unit.venue(poll, venue_id)
        spans = poll.open_at(place)
        if not spans:
            raise ConflictError("hours.none")
        day = day_of(unit.at)
        ends = max((one.closes for one in spans if one.day == day), default=0)
        if not max(ends, minutes_at(unit.at)) < until <= _MIDNIGHT:
            raise InvalidError("hours.until")
        longer = Extension(venue_id=venue_id, day=day, until=until)
        polls.replace_meta(unit.connection, poll_id, poll.version, poll.when_extended(longer))
        unit.log(
            "poll.extend_hours",
            "poll",
            poll_id,
            venue=place.name if place else "",
            day=day.isoformat(),
            before=clock(ends),
            after=clock(until),
            reason=why,
        )
        changed = unit.poll(poll_id)
        unit.commit()
    return changed


def refuse_closed_hours(poll: Poll, venue: Venue | None) -> None:
    """Refuse to begin a ballot, or to hand out paper, while the venue is closed.

    Where people had to say which day it is, the clock cannot tell the hour either, and they go by their own.

    Raises
    ------
    StageError
        ``hours.closed``, with when it opens next, or ``hours.over``.
    """
    spans, at = poll.open_at(venue), now()
    if day_of(at).isoformat() in poll.kit_days:
        return
    if is_open(spans, at):
        return
    place = venue.name if venue else poll.title
    if (following := next_span(spans, at)) is not None:
        raise StageError("hours.closed", venue=place, opens=following.begins_at)
    raise StageError("hours.over", venue=place, ended=max(one.ends_at for one in spans))


def _reason(unit: ActingUnit, poll: Poll, typed: str, second: Actor | None) -> str:
    begun = poll.stage is not PollStage.DRAFT
    require_second(unit, second, poll=poll, needed=begun)
    return reason_of(typed, "code.reason_missing") if begun else typed.strip()[:200]
