"""A row of totals 合计, held against what was read: it vouches for the rows above it."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from renovation.imports.files.sheets import Value, is_blank
from renovation.imports.files.values import values


def compared(stated: Value, column: Sequence[Value]) -> tuple[Decimal, Decimal] | None:
    """Return what a total says and what its column adds up to; ``None`` where one of them is no plain sum.

    Shares have no sum, and neither has a column with a cell that is no number.
    """
    said = _number(stated)
    found = [number for cell in column if (number := _number(cell)) is not None]
    if said is None or not found or len(found) < sum(not is_blank(cell) for cell in column):
        return None
    return said, sum(found, Decimal(0))


def agree(stated: Decimal, added: Decimal, rows: int) -> bool:
    """Tell whether a total is the sum of its rows: counts exactly, amounts as closely as each row was rounded."""
    digits = int(stated.as_tuple().exponent)
    return abs(added - stated) <= (Decimal(rows).scaleb(digits) / 2 if digits < 0 else 0)


def _number(cell: Value) -> Decimal | None:
    return None if values.part_marked(cell) is not None else values.number_or_none(cell)
