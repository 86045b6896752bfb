"""Years and days as planners write them, in China's calendar."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta

from renovation.imports.files.results import UnreadableError
from renovation.imports.files.sheets import Value
from renovation.imports.files.values.values import is_nothing, refuse_special
from renovation.model.clock import day_of, today
from renovation.model.numerals import in_digits, odd_figure

_YEAR = re.compile(
    r"((?:18|19|20|21)\d\d)(?:年?|[年./-](?:0?[1-9]|1[0-2])月?(?:[./-]?(?:[0-2]?\d|3[01])日?)?)(?:建成?|竣工)?",
    re.ASCII,
)


def year(value: Value) -> tuple[int | None, bool]:
    """Read the year something was built: 1995, 1995年, 1995.6, 1995年6月, or a day.

    Raises
    ------
    UnreadableError
        ``value.not_year``, ``value.out_of_range`` or ``value.year_ahead``.
    """
    refuse_special(value)
    if value is None:
        return None, False
    if isinstance(value, datetime | date):
        value = f"{day_of(value) if isinstance(value, datetime) else value}"
    if isinstance(value, int | float) and not isinstance(value, bool):
        text = format(value, ".15g") if value % 1 else str(int(value))
    else:
        text = str(value)
    if is_nothing(text):
        return None, bool(text.strip())
    found = _YEAR.fullmatch(in_digits(re.sub(r"\s", "", unicodedata.normalize("NFKC", text))))
    if found is None or odd_figure(text):
        raise UnreadableError("value.not_year", value=text[:40])
    built = int(found.group(1))
    if built < 1900:
        raise UnreadableError("value.out_of_range", value=text[:40], least=1900, most=today().year)
    if built > today().year:
        raise UnreadableError("value.year_ahead", value=text[:40], year=today().year)
    return built, text.strip() != str(built)


_DAY = re.compile(r"((?:19|20)\d\d)[-/.年](0?[1-9]|1[0-2])[-/.月](0?[1-9]|[12]\d|3[01])日?(?:[T\s](.*))?", re.ASCII)
_ZONED = re.compile(
    r"(\d{1,2}):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s*(?:(Z|UTC|GMT)|([+-])(\d\d):?(\d\d)?)", re.ASCII | re.IGNORECASE
)
_WORDS = re.compile(r"[A-Za-z]|[0-9]\s*[+-]\s*[0-9]")
_HALF_OF_DAY = re.compile(r"\b[AP]\.?M\b\.?", re.IGNORECASE)


def day(value: Value) -> tuple[date | None, bool]:
    """Read the day of something that has happened: a date cell, 2026-03-05, 2026/3/5, 2026年3月5日.

    A time behind it is China's and left out; with a zone (``Z``, ``+00:00``) the day is the one it was in China.

    Raises
    ------
    UnreadableError
        ``value.day_ahead``.
    """
    refuse_special(value)
    if value is None:
        return None, False
    if isinstance(value, date):
        made = day_of(value) if isinstance(value, datetime) else value
        changed = False
    elif is_nothing(value):
        return None, bool(str(value).strip())
    else:
        made = _written_day(str(value))
        changed = str(value).strip() != made.isoformat()
    if made > today():
        raise UnreadableError("value.day_ahead", value=made.isoformat(), today=today())
    return made, changed


def _written_day(text: str) -> date:
    found = _DAY.fullmatch(in_digits(unicodedata.normalize("NFKC", text).strip()))
    if found is None or odd_figure(text):
        raise UnreadableError("value.not_date", value=text[:40])
    year, month, of_month, behind = found.groups()
    zoned = _ZONED.fullmatch((behind or "").strip())
    try:
        made = date(int(year), int(month), int(of_month))
        if zoned is None:
            if _WORDS.search(_HALF_OF_DAY.sub("", behind or "")):
                raise UnreadableError("value.zone_unknown", value=text[:40])
            return made
        hour, minute, second, _, sign, hours, minutes = zoned.groups()
        ahead = timedelta(hours=int(hours or 0), minutes=int(minutes or 0)) * (-1 if sign == "-" else 1)
        moment = datetime(made.year, made.month, made.day, int(hour), int(minute), int(second or 0), tzinfo=UTC)
        return day_of(moment - ahead)
    except ValueError:
        raise UnreadableError("value.not_date", value=text[:40]) from None
