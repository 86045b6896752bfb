"""A price book goes out and comes back unchanged; a bad one is refused with every fault."""

import io
from dataclasses import replace
from datetime import date

import openpyxl

from renovation.exports.projects.price_book import price_book_xlsx
from renovation.imports.projects.catalogue import read_catalogue
from renovation.imports.projects.price_book import parse_price_book
from renovation.model.items import PriceBook
from renovation.rules.money.pricing import price_book_from_catalogue

ITEMS = read_catalogue()
BOOK = price_book_from_catalogue(ITEMS, locality="惠城区", year=2027)


def test_what_goes_out_comes_back():
    entries = list(BOOK.entries)
    entries[0] = replace(
        entries[0], low=6_001, likely=10_050, source="=询价\n2027", day=date(2026, 3, 1), confirmed=True
    )
    book = PriceBook(locality="惠城区", year=2027, entries=tuple(entries))
    name, _, content = price_book_xlsx(book, ITEMS)
    assert name == "惠城区2027年改造内容价目表.xlsx"
    parsed = parse_price_book(content, items=ITEMS)
    assert parsed.faults == ()
    assert parsed.records == (book,)
    assert _cells(content)[2][8] == "暂估价"
    assert price_book_xlsx(book, ITEMS)[2] == content


def _cells(content: bytes) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content)).worksheets[0].values)


def test_a_day_may_be_written_as_people_write_it():
    content = "编码,低,中,高,已核实,来源,日期,地区,年份\nJ01,60,100,150,是,询价,2026年8月15日,惠城区,2027\n"
    (book,) = parse_price_book(content.encode(), items=ITEMS).records
    assert book.entries[0].day == date(2026, 8, 15)


def test_a_stated_place_and_year_win():
    (book,) = parse_price_book(price_book_xlsx(BOOK, ITEMS)[2], items=ITEMS, locality="博罗县", year=2028).records
    assert (book.locality, book.year) == ("博罗县", 2028)


def test_every_fault_is_named():
    content = (
        "编码,最低单价（元）,常用单价（元）,最高单价（元）,已核实,来源,日期,地区,年份\n"
        "J01,60,100,150,是,,,惠城区,2027\n"
        "X99,1,2,3,否,,,惠城区,2027\n"
        "J02,3,2,1,否,,,惠城区,2027\n"
        "J03,,2,3,否,,某天,惠城区,2027\n"
        "J01,1,2,3,否,,,惠阳区,2027\n"
    ).encode()
    parsed = parse_price_book(content, items=ITEMS)
    assert parsed.records == ()
    assert {(fault.code, fault.row) for fault in parsed.faults} == {
        ("planning.confirmed_without_source", 2),
        ("planning.unknown_item", 3),
        ("planning.price_order", 4),
        ("value.not_date", 5),
        ("planning.twice", 6),
        ("planning.several_books", None),
    }


def test_what_is_no_price_book_is_refused():
    for content in (b"", b"PK\x03\x04", b"a,b\n1,2\n", "编码,低\nJ01,1\n".encode()):
        assert parse_price_book(content, items=ITEMS).faults
