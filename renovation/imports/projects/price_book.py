"""A locality's price book, from the workbook this tool writes or any table with the same headings."""

from __future__ import annotations

from collections.abc import Iterable

from renovation.imports.files.cells import Cells
from renovation.imports.files.columns import Field
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.results import Findings, Parsed
from renovation.imports.files.rows import of_table, opened_table
from renovation.model.items import ASSUMPTION, Item, PriceBook, PriceEntry, is_source
from renovation.model.names import name_key
from renovation.text import Language, text

FIELDS = (
    Field("code", ("编码", "编号", "内容编码", "item"), required=True),
    Field("low", ("最低单价（元）", "低", "最低单价", "low"), required=True),
    Field("likely", ("常用单价（元）", "中", "常用单价", "单价", "likely"), required=True),
    Field("high", ("最高单价（元）", "高", "最高单价", "high"), required=True),
    Field("source", ("来源", "依据", "source")),
    Field("day", ("日期", "价格日期", "date")),
    Field("confirmed", ("已核实", "核实", "confirmed")),
    Field("locality", ("地区", "县（区）", "县区", "locality")),
    Field("year", ("年份", "年度", "year")),
    Field("name", ("改造内容", "名称", "name")),
    Field("unit", ("单位", "unit")),
    Field("item_class", ("类别", "class")),
)
#: What the exported workbook writes in the place of a source that nobody has looked up.
_ASSUMED = tuple(text("catalogue.assumed", language) for language in Language)


def parse_price_book(
    data: bytes,
    *,
    items: Iterable[Item],
    locality: str | None = None,
    year: int | None = None,
    corrections: Corrections = AS_IT_STANDS,
) -> Parsed[PriceBook]:
    """Read a price book to its end; the one record is the book.

    Parameters
    ----------
    items
        The catalogue: a price for an unknown item is a fault.
    locality, year
        Stated by the person; without them the file's columns say, and one file holds one book.
    """
    findings = Findings(corrections=corrections)
    table = opened_table(data, FIELDS, findings)
    if table is None:
        return of_table(None, (), findings)
    known = {name_key(item.code): item.code for item in items}
    entries: list[PriceEntry] = []
    first: dict[str, int] = {}
    books: set[tuple[str, int | None]] = set()
    for row in table.rows:
        cells = Cells(table, row, findings)
        before = findings.count
        code = cells.needed("code")
        prices = [cells.money(name) for name in ("low", "likely", "high")]
        source, day, confirmed = cells.text("source"), cells.day("day"), cells.yes("confirmed")
        if word := next((word for word in _ASSUMED if source.startswith(word)), None):
            source = ASSUMPTION + source.removeprefix(word)
        books.add((locality or cells.text("locality", 40), year or cells.whole("year", 9999)))
        if code and name_key(code) not in known:
            cells.fault("planning.unknown_item", "code", value=code[:40])
        if code:
            cells.once(first, name_key(code), "code", "planning.twice", code)
        code = known.get(name_key(code), code)
        for name, price in zip(("low", "likely", "high"), prices, strict=True):
            if price is None and findings.count == before:
                cells.fault("planning.needed", name)
        if confirmed and not (is_source(source) and day) and findings.count == before:
            cells.fault("planning.confirmed_without_source", "confirmed")
        low, likely, high = prices
        if low is None or likely is None or high is None:
            continue
        if not low <= likely <= high:
            cells.fault("planning.price_order", "likely")
        elif findings.count == before:
            entries.append(
                PriceEntry(code=code, low=low, likely=likely, high=high, source=source, day=day, confirmed=confirmed)
            )
    place, of_year = next(iter(books), ("", None))
    if len(books) > 1:
        findings.fault("planning.several_books")
    elif not place or of_year is None:
        findings.fault("planning.needed", table.sheet.place(1, "地区 / 年份"))
    if findings.faulty or of_year is None:
        return of_table(table, (), findings)
    return of_table(table, (PriceBook(locality=place, year=of_year, entries=tuple(entries)),), findings)
