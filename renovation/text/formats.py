"""How money, shares, counts and dates are written in a sentence."""

from __future__ import annotations

import string
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from renovation.model.clock import day_of, in_china
from renovation.model.elections import Instance
from renovation.model.money import FEN_PER_WAN, FEN_PER_YUAN, wan, yuan


def _round(value: Decimal | Fraction | int | float, places: int) -> Decimal:
    exact = Fraction(value)
    unit = Decimal(1).scaleb(-places)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(unit, ROUND_HALF_UP)


def grouped(checksum: str) -> str:
    """Write a checksum in groups of eight, so that two people can read it to each other."""
    return " ".join(checksum[start : start + 8] for start in range(0, len(checksum), 8))


def format_wan(amount: int, language: str) -> str:
    """Write fen as 万元 with one decimal ("14.5 万元"), in English as whole yuan ("¥145,000").

    A sum that would round to nothing is written in yuan ("321 元").
    """
    if language == "zh-CN":
        if 0 < abs(amount) < FEN_PER_WAN // 20:
            return format_yuan(amount, language)
        return f"{_round(wan(amount), 1):,} 万元"
    return f"¥{_round(yuan(amount), 0):,}"


def format_yuan(amount: int, language: str) -> str:
    """Write fen as exact yuan ("142.86 元")."""
    value = yuan(amount)
    shown = f"{int(value):,}" if value == int(value) else f"{value:,.2f}"
    return f"{shown} 元" if language == "zh-CN" else f"¥{shown}"


def wan_digits(amount: int, language: str = "zh-CN") -> str:
    """Write fen exactly without the unit, which its heading or sentence names: 万元, in English yuan."""
    if language == "en":
        return format_yuan(amount, language).removeprefix("¥")
    whole, _, part = f"{wan(amount):,.6f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"


def sum_unit(language: str) -> int:
    """Return how many fen a planner's sum counts in, in every heading and field: 万元 in Chinese, yuan in English."""
    return FEN_PER_WAN if language == "zh-CN" else FEN_PER_YUAN


def format_money(
    amount: int | Fraction, currency: str, scale: int, language: str, *, in_yuan: bool | None = None
) -> str:
    """Write an amount of any currency; yuan as 万元 where that loses nothing, else exactly ("4.2 万元", "PLN 4,200").

    Parameters
    ----------
    amount
        In the smallest unit; shares finer than that are rounded to a hundredth of the currency unit.
    scale
        How many smallest units make one unit of the currency.
    in_yuan
        Whether amounts that stand together are written in yuan, or all of them in 万元; else each by itself.
    """
    value = Fraction(amount, scale)
    is_handy = value >= 10_000 and (value / 100).denominator == 1
    if currency == "CNY" and language == "zh-CN" and (in_yuan is False or (in_yuan is None and is_handy)):
        whole, _, part = f"{_round(value / 10_000, 6):,}".partition(".")
        return f"{whole}.{part.rstrip('0') or '0'} 万元"
    shown = f"{value.numerator:,}" if value.denominator == 1 else f"{_round(value, 2):,}"
    if currency == "CNY":
        return f"{shown} 元" if language == "zh-CN" else f"¥{shown}"
    return (f"{shown} {currency}" if language == "zh-CN" else f"{currency} {shown}").strip()


def stands_in_yuan(instance: Instance) -> bool:
    """Tell whether a page about an election writes all its sums in yuan: its budget or a cost is no handy 万元."""
    wan_units, steps = 10_000 * instance.scale, 100 * instance.scale
    costs = (project.cost for project in instance.projects)
    return any(0 < amount < wan_units or amount % steps for amount in (instance.budget, *costs))


def sum_unit_of(instance: Instance, language: str) -> int:
    """Return how many of an election's smallest units a field for its sums counts in; thousands of another currency."""
    if instance.currency != "CNY":
        return 1000 * instance.scale
    return instance.scale * (1 if language == "en" or stands_in_yuan(instance) else 10_000)


def money_writer(instance: Instance, language: str, *, unbroken: bool = False) -> Callable[[int | Fraction], str]:
    """Return how an election writes its amounts: all of them in one unit.

    Parameters
    ----------
    unbroken
        Keep amount and unit on one line of a narrow cell.
    """
    in_yuan = stands_in_yuan(instance)

    def written(amount: int | Fraction) -> str:
        said = format_money(amount, instance.currency, instance.scale, language, in_yuan=in_yuan)
        return said.replace(" ", "\u00a0") if unbroken else said

    return written


def format_percent(share: Fraction | float, language: str) -> str:
    """Write a share as a percentage with at most one decimal."""
    del language
    value = _round(Fraction(share) * 100, 1)
    return f"{int(value)}%" if value == int(value) else f"{value}%"


def format_date(day: date | datetime, language: str) -> str:
    """Write a day in full; a moment (UTC in the store) is shown in China's time."""
    if isinstance(day, datetime):
        day = day_of(day)
    return f"{day.year}年{day.month}月{day.day}日" if language == "zh-CN" else f"{day.day} {day:%B %Y}"


def format_moment(moment: datetime, language: str) -> str:
    """Write a day and the minute, in China's time."""
    local = in_china(moment)
    return f"{format_date(local, language)} {local:%H:%M}"


def format_count(value: int | Fraction, language: str) -> str:
    """Write a count with thousands separators; a fraction with at most two decimals."""
    del language
    exact = Fraction(value)
    return f"{exact.numerator:,}" if exact.denominator == 1 else f"{_round(exact, 2):,}"


def counted(value: int | Fraction | str, forms: str, language: str) -> str:
    """Write a count with what is counted, in the singular or plural: ``{n:count estate is|estates are}``.

    Parameters
    ----------
    value
        A number, or one that is written out already.
    forms
        What stands behind one, and behind any other number.
    """
    one, many = forms.split("|")
    shown = value if isinstance(value, str) else format_count(value, language)
    return f"{shown} {one if shown == '1' else many}"


def format_list(values: Iterable[Any], language: str, *, clauses: bool = False) -> str:
    """Write what stands in a list one after the other, as the language parts names, or ``clauses`` of a sentence."""
    names, parts = ("、", "；") if language == "zh-CN" else (", ", "; ")
    return (parts if clauses else names).join(map(str, values))


_FORMATS: Mapping[str, Callable[[Any, str], str]] = {
    "wan": format_wan,
    "yuan": format_yuan,
    "wan_digits": wan_digits,
    "percent": format_percent,
    "date": format_date,
    "moment": format_moment,
    "count": format_count,
}


class _Formatter(string.Formatter):
    def __init__(self, language: str) -> None:
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> Any:
        if isinstance(value, tuple | list):
            if format_spec == "clauses":
                return format_list(value, self.language, clauses=True)
            return format_list((self.format_field(one, format_spec) for one in value), self.language)
        spec, _, forms = format_spec.partition(" ")
        if forms and spec == "count":
            return counted(value, forms, self.language)
        # Nobody reads a moment as a program writes it.
        named = _FORMATS.get(format_spec or ("moment" if isinstance(value, datetime) else ""))
        if named is not None:
            return named(value, self.language)
        return super().format_field(value, format_spec)


@cache
def formatter(language: str) -> string.Formatter:
    """Return the formatter of a language."""
    return _Formatter(language)
