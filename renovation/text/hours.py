"""When venues are open, in words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from renovation.model.clock import today
from renovation.model.hours import OpenSpan, clock, day_rows
from renovation.model.polls import Poll, Venue
from renovation.text.formats import format_list


def hours_words(spans: Iterable[OpenSpan], language: str) -> str:
    """Say when a venue is open: days with the same times together; nothing where nobody has said so."""
    said, year = [], 0
    for first, last, times in day_rows(spans):
        days = _days(first, last, year, language)
        stretches = format_list((f"{clock(opens)}–{clock(closes)}" for opens, closes in times), language)
        said.append(f"{days} {stretches}" if language == "zh-CN" else f"{days}, {stretches}")
        year = last.year
    return format_list(said, language, clauses=True)


def _days(first: date, last: date, year: int, language: str) -> str:
    """Say a day or a row of them; the year only where it is not the one said before."""
    whole = "" if first.year == year else f"{first.year}"
    if language == "zh-CN":
        begins = f"{whole}年{first.month}月{first.day}日" if whole else f"{first.month}月{first.day}日"
        if first == last:
            return begins
        ends = (
            f"{last.day}日" if (first.year, first.month) == (last.year, last.month) else f"{last.month}月{last.day}日"
        )
        return f"{begins}至{ends if first.year == last.year else f'{last.year}年{ends}'}"
    if (first.year, first.month) == (last.year, last.month):
        days = f"{first.day}" if first == last else f"{first.day}–{last.day}"
        return f"{days} {last:%B} {whole}".strip()
    begins = f"{first.day} {first:%B}" if first.year == last.year else f"{first.day} {first:%B %Y}"
    return f"{begins} – {last.day} {last:%B} {whole if first.year == last.year else last.year}".strip()


def open_words(poll: Poll, venue: Venue | None, language: str) -> str:
    """Say when a venue, or a poll without one, is open, extensions included."""
    return hours_words(poll.open_at(venue), language)


def hours_today(poll: Poll, venue: Venue | None, language: str) -> str:
    """Say when a venue is open today; on a day without hours, on which days it is."""
    spans = poll.open_at(venue)
    return hours_words([one for one in spans if one.day == today()] or spans, language)


def places_words(poll: Poll, venues: Iterable[Venue], language: str) -> list[tuple[str, str]]:
    """Return each venue's name, and its hours where they are not those of the whole poll."""
    whole = open_words(poll, None, language)
    said = ((venue.name, open_words(poll, venue, language)) for venue in venues)
    return [(name, "" if own == whole else own) for name, own in said]
