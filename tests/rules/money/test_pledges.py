"""What a supporter may promise."""

from __future__ import annotations

from fractions import Fraction

import pytest

from renovation.errors import InvalidError
from renovation.model.funding import SourceKind
from renovation.rules.money.pledges import check_promise

GIFT, WORK = SourceKind.CHARITY, SourceKind.IN_KIND


@pytest.mark.parametrize(
    ("name", "kind", "amount", "hours", "code"),
    [
        ("", GIFT, 1, 0, "name_missing"),
        ("王 1380013", GIFT, 1, 0, "name_has_number"),
        ("王", SourceKind.DISTRICT, 1, 0, "kind"),
        ("王", WORK, 1, 0, "money_or_hours"),
        ("王", GIFT, 0, 1, "money_or_hours"),
        ("王", GIFT, 10**13 + 1, 0, "too_much"),
        ("王", WORK, 0, 100_001, "too_much"),
    ],
)
def test_what_cannot_be_promised(name: str, kind: SourceKind, amount: int, hours: int, code: str) -> None:
    with pytest.raises(InvalidError) as refused:
        check_promise(name, kind, amount, Fraction(hours))
    assert refused.value.code == f"pledge.{code}"


def test_what_can() -> None:
    check_promise("王 138001", GIFT, 10**13, Fraction(0))
    check_promise("王", WORK, 0, Fraction(100_000))
