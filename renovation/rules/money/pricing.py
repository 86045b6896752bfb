"""What a project costs: quantity × price in exact fen, checked against known cases, with order rules and conflicts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter

from renovation.errors import InvalidError, NotFoundError
from renovation.model.items import Benchmark, BenchmarkBasis, Item, Measure, PriceBook, PriceEntry
from renovation.model.money import Fen, fen
from renovation.model.projects import ProjectRow, ProjectStatus

#: Quantities are kept to the hundredth (1 dm², 1 cm): finer is drawing noise.
_QUANTUM = Decimal("0.01")
_MAX_QUANTITY = Decimal(10**9)


def half_up(value: Fraction) -> int:
    """Round to a whole number, halves up."""
    return (2 * value.numerator + value.denominator) // (2 * value.denominator)


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRange:
    """A cost in fen: low, likely, high, and whether an unconfirmed price is in it."""

    low: Fen
    likely: Fen
    high: Fen
    assumed: bool = False

    def __add__(self, other: CostRange) -> CostRange:
        return CostRange(
            low=fen(self.low + other.low),
            likely=fen(self.likely + other.likely),
            high=fen(self.high + other.high),
            assumed=self.assumed or other.assumed,
        )


NOTHING = CostRange(low=Fen(0), likely=Fen(0), high=Fen(0))


def price_book_from_catalogue(items: Iterable[Item], *, locality: str, year: int) -> PriceBook:
    """Begin a locality's price book with the catalogue's ranges; every entry waits to be confirmed."""
    return PriceBook(
        locality=locality,
        year=year,
        entries=tuple(
            PriceEntry(
                code=item.code,
                low=item.unit_cost_low,
                likely=half_up(Fraction(item.unit_cost_low + item.unit_cost_high, 2)),
                high=item.unit_cost_high,
                source=item.cost_basis,
            )
            for item in items
            if not item.own
        ),
    )


#: An exponent could name a number that fills the memory, and figures of other kinds are not typed.
_WRITTEN = re.compile(r"[+-]?\d{1,15}(?:\.\d{1,15})?(?:/\d{1,15})?", re.ASCII)


def quantity_of(value: Decimal | Fraction | int | float | str) -> Decimal:
    """Take a quantity to the hundredth of its unit.

    Raises
    ------
    InvalidError
        ``quantity.not_number`` or ``quantity.out_of_range``.
    """
    try:
        if isinstance(value, str) and not _WRITTEN.fullmatch(value.strip()):
            raise ValueError
        exact = Fraction(value)
    except (ValueError, OverflowError, ZeroDivisionError):
        raise InvalidError("quantity.not_number", value=str(value)[:40]) from None
    hundredths = half_up(exact * 100)
    result = Decimal(hundredths) * _QUANTUM
    if exact < 0 or result > _MAX_QUANTITY:
        raise InvalidError("quantity.out_of_range", value=str(value)[:40])
    return result


def measured_quantity(item: Item, *, area_m2: float = 0.0, length_m: float = 0.0, shapes: int = 0) -> Decimal | None:
    """Return the quantity the drawing gives, or ``None`` where a person has to type it.

    Parameters
    ----------
    area_m2, length_m
        Measured in a projected CRS.
    shapes
        How many points or polygons are drawn.
    """
    match item.measure:
        case Measure.AREA_M2:
            return quantity_of(area_m2)
        case Measure.LENGTH_M:
            return quantity_of(length_m)
        case Measure.COUNT:
            return quantity_of(shapes)
        case Measure.TYPED:
            return None


def cost_of(entry: PriceEntry, quantity: Decimal | int) -> CostRange:
    """Multiply a price by a quantity, rounding half a fen up."""
    exact = Fraction(quantity)
    return CostRange(
        low=fen(half_up(entry.low * exact)),
        likely=fen(half_up(entry.likely * exact)),
        high=fen(half_up(entry.high * exact)),
        assumed=not entry.confirmed,
    )


def price(book: PriceBook, code: str, quantity: Decimal | int) -> CostRange:
    """Price an item from a book.

    Raises
    ------
    NotFoundError
        ``price.missing``: the book has no such item.
    """
    entry = book.by_code.get(code)
    if entry is None:
        raise NotFoundError("price.missing", item=code, locality=book.locality, year=book.year)
    return cost_of(entry, quantity)


def package_total(costs: Iterable[CostRange]) -> CostRange:
    """Add up the costs of a package; the sum is exact."""
    return sum(costs, NOTHING)


@dataclass(frozen=True, slots=True, kw_only=True)
class BenchmarkCheck:
    """A total beside a known band: ``state`` is ``"below"``, ``"within"`` or ``"above"``; ``value`` is fen per unit."""

    benchmark: Benchmark
    value: Fraction
    state: str

    @property
    def value_fen(self) -> Fen:
        """Return the value in whole fen, for a sentence."""
        return fen(half_up(self.value))

    @property
    def is_outside(self) -> bool:
        """Tell whether to warn."""
        return self.state != "within"


def check_benchmarks(
    total: int,
    benchmarks: Iterable[Benchmark],
    *,
    floor_area_m2: float | Decimal | int | None = None,
    households: int | None = None,
    estates: int | None = None,
) -> tuple[BenchmarkCheck, ...]:
    """Divide a total in fen by what is known and compare it with each band that fits.

    A band whose divisor is unknown or zero is left out rather than guessed.
    """
    divisors = {
        BenchmarkBasis.PER_M2: floor_area_m2,
        BenchmarkBasis.PER_HOUSEHOLD: households,
        BenchmarkBasis.PER_ESTATE: estates,
    }
    checks = []
    for benchmark in benchmarks:
        divisor = divisors.get(benchmark.basis)
        if not divisor:
            continue
        value = Fraction(total) / Fraction(divisor)
        state = "below" if value < benchmark.low else "above" if value > benchmark.high else "within"
        checks.append(BenchmarkCheck(benchmark=benchmark, value=value, state=state))
    return tuple(checks)


@dataclass(frozen=True, slots=True)
class OrderRule:
    """``first`` is built before ``then`` (or in the same year) when both are chosen."""

    first: str
    then: str


@dataclass(frozen=True, slots=True)
class ConflictPair:
    """Two items that want the same ground or replace each other; people choose, the tool does not."""

    one: str
    other: str


def order_rules(codes: Collection[str], items: Iterable[Item]) -> tuple[OrderRule, ...]:
    """List the order rules among chosen item codes."""
    return tuple(
        OrderRule(first, item.code)
        for item in items
        if item.code in codes
        for first in item.depends_on
        if first in codes
    )


def conflicts(codes: Collection[str], items: Iterable[Item]) -> tuple[ConflictPair, ...]:
    """List each pair of chosen item codes that asks for a choice, once, whichever of the two names the other."""
    pairs = {
        tuple(sorted((item.code, other)))
        for item in items
        if item.code in codes
        for other in item.conflicts_with
        if other in codes
    }
    return tuple(ConflictPair(one, other) for one, other in sorted(pairs))


def work_order(codes: Sequence[str], items: Iterable[Item]) -> tuple[str, ...]:
    """Put chosen codes in an order of works that keeps every order rule, else the given order.

    Raises
    ------
    InvalidError
        ``item.order_cycle`` names the items that wait for each other.
    """
    rules = order_rules(set(codes), items)
    sorter: TopologicalSorter[str] = TopologicalSorter({code: [] for code in codes})
    for rule in rules:
        sorter.add(rule.then, rule.first)
    try:
        sorter.prepare()
    except CycleError as error:
        raise InvalidError("item.order_cycle", items=tuple(error.args[1])) from None
    place = {code: number for number, code in enumerate(codes)}
    ready: list[str] = []
    order: list[str] = []
    while sorter.is_active():
        ready = sorted([*ready, *sorter.get_ready()], key=place.__getitem__)
        code = ready.pop(0)
        order.append(code)
        sorter.done(code)
    return tuple(order)


def sum_of_projects(rows: Iterable[ProjectRow]) -> dict[str, int]:
    """Add up listed projects: how many, their cost in fen, their estates, and the residents behind their demands.

    Withdrawn ones do not count.
    """
    live = [row for row in rows if row.project.status is not ProjectStatus.WITHDRAWN]
    return {
        "count": len(live),
        "cost": sum(row.project.cost for row in live),
        "estates": len({row.project.estate_id for row in live}),
        "supporters": sum(row.supporters for row in live),
    }
