"""Items and prices that cannot exist are refused."""

from dataclasses import replace

import pytest

from renovation.errors import InvalidError
from renovation.imports.projects.catalogue import read_catalogue
from renovation.rules.money.pricing import price_book_from_catalogue

ITEM = read_catalogue()[0]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"code": ""}, "item.no_code"),
        ({"unit_cost_low": 10**9}, "item.cost_reversed"),
        ({"unit_cost_low": -1}, "money.negative"),
        ({"depends_on": ("J01",)}, "item.names_itself"),
    ],
)
def test_items_that_cannot_be(change, code):
    with pytest.raises(InvalidError) as refused:
        replace(ITEM, **change)
    assert refused.value.code == code


def test_a_fresh_price_book_is_all_unconfirmed():
    book = price_book_from_catalogue(read_catalogue(), locality="惠城区", year=2027)
    assert len(book.unconfirmed) == 65
    assert book.by_code["J01"].likely == 10_500
