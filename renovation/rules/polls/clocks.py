"""Whether the clock of a venue's computer can be believed, held against the office's and the other boxes'."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta

from renovation.errors import ConflictError
from renovation.model.hours import OpenSpan

#: How far a clock may be from the office's.
_NEAR = timedelta(minutes=15)


def days_alone(days: Iterable[date], announced: Iterable[OpenSpan], others: Iterable[date]) -> set[date]:
    """Return the days on which a venue was not to be open; where no hours are announced, on which nobody else voted."""
    known = {one.day for one in announced} or set(others)
    return set(days) - known if known else set()


def clock_doubts(
    *,
    venue: str,
    installed: datetime,
    sealed: datetime,
    said: Collection[date],
    alone: Collection[date],
    made: datetime,
    at: datetime,
) -> list[ConflictError]:
    """Return why a clock cannot be believed.

    Parameters
    ----------
    installed, sealed
        What it showed when the kit was installed and the box sealed.
    said
        The days that two people had to set.
    alone
        :func:`days_alone`.
    made, at
        By the office's clock: when the kit was made, and now.
    """
    doubts = []
    if sealed > at + _NEAR:
        doubts.append(ConflictError("kit.clock_ahead", venue=venue, sealed=sealed, now=at))
    if sealed < installed or min(installed, sealed) < made - _NEAR:
        doubts.append(ConflictError("kit.clock_behind", venue=venue, sealed=sealed, made=made))
    if said:
        doubts.append(ConflictError("kit.days_said", venue=venue, days=tuple(sorted(said))))
    if alone:
        doubts.append(ConflictError("kit.days_alone", venue=venue, days=tuple(sorted(alone))))
    return doubts
