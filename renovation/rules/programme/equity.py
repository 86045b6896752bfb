"""How evenly a programme reaches streets: money per household, the elderly reached, Gini. Exact fractions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetFigures:
    """What a programme brings to one street (or any other place).

    Attributes
    ----------
    households, elderly
        Who lives there; ``elderly`` is ``None`` where not known.
    money
        Fen spent there.
    households_reached, elderly_reached
        Who lives where something is done.
    """

    street: str
    households: int
    money: int
    households_reached: int = 0
    elderly: int | None = None
    elderly_reached: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StreetEquity:
    """One street's line: fen per household and shares reached; ``None`` where nobody lives or nothing is known."""

    street: str
    money_per_household: Fraction | None
    share_reached: Fraction | None
    elderly_share_reached: Fraction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Equity:
    """A programme's spread over streets.

    Attributes
    ----------
    gini
        0 when every household gets the same, towards 1 when one street gets everything; ``None`` without money or
        households. Households within a street count as equal, so it understates what happens inside.
    """

    streets: tuple[StreetEquity, ...]
    money_per_household: Fraction | None
    share_reached: Fraction | None
    elderly_share_reached: Fraction | None
    gini: Fraction | None
    without_anything: tuple[str, ...]


def _share(part: int, whole: int) -> Fraction | None:
    return Fraction(part, whole) if whole else None


def gini(weighted: Iterable[tuple[int, int]]) -> Fraction | None:
    """Return the Gini coefficient of money over households, given (households, money) per place.

    Computed from the Lorenz curve: places sorted by money per household, area between the curve and the diagonal.
    """
    places = sorted(
        ((households, money) for households, money in weighted if households),
        key=lambda place: Fraction(place[1], place[0]),
    )
    people = sum(households for households, _ in places)
    total = sum(money for _, money in places)
    if not people or not total:
        return None
    below = 0
    twice_area = 0
    for households, money in places:
        twice_area += households * (2 * below + money)
        below += money
    return 1 - Fraction(twice_area, people * total)


def equity_of(streets: Sequence[StreetFigures]) -> Equity:
    """Work out how evenly money and works reach the streets."""
    lines = tuple(
        StreetEquity(
            street=one.street,
            money_per_household=_share(one.money, one.households),
            share_reached=_share(one.households_reached, one.households),
            elderly_share_reached=None
            if one.elderly is None or one.elderly_reached is None
            else _share(one.elderly_reached, one.elderly),
        )
        for one in streets
    )
    known = [(one.elderly_reached, one.elderly) for one in streets if one.elderly is not None]
    reached = [(part, whole) for part, whole in known if part is not None]
    households = sum(one.households for one in streets)
    return Equity(
        streets=lines,
        money_per_household=_share(sum(one.money for one in streets), households),
        share_reached=_share(sum(one.households_reached for one in streets), households),
        elderly_share_reached=_share(sum(part for part, _ in reached), sum(whole for _, whole in reached)),
        gini=gini((one.households, one.money) for one in streets),
        without_anything=tuple(one.street for one in streets if one.money == 0 and one.households),
    )
