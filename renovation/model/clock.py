"""The one clock: moments are UTC, days are China's.

The store keeps moments in UTC. A day (received, decided, paid, published) is the day it was in China, which begins at
16:00 UTC of the day before. A test sets :data:`tick`; nobody else reads a clock or turns a moment into a day.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone

from renovation.errors import InvalidError

#: China keeps one time.
CHINA = timezone(timedelta(hours=8), "UTC+8")


def _system() -> datetime:
    return datetime.now(UTC)


#: What is asked for the time.
tick: Callable[[], datetime] = _system


def now() -> datetime:
    """Return this moment in UTC."""
    return tick()


def today() -> date:
    """Return the day it is in China."""
    return day_of(now())


def in_china(moment: datetime) -> datetime:
    """Return a moment as the clock on a Chinese wall shows it; without a zone it was read from such a clock."""
    return moment.astimezone(CHINA) if moment.tzinfo else moment.replace(tzinfo=CHINA)


def day_of(moment: datetime) -> date:
    """Return the day of a moment in China."""
    return in_china(moment).date()


def in_utc(moment: datetime) -> datetime:
    """Return a moment as the store keeps it; without a zone it was read from a clock on a Chinese wall."""
    return in_china(moment).astimezone(UTC)


def read_moment(words: str) -> datetime | None:
    """Return the moment that another machine wrote (ISO 8601), as the store keeps it; ``None`` where it is none."""
    try:
        moment = in_utc(datetime.fromisoformat(words))
        # At either end of the calendar a moment has no day in China.
        day_of(moment)
    except (ValueError, OverflowError):
        return None
    return moment


def moment_of(seconds: float) -> datetime:
    """Return the moment (UTC) that lies so many seconds after 1970 began, as files and other machines tell it."""
    return datetime.fromtimestamp(seconds, UTC)


def refuse_ahead(day: date | None) -> None:
    """Refuse a day to come for what is said to have happened (received, decided, signed, paid, visited).

    Raises
    ------
    InvalidError
        ``day.ahead``.
    """
    if day is not None and day > today():
        raise InvalidError("day.ahead", day=day, today=today())


def refuse_year_ahead(year: int | None) -> None:
    """Refuse a year to come for what is said to stand already.

    Raises
    ------
    InvalidError
        ``day.year_ahead``.
    """
    if year is not None and year > today().year:
        raise InvalidError("day.year_ahead", value=year, year=today().year)


def moment_on(day: date, at: time) -> datetime:
    """Return the moment at which a Chinese wall clock shows a time of a day."""
    return datetime.combine(day, at, CHINA)
