"""When a venue is open: days with times, read from what somebody types, and kept written in one form.

Written: ``2026-05-10/2026-05-12 08:30-12:00 14:00-18:00; 2026-05-13 08:30-12:00``. Days and times are China's.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from renovation.errors import InvalidError
from renovation.model.clock import in_china, moment_on

_MOST_DAYS, _MOST_SPANS, _WHOLE_DAY = 92, 4, 24 * 60
_TO = r"\s*(?:-|~|至|到|to)\s*"
_DAY = r"(?:(?:(\d{4})\s*[-/.年]\s*)?(\d{1,2})\s*[-/.月]\s*)?(\d{1,2})\s*日?"
_TIME = r"(\d{1,2})\s*[:时]\s*(\d{2})?\s*分?"
_DAYS = re.compile(rf"\s*{_DAY}(?:(?:{_TO}|/){_DAY})?[\s,、]*")
_TIMES = re.compile(rf"\s*{_TIME}{_TO}{_TIME}[\s,、]*")


@dataclass(frozen=True, slots=True, order=True)
class OpenSpan:
    """A stretch of one day, in minutes since midnight."""

    day: date
    opens: int
    closes: int

    @property
    def begins_at(self) -> datetime:
        """The moment at which it begins."""
        return moment_on(self.day, time()) + timedelta(minutes=self.opens)

    @property
    def ends_at(self) -> datetime:
        """The moment at which it ends."""
        return moment_on(self.day, time()) + timedelta(minutes=self.closes)


def read_hours(typed: str, *, year: int) -> tuple[OpenSpan, ...]:
    """Return the open stretches that somebody typed, in their order.

    One day, or a row of days, and its times; further ones behind a semicolon or on a line of their own. Months and
    years may be left out where they are those before.

    Parameters
    ----------
    year
        The year meant where none is typed.

    Raises
    ------
    InvalidError
        ``hours.unread`` (nothing of it is left out), ``hours.backwards``, ``hours.overlap`` or ``hours.too_many``.
    """
    spans: list[OpenSpan] = []
    last = (year, 0)
    said = unicodedata.normalize("NFKC", typed).translate(str.maketrans("–—−~", "----"))
    for part in filter(str.strip, re.split(r"[;\n。]", said)):
        found = _DAYS.match(part)
        if found is None:
            raise InvalidError("hours.unread", value=part.strip()[:40])
        first = _day(found.groups()[:3], last, part)
        until = _day(found.groups()[3:], (first.year, first.month), part) if found[6] else first
        last = (until.year, until.month)
        times = _times(part[found.end() :], part)
        if until < first:
            raise InvalidError("hours.backwards", value=part.strip()[:40])
        count = (until - first).days + 1
        if count > _MOST_DAYS:
            raise InvalidError("hours.too_many", most=_MOST_DAYS)
        spans += [OpenSpan(first + timedelta(turn), *one) for turn in range(count) for one in times]
    spans.sort()
    for before, after in itertools.pairwise(spans):
        if before.day == after.day and after.opens < before.closes:
            raise InvalidError("hours.overlap", day=after.day)
    if len({one.day for one in spans}) > _MOST_DAYS or len(spans) > _MOST_DAYS * _MOST_SPANS:
        raise InvalidError("hours.too_many", most=_MOST_DAYS)
    return tuple(spans)


def _day(parts: Sequence[str | None], last: tuple[int, int], said: str) -> date:
    year, month, day = (None if part is None else int(part) for part in parts)
    try:
        return date(year or last[0], month or last[1], day or 0)
    except ValueError:
        raise InvalidError("hours.unread", value=said.strip()[:40]) from None


def _times(rest: str, said: str) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    at = 0
    while match := _TIMES.match(rest, at):
        opens, closes = _minutes(match[1], match[2], said), _minutes(match[3], match[4], said)
        if closes <= opens:
            raise InvalidError("hours.backwards", value=said.strip()[:40])
        found.append((opens, closes))
        at = match.end()
    if not found or rest[at:].strip():
        raise InvalidError("hours.unread", value=said.strip()[:40])
    return found


def _minutes(hour: str, minute: str | None, said: str) -> int:
    at = int(hour) * 60 + int(minute or 0)
    if int(minute or 0) > 59 or at > _WHOLE_DAY:
        raise InvalidError("hours.unread", value=said.strip()[:40])
    return at


def written_hours(spans: Iterable[OpenSpan]) -> str:
    """Return open stretches in the one form in which they are kept; :func:`read_hours` reads it."""
    return "; ".join(
        f"{first.isoformat()}{'' if until == first else f'/{until.isoformat()}'} "
        + " ".join(f"{clock(opens)}-{clock(closes)}" for opens, closes in times)
        for first, until, times in day_rows(spans)
    )


def clock(minutes: int) -> str:
    """Return minutes since midnight as a clock shows them."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"


def day_rows(spans: Iterable[OpenSpan]) -> list[tuple[date, date, tuple[tuple[int, int], ...]]]:
    """Return rows of days with the same times: (first, last, (opens, closes) of each stretch)."""
    rows: list[tuple[date, date, tuple[tuple[int, int], ...]]] = []
    for day, held in itertools.groupby(sorted(spans), key=lambda one: one.day):
        times = tuple((one.opens, one.closes) for one in held)
        if rows and rows[-1][2] == times and rows[-1][1] + timedelta(1) == day:
            rows[-1] = (rows[-1][0], day, times)
        else:
            rows.append((day, day, times))
    return rows


@lru_cache(maxsize=1024)
def kept_hours(typed: str, *, year: int) -> str:
    """Return what is kept of hours that somebody typed.

    Raises
    ------
    InvalidError
        As for :func:`read_hours`.
    """
    return written_hours(read_hours(typed, year=year))


@lru_cache(maxsize=1024)
def spans_of(written: str) -> tuple[OpenSpan, ...]:
    """Return the stretches that are kept in their one form."""
    return read_hours(written, year=1)


def extended(spans: Sequence[OpenSpan], day: date, until: int) -> tuple[OpenSpan, ...]:
    """Return the stretches with the last one of a day lasting longer; a day that had none is open till then."""
    of_day = [one for one in spans if one.day == day]
    last = max(of_day, default=OpenSpan(day, 0, 0))
    longer = OpenSpan(day, last.opens, max(last.closes, until))
    return tuple(sorted([*(one for one in spans if one != last), longer]))


def is_open(spans: Sequence[OpenSpan], at: datetime) -> bool:
    """Tell whether one of the stretches runs at a moment; without any nothing is ever closed."""
    return not spans or any(one.begins_at <= at < one.ends_at for one in spans)


def next_span(spans: Sequence[OpenSpan], at: datetime) -> OpenSpan | None:
    """Return the stretch that begins next."""
    return next((one for one in sorted(spans) if one.begins_at > at), None)


def minutes_at(moment: datetime) -> int:
    """Return how many minutes of the day have passed on a Chinese wall clock."""
    shown = in_china(moment)
    return shown.hour * 60 + shown.minute
