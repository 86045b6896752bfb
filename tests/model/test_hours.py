"""Hours are days and times: what people type is read whole or refused by name, and kept in one form."""

from __future__ import annotations

from datetime import date, datetime

import pytest

from renovation.errors import InvalidError
from renovation.model.clock import CHINA
from renovation.model.hours import extended, is_open, kept_hours, next_span, spans_of
from renovation.text.hours import hours_words


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("", ""),
        ("11月21日至23日 8:00–18:00", "2026-11-21/2026-11-23 08:00-18:00"),
        ("2026年5月10日-12日 8:30至12:00、14:00至18:00", "2026-05-10/2026-05-12 08:30-12:00 14:00-18:00"),
        ("5月30日至6月2日 ８：３０～２４：００", "2026-05-30/2026-06-02 08:30-24:00"),
        ("5月10日 8时-12时30分\n11日 9:00-10:00", "2026-05-10 08:00-12:30; 2026-05-11 09:00-10:00"),
        ("5月11日 9:00-10:00；5月10日 9:00-10:00", "2026-05-10/2026-05-11 09:00-10:00"),
    ],
)
def test_typed_hours_are_kept_in_one_form(typed: str, kept: str) -> None:
    assert kept_hours(typed, year=2026) == kept
    assert kept_hours(kept, year=1) == kept


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("每天 8:30–18:00", "hours.unread"),
        ("5月10日", "hours.unread"),
        ("2月30日 8:00-9:00", "hours.unread"),
        ("5月10日 8:00-9:00 或者更晚", "hours.unread"),
        ("5月10日 8:00-24:30", "hours.unread"),
        ("5月10日 18:00-8:00", "hours.backwards"),
        ("5月12日至10日 8:00-9:00", "hours.backwards"),
        ("5月10日 8:00-12:00; 5月10日 11:00-13:00", "hours.overlap"),
        ("2026-01-01/2026-12-31 8:00-12:00", "hours.too_many"),
    ],
)
def test_hours_that_are_none_are_refused_by_name(typed: str, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        kept_hours(typed, year=2026)
    assert refused.value.code == code


def test_hours_say_whether_a_venue_is_open_and_can_be_extended() -> None:
    spans = spans_of("2026-05-10/2026-05-11 08:30-12:00 14:00-18:00")

    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 5, day, hour, minute, tzinfo=CHINA)

    assert [is_open(spans, at(10, hour)) for hour in (8, 9, 12, 14, 17, 18)] == [False, True, False, True, True, False]
    following = next_span(spans, at(10, 12))
    assert following is not None
    assert following.begins_at == at(10, 14)
    longer = extended(spans, date(2026, 5, 10), 19 * 60)
    assert (is_open(longer, at(10, 18, 59)), is_open(longer, at(11, 18, 30))) == (True, False)


def test_hours_read_as_a_line_in_both_languages() -> None:
    spans = spans_of("2026-05-10/2026-05-12 08:30-12:00 14:00-18:00; 2026-05-14 08:30-12:00")
    assert hours_words(spans, "zh-CN") == "2026年5月10日至12日 08:30–12:00、14:00–18:00；5月14日 08:30–12:00"
    assert hours_words(spans, "en") == "10–12 May 2026, 08:30–12:00, 14:00–18:00; 14 May, 08:30–12:00"
