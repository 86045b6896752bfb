"""Working days of China: weekends, the holidays the State Council announces for a year, and days worked in exchange."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from renovation.errors import InvalidError

_SATURDAY = 5


class DayKind(StrEnum):
    """Which days a deadline counts."""

    CALENDAR = "calendar"
    WORKING = "working"


class Holiday(StrEnum):
    """What an announcement makes of a day: ``WORKED`` is 调休上班, a weekend that is worked."""

    OFF = "off"
    WORKED = "worked"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """The announced days; a year without a single one counts weekends alone, and :meth:`lacks` says so."""

    days: Mapping[date, Holiday] = field(default_factory=dict)

    def is_working(self, day: date) -> bool:
        """Tell whether offices work on a day."""
        announced = self.days.get(day)
        return day.weekday() < _SATURDAY if announced is None else announced is Holiday.WORKED

    def last_day(self, begun: date, days: int, kind: DayKind) -> date:
        """Return the last of so many days after one.

        Raises
        ------
        InvalidError
            ``day.too_late``: the calendar ends before.
        """
        try:
            if kind is DayKind.CALENDAR:
                return begun + timedelta(days=days)
            day = begun
            while days > 0:
                day += timedelta(days=1)
                days -= self.is_working(day)
        except OverflowError as error:
            raise InvalidError("day.too_late", day=begun) from error
        return day

    def lacks(self, years: Iterable[int]) -> tuple[int, ...]:
        """Return those of the years for which nothing is announced here."""
        known = {day.year for day in self.days}
        return tuple(sorted(set(years) - known))
