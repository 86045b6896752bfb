"""Prices: exact fen, benchmarks, order of works, choices."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from renovation.errors import InvalidError, NotFoundError
from renovation.imports.files.lists import shipped
from renovation.imports.projects.catalogue import read_catalogue
from renovation.model.items import PriceBook, PriceEntry
from renovation.model.lists import ListKind
from renovation.model.localities import benchmarks_of
from renovation.rules.money.pricing import (
    ConflictPair,
    OrderRule,
    check_benchmarks,
    conflicts,
    cost_of,
    measured_quantity,
    order_rules,
    package_total,
    price,
    price_book_from_catalogue,
    quantity_of,
    work_order,
)

ITEMS = read_catalogue()
BANDS = benchmarks_of(shipped(ListKind.BENCHMARKS))
BOOK = price_book_from_catalogue(ITEMS, locality="惠城区", year=2027)


def test_half_a_fen_goes_up():
    entry = PriceEntry(code="J01", low=1, likely=3, high=5)
    cost = cost_of(entry, Decimal("0.5"))
    assert (cost.low, cost.likely, cost.high) == (1, 2, 3)
    assert cost.assumed


@given(st.lists(st.tuples(st.sampled_from(ITEMS), st.integers(0, 10**6)), min_size=1, max_size=20))
def test_a_package_is_the_exact_sum_of_its_lines(chosen):
    quantities = {item.code: Decimal(hundredths) / 100 for item, hundredths in chosen}
    lines = [price(BOOK, code, quantity) for code, quantity in quantities.items()]
    total = package_total(lines)
    for name in ("low", "likely", "high"):
        assert getattr(total, name) == sum(getattr(line, name) for line in lines)
    assert total.low <= total.likely <= total.high


def test_a_drawing_gives_the_quantity_or_asks():
    items = {item.code: item for item in ITEMS}
    assert measured_quantity(items["J15"], area_m2=120.456) == Decimal("120.46")
    assert measured_quantity(items["J08"], length_m=33.3333) == Decimal("33.33")
    assert measured_quantity(items["W02"], shapes=7) == 7
    assert measured_quantity(items["J06"], length_m=100) is None


@pytest.mark.parametrize("value", ["abc", float("nan"), float("inf"), -1, 10**10])
def test_a_quantity_that_cannot_be_is_refused(value):
    with pytest.raises(InvalidError):
        quantity_of(value)


def test_the_guangdong_case_of_heshan_lies_within_its_band():
    checks = check_benchmarks(3_200_000_000, BANDS, floor_area_m2=268_000, households=2868)
    states = {check.benchmark.code: check.state for check in checks}
    assert states["gd_full_m2"] == "within"
    assert states["gd_full_household"] == "within"
    assert states["js_full_m2"] == "below"
    value = next(check.value for check in checks if check.benchmark.code == "gd_full_household")
    assert value == Fraction(3_200_000_000, 2868)


def test_a_band_without_its_divisor_is_left_out():
    assert check_benchmarks(100, BANDS, households=0) == ()


def test_underground_goes_before_paving():
    assert OrderRule("J08", "J15") in order_rules({"J15", "J08", "W02"}, ITEMS)
    order = work_order(["J15", "W16", "W19", "J08", "J06"], ITEMS)
    assert order.index("J08") < order.index("J15") < order.index("W16") < order.index("W19")
    assert order.index("J06") < order.index("J15")


def test_the_shipped_order_rules_have_no_circle():
    codes = [item.code for item in ITEMS]
    assert sorted(work_order(codes, ITEMS)) == sorted(codes)


def test_parking_and_green_ask_for_a_choice_once():
    assert conflicts({"W04", "W16", "J01"}, ITEMS) == (ConflictPair("W04", "W16"),)
    # J17 names W15, W15 names J17; W17 names W04 and W04 names W17.
    assert conflicts({"J17", "W15"}, ITEMS) == (ConflictPair("J17", "W15"),)


def test_an_item_without_a_price_is_refused():
    book = PriceBook(locality="x", year=2027, entries=())
    with pytest.raises(NotFoundError):
        price(book, "J01", 1)


def test_prices_out_of_order_and_confirmed_without_source_cannot_exist():
    with pytest.raises(InvalidError):
        PriceEntry(code="J01", low=3, likely=2, high=5)
    with pytest.raises(InvalidError):
        PriceEntry(code="J01", low=1, likely=2, high=5, confirmed=True)
    with pytest.raises(InvalidError):
        PriceBook(locality="x", year=1, entries=(PriceEntry(code="a", low=1, likely=1, high=1),) * 2)
