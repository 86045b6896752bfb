"""One reading for a whole column, where a cell alone could be read two ways."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from renovation.imports.files.results import Findings, Place
from renovation.imports.files.sheets import Value
from renovation.imports.files.values import values

_WITH_POINT = re.compile(r"[+-]?\d+\.(?:\d{1,2}|\d{4,})|[+-]?0\.\d+", re.ASCII)


def doubtful(cells: Iterable[Value], *, are_degrees: bool) -> re.Pattern[str]:
    """Return what stays doubtful in a column of a file whose decimals may be written with a comma.

    A point followed by three digits may part thousands (1.234), but not in degrees, and not where the same column has
    points that can only part decimals.
    """
    if are_degrees or any(isinstance(cell, str) and _WITH_POINT.fullmatch(cell.strip()) for cell in cells):
        return values.COMMAS
    return values.COMMAS_AND_POINTS


def share_of(cells: Iterable[Value], heading: Fraction | None, place: Place, findings: Findings) -> Fraction:
    """Return what a column's plain numbers count as parts of: 1 for 0.23, a hundredth for 23; say so, or ask.

    Parameters
    ----------
    heading
        What the heading says they are parts of; ``None`` where it does not.
    """
    plain: list[Decimal] = []
    is_marked = False
    for cell in cells:
        if values.part_marked(cell) is not None:
            is_marked = True
        elif (found := values.number_or_none(cell)) is not None and found > 0:
            plain.append(found)
    large = max(plain, default=0) > 1
    taken = heading or (values.PARTS["%"] if large else Fraction(1))
    least = min(plain, default=None)
    if least is None:
        return taken
    can_be_two = least <= 1 and ((large or is_marked) if heading is None else not large)
    if can_be_two:
        other = Fraction(1) if taken < 1 else values.PARTS["%"]
        findings.warn(
            "share.two_ways", place, value=f"{least:f}", taken=_percent(least, taken), other=_percent(least, other)
        )
    elif heading is None:
        findings.change("share.read_as", place, before=f"{least:f}", after=_percent(least, taken))
    return taken


def _percent(number: Decimal, part: Fraction) -> str:
    return f"{float(Fraction(number) * part * 100):.6g}%"
