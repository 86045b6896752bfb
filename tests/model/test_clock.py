"""One clock: nobody else asks for the time, or turns a moment into a day."""

from __future__ import annotations

import ast
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pytest

from renovation.model.clock import day_of, in_china, moment_on, today

ROOT = Path(__file__).resolve().parents[2]
CLOCK = ROOT / "renovation" / "model" / "clock.py"
#: The column type brings every moment to UTC on its way in and out.
COLUMN = ROOT / "renovation" / "store" / "schema" / "base.py"

_READS = {"now", "today", "utcnow", "fromtimestamp", "utcfromtimestamp", "combine", "astimezone", "date"}


def _is_clock_read(call: ast.Call) -> bool:
    asked = call.func
    if any(isinstance(one, ast.Constant) and one.value in ("today", "now") for one in _given(call)):
        return True  # a widget's "today" is the day of the server's own zone
    if not isinstance(asked, ast.Attribute) or asked.attr not in {*_READS, "time"}:
        return False
    owner = asked.value.id if isinstance(asked.value, ast.Name) else ""
    if asked.attr == "time":
        return owner == "time"
    return owner != "clock" and not (asked.attr == "date" and call.args)


def _given(call: ast.Call) -> list[ast.expr]:
    dated = isinstance(call.func, ast.Attribute) and call.func.attr.endswith(("date_input", "time_input"))
    return [*call.args, *(word.value for word in call.keywords)] if dated else []


def test_nobody_else_reads_a_clock_or_makes_a_day_of_a_moment() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{call.lineno}"
        for room in ("renovation", "pages")
        for file in sorted((ROOT / room).rglob("*.py"))
        if file not in (CLOCK, COLUMN)
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and _is_clock_read(call)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("moment", "day"),
    [
        (datetime(2026, 3, 4, 15, 59, tzinfo=UTC), date(2026, 3, 4)),
        (datetime(2026, 3, 4, 16, 0, tzinfo=UTC), date(2026, 3, 5)),
        (datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2027, 1, 1)),
        # Read from a file or a form: a Chinese wall clock without a zone.
        (datetime(2026, 3, 4, 23, 30), date(2026, 3, 4)),  # noqa: DTZ001
    ],
)
def test_a_day_begins_at_sixteen_utc(moment: datetime, day: date, clock: Any) -> None:
    assert day_of(moment) == day
    if moment.tzinfo:
        clock.at = moment
        assert today() == day


def test_a_moment_of_a_day_is_on_that_day() -> None:
    for hour in (0, 7, 23):
        assert in_china(moment_on(date(2026, 1, 1), time(hour))) == moment_on(date(2026, 1, 1), time(hour))
        assert day_of(moment_on(date(2026, 1, 1), time(hour))) == date(2026, 1, 1)
