"""Money in a sentence."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from renovation.text.formats import format_wan, formatter


@pytest.mark.parametrize(
    ("fen", "said"),
    [(0, "0.0 万元"), (49_500, "495 元"), (-32_150, "-321.50 元"), (49_999, "499.99 元"), (50_000, "0.1 万元"),
     (14_500_000, "14.5 万元")],
)  # fmt: skip
def test_a_small_sum_is_not_said_as_nothing(fen: int, said: str) -> None:
    assert format_wan(fen, "zh-CN") == said


def test_a_moment_is_never_said_as_a_program_writes_it() -> None:
    at = datetime(2026, 11, 29, 2, 27, tzinfo=UTC)
    assert formatter("zh-CN").vformat("{at}", (), {"at": at}) == "2026年11月29日 10:27"
