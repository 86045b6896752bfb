"""A price book as a workbook that people edit and load again."""

from __future__ import annotations

from collections.abc import Iterable

from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.model.items import ASSUMPTION, Item, PriceBook
from renovation.model.money import yuan
from renovation.text import Language, text

#: Headings as ``imports.price_book`` knows them; the workbook is for editing here, so it has one language.
HEADINGS = (
    "编码", "改造内容", "类别", "单位", "最低单价（元）", "常用单价（元）", "最高单价（元）",
    "已核实", "来源", "日期", "地区", "年份",
)  # fmt: skip


def price_book_xlsx(book: PriceBook, items: Iterable[Item]) -> Exported:
    """Return a price book as XLSX, in the catalogue's order."""
    rows = []
    for item in items:
        entry = book.by_code.get(item.code)
        if entry is None:
            continue
        rows.append(
            [
                item.code,
                item.name("zh-CN"),
                text(f"item_class.{item.item_class.value}", Language.ZH),
                item.unit,
                yuan(entry.low),
                yuan(entry.likely),
                yuan(entry.high),
                text("price.yes" if entry.confirmed else "price.no", Language.ZH),
                _source(entry.source),
                entry.day,
                book.locality,
                book.year,
            ]
        )
    name = text("price.book_name", Language.ZH, locality=book.locality, year=book.year)
    return workbook(name, [TableSheet(name=text("price.sheet", Language.ZH), headings=HEADINGS, rows=rows)])


def _source(kept: str) -> str:
    """Write in words that nobody has looked a price up; the import reads the word back as what it stands for."""
    if not kept.startswith(ASSUMPTION):
        return kept
    return text("catalogue.assumed", Language.ZH) + kept.removeprefix(ASSUMPTION)
