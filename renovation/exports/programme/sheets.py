"""The workbooks of a programme: 改造项目清单 line by line, and the roll-up.

Sums are formulas with their value beside them, rounded to the fen, so that a spreadsheet that recalculates shows what
was written. Money stands in 万元 with as many decimals as it has.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell

from renovation.exports.files.tables import XLSX, Exported, file_stem
from renovation.exports.programme.print_layout import (
    DEFAULT_FONT,
    POINTS,
    SIDE_INCHES,
    PrintColumn,
    excel_width,
    lay_out,
    lines_of,
    row_points,
)
from renovation.exports.programme.source import EstateOnPaper, ProgrammeFile, WorkLine
from renovation.model.funding import SourceKind
from renovation.model.items import ItemClass
from renovation.text import text
from renovation.text.units import unit_label

_HEAD = 3
"""Rows above the first line: title, what it rests on, headings."""
_A3, _A4 = 8, 9
#: So many columns of money stand on A4 without being reduced.
_MOST_ON_A4 = 6
#: Points between which columns of words may be set on paper.
_WORDS = {
    "county": (34, 60), "street": (43, 70), "community": (43, 75), "estate": (61, 110), "work": (88, 170),
    "item_class": (34, 45), "unit": (25, 45), "starts": (48, 48), "ends": (48, 48), "builder": (54, 110),
    "note": (63, 150), "reason": (117, 280),
}  # fmt: skip
#: 序号 to 小区名称: what tells a line apart stands frozen on screen, and again on a second sheet of paper.
_FIRST_COLUMNS = 5


class _Book:
    """A workbook in the house's dress, dated as stated and not as written."""

    def __init__(self, paper: ProgrammeFile, *, points: float = 10) -> None:
        import xlsxwriter

        self.paper = paper
        self._buffer = io.BytesIO()
        options = {
            "in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False,
            # A copy of its own: the library writes into it, and the next workbook would come out with other bytes.
            "default_format_properties": dict(DEFAULT_FONT),
        }  # fmt: skip
        self.book = xlsxwriter.Workbook(self._buffer, options)
        day = paper.details.day
        created = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - the library takes naive moments only
        self.book.set_properties({"created": created, "title": paper.name, "author": paper.details.office})
        cell = {"font_name": "宋体", "font_size": points, "border": 1, "valign": "vcenter"}
        self.title = self.book.add_format(
            {"font_name": "黑体", "font_size": 18, "align": "center", "valign": "vcenter", "shrink": True}
        )
        self.line = self.book.add_format({"font_name": "宋体", "font_size": 10})
        self.head = self.book.add_format(
            {**cell, "font_name": "黑体", "bg_color": "#E8EDF1", "text_wrap": True, "align": "center"}
        )
        self.short = self.book.add_format({**cell, "align": "center"})
        self.text = self.book.add_format({**cell, "text_wrap": True})
        self.formats = {
            name: self.book.add_format({**cell, "num_format": shown})
            for name, shown in (
                ("count", "#,##0"), ("plain", "0"), ("quantity", "#,##0.######"), ("yuan", "#,##0.00"),
                ("wan", "#,##0.00####"), ("area", "#,##0.##"),
            )
        }  # fmt: skip
        # Numbers that are names, not sums, stand in the middle.
        self.formats["plain"].set_align("center")
        self.bold = self.book.add_format({**cell, "bold": True})
        self.bold_wan = self.book.add_format({**cell, "bold": True, "num_format": "#,##0.00####"})
        self.bold_count = self.book.add_format({**cell, "bold": True, "num_format": "#,##0"})

    def page(
        self,
        name: str,
        title: str,
        headings: Sequence[str],
        widths: Sequence[float],
        *,
        size: int,
        split_at: int | None = None,
    ) -> Any:
        """Begin a sheet: title, basis line, frozen headings that repeat on paper, one page wide.

        With ``split_at`` the title stands again over the column that begins a second page.
        """
        paper = self.paper
        page = self.book.add_worksheet(name)
        last = len(headings) - 1
        office = paper.phrase("sheet_office", office=paper.details.office or paper.phrase("office_default"))
        facts = paper.phrase("facts_day", facts=paper.facts_day)
        said = paper.phrase("sheet_line", day=paper.details.day, facts=facts)
        if split_at is None:
            page.merge_range(0, 0, 0, last, title, self.title)
            page.write_string(1, 0, "　　".join(filter(None, (office, said, paper.warning))), self.line)
        else:
            # The first columns, and the office with them, stand on both pages.
            title = f"{title}（{paper.warning}）" if paper.warning else title
            page.write_string(1, 0, office, self.line)
            for first, end in ((_FIRST_COLUMNS, split_at - 1), (split_at, last)):
                page.merge_range(0, first, 0, end, title, self.title)
                page.write_string(1, first, said, self.line)
        page.set_row(0, 32)
        for column, (heading, width) in enumerate(zip(headings, widths, strict=True)):
            page.write_string(2, column, heading, self.head)
            page.set_column(column, column, width)
        page.set_row(2, 42)
        page.set_landscape()
        page.set_paper(size)
        page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        page.fit_to_pages(1, 0)
        page.repeat_rows(2)
        page.set_footer(f"&C{paper.phrase('sheet_footer')}")
        return page

    def write(self, page: Any, row: int, column: int, value: Any, kind: str = "") -> None:
        """Write one cell; what nobody knows stays empty."""
        if value is None or value == "":
            page.write_blank(row, column, None, self.text)
        elif kind and kind != "short":
            # Excel writes a bare point behind a whole number whose format has decimals to show.
            is_whole = kind in ("area", "quantity") and value == int(value)
            page.write_number(row, column, float(value), self.formats["count" if is_whole else kind])
        else:
            page.write_string(row, column, str(value), self.text if kind == "" else self.short)

    def close(self, name: str) -> Exported:
        """Return the file."""
        self.book.close()
        return f"{file_stem(name)}.xlsx", XLSX, self._buffer.getvalue()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    """A column of the list: its name in the catalogue, heading, number format and reader."""

    name: str
    heading: str
    kind: str
    read: Callable[[WorkLine], Any]

    def printed(self, works: Sequence[WorkLine]) -> PrintColumn:
        """Return it as it stands on paper; a sum of money is as wide as its total."""
        values = [self.read(line) for line in works]
        if self.kind == "wan":
            values.append(sum((value or 0 for value in values), Decimal(0)))
        least, most = _WORDS.get(self.name, (None, None))
        return PrintColumn(
            heading=self.heading,
            shown=["" if value is None else _shown(value, self.kind) for value in values],
            least=least,
            most=most,
        )


def _shown(value: Any, kind: str) -> str:
    """Write a value as its number format does."""
    match kind:
        case "wan":
            whole, _, part = f"{value:,.6f}".partition(".")
            return f"{whole}.{part.rstrip('0'):0<2}"
        case "yuan":
            return f"{value:,.2f}"
        case "count" | "quantity" | "area":
            return f"{value:,}"
    return str(value)


def works_list(paper: ProgrammeFile) -> Exported:
    """Return the 改造项目清单: a line per project, and the totals by county and street that follow from the lines."""
    book = _Book(paper, points=POINTS)
    columns = _columns(paper)
    sources = next(at for at, column in enumerate(columns) if column.name == "cost") + 1
    layout = lay_out(
        [column.printed(paper.works) for column in columns], repeated=_FIRST_COLUMNS, split_at=sources
    )  # fmt: skip
    name, title = paper.phrase("list.sheet"), paper.phrase("list.title", span=paper.span, city=paper.details.city)
    headings, widths = [column.heading for column in columns], layout.widths
    page = book.page(
        name,
        title,
        headings,
        [excel_width(width) for width in widths],
        size=_A3,
        split_at=sources if layout.is_split else None,
    )
    page.set_row(2, row_points(max(lines_of(*one) for one in zip(headings, widths, strict=True))))
    page.set_margins(left=SIDE_INCHES, right=SIDE_INCHES, top=0.6, bottom=0.6)
    if layout.is_split:
        # Reduced to one sheet, nobody could read it.
        page.set_print_scale(100)
        page.set_v_pagebreaks([sources])
        page.repeat_columns(0, _FIRST_COLUMNS - 1)
    for row, line in enumerate(paper.works, _HEAD):
        lines = 1
        for at, column in enumerate(columns):
            value = column.read(line)
            book.write(page, row, at, value, column.kind)
            lines = max(lines, lines_of(str(value or ""), widths[at]) if column.kind == "" else 1)
        page.set_row(row, row_points(lines))
    end = _HEAD + len(paper.works)
    for at, column in enumerate(columns):
        page.write_blank(end, at, None, book.bold)
        if column.kind == "wan":
            total = sum((column.read(line) or 0 for line in paper.works), Decimal(0))
            _sum(page, book, end, at, _HEAD, end - 1, total)
    page.write_string(end, 0, paper.phrase("total"), book.bold)
    page.set_row(end, row_points(1))
    page.freeze_panes(_HEAD, _FIRST_COLUMNS)
    if paper.works:
        page.autofilter(_HEAD - 1, 0, end - 1, len(columns) - 1)
    page.print_area(0, 0, end, len(columns) - 1)
    _street_totals(book, name, columns, end)
    return book.close(title)


def _columns(paper: ProgrammeFile) -> list[_Column]:
    """List the columns in the order offices know."""

    def source(kind: SourceKind) -> Callable[[WorkLine], Any]:
        return lambda line: paper.sum(line.sources[kind]) if line.sources.get(kind) else None

    def column(name: str, kind: str, read: Callable[[WorkLine], Any], **fields: object) -> _Column:
        return _Column(name=name, heading=paper.phrase(f"column.{name}", **fields), kind=kind, read=read)

    found = [
        column("number", "plain", lambda line: line.number),
        column("county", "", lambda line: line.estate.county),
        column("street", "", lambda line: line.estate.street),
        column("community", "", lambda line: line.estate.community),
        column("estate", "", lambda line: line.estate.name),
        column("built_year", "plain", lambda line: line.estate.built_year),
        column("buildings", "count", lambda line: line.estate.buildings),
        column("households", "count", lambda line: line.estate.households),
        column("floor_area", "area", lambda line: line.estate.floor_area_m2),
        column("work", "", lambda line: _work(line)),
        column("item_class", "short", lambda line: class_name(paper, line.facts.item_class)),
        column("quantity", "quantity", lambda line: line.facts.quantity),
        column("unit", "short", lambda line: unit_label(line.facts.unit, paper.language)),
        column("unit_price", "yuan", lambda line: line.unit_price),
        column("cost", "wan", lambda line: paper.sum(line.facts.cost)),
    ]
    found += [column("source", "wan", source(kind), source=kind_name(paper, kind)) for kind in paper.kinds]
    if paper.gap:
        found.append(column("gap", "wan", lambda line: paper.sum(line.gap) if line.gap else None))
    return [
        *found,
        column("starts", "", lambda line: line.facts.starts or str(line.year)),
        column("ends", "", lambda line: line.facts.ends),
        column("builder", "", lambda line: line.facts.builder),
        column("note", "", lambda line: line.facts.note),
        column("reason", "", lambda line: line.reason),
    ]


def _work(line: WorkLine) -> str:
    work, name = line.facts.work, line.facts.name
    return name if not work or work in name else f"{work}（{name}）"


def kind_name(paper: ProgrammeFile, kind: SourceKind) -> str:
    """Return what people call a source of money."""
    return text(f"source_kind.{kind.value}", paper.language)


def class_name(paper: ProgrammeFile, item_class: ItemClass | None) -> str:
    """Return what people call a class of works."""
    return "" if item_class is None else text(f"item_class.{item_class.value}", paper.language)


def _sum(page: Any, book: _Book, row: int, column: int, first: int, last: int, total: Any) -> None:
    """Write a sum over a column's rows, with its value."""
    if last < first:
        page.write_number(row, column, 0, book.bold_wan)
        return
    cells = f"{xl_rowcol_to_cell(first, column)}:{xl_rowcol_to_cell(last, column)}"
    page.write_formula(row, column, f"=ROUND(SUM({cells}),6)", book.bold_wan, float(total))


def _street_totals(book: _Book, sheet: str, columns: Sequence[_Column], end: int) -> None:
    """Write the totals by county and street as formulas over the list, and whether they equal its total."""
    paper = book.paper
    money = [at for at, column in enumerate(columns) if column.kind == "wan"]
    headings = [
        paper.phrase("column.county"), paper.phrase("column.street"), paper.phrase("column.works"),
        *(columns[at].heading for at in money),
    ]  # fmt: skip
    page = book.page(
        paper.phrase("list.totals_sheet"), paper.phrase("list.totals_title", span=paper.span), headings,
        [12, 16, 8, *(12 for _ in money)], size=_A4 if len(money) <= _MOST_ON_A4 else _A3,
    )  # fmt: skip
    places = list(dict.fromkeys((line.estate.county, line.estate.street) for line in paper.works))
    for row, (county, street) in enumerate(places, _HEAD):
        page.write_string(row, 0, county, book.text)
        page.write_string(row, 1, street, book.text)
        there = [line for line in paper.works if (line.estate.county, line.estate.street) == (county, street)]
        match = (
            f"({_range(sheet, 1, end)}={xl_rowcol_to_cell(row, 0, col_abs=True)})"
            f"*({_range(sheet, 2, end)}={xl_rowcol_to_cell(row, 1, col_abs=True)})"
        )
        page.write_formula(row, 2, f"=SUMPRODUCT({match})", book.formats["count"], len(there))
        for at, column in enumerate(money, 3):
            total = sum((columns[column].read(line) or 0 for line in there), Decimal(0))
            formula = f"=ROUND(SUMPRODUCT({match},{_range(sheet, column, end)}),6)"
            page.write_formula(row, at, formula, book.formats["wan"], float(total))
    last = _HEAD + len(places)
    page.write_string(last, 0, paper.phrase("total"), book.bold)
    page.write_blank(last, 1, None, book.bold)
    first_cell, last_cell = xl_rowcol_to_cell(_HEAD, 2), xl_rowcol_to_cell(last - 1, 2)
    if places:
        page.write_formula(last, 2, f"=SUM({first_cell}:{last_cell})", book.bold_count, len(paper.works))
    for at, column in enumerate(money, 3):
        total = sum((columns[column].read(line) or 0 for line in paper.works), Decimal(0))
        _sum(page, book, last, at, _HEAD, last - 1, total)
    page.write_string(last + 1, 0, paper.phrase("list.check"), book.text)
    page.write_blank(last + 1, 1, None, book.text)
    page.write_blank(last + 1, 2, None, book.text)
    same, other = paper.phrase("list.same"), paper.phrase("list.differs")
    for at, column in enumerate(money, 3):
        listed = f"'{sheet}'!{xl_rowcol_to_cell(end, column, row_abs=True, col_abs=True)}"
        formula = f'=IF(ROUND({xl_rowcol_to_cell(last, at)}-{listed},6)=0,"{same}","{other}")'
        page.write_formula(last + 1, at, formula, book.text, same)
    page.freeze_panes(_HEAD, 2)
    page.print_area(0, 0, last + 1, len(headings) - 1)


def _range(sheet: str, column: int, end: int) -> str:
    name = xl_col_to_name(column, col_abs=True)
    return f"'{sheet}'!{name}${_HEAD + 1}:{name}${max(end, _HEAD + 1)}"


def roll_up(paper: ProgrammeFile) -> Exported:
    """Return the roll-up 汇总表: by county, street, class, pot and year; estates and households counted once each."""
    book = _Book(paper)
    title = paper.phrase("rollup.title", span=paper.span, city=paper.details.city)
    works = paper.works
    counties = list(dict.fromkeys(line.estate.county for line in works))
    streets = list(dict.fromkeys((line.estate.county, line.estate.street) for line in works))
    classes = [one for one in (*ItemClass, None) if any(line.facts.item_class is one for line in works)]
    _rolled(
        book, "county", title, ["city", "county"],
        [([paper.details.city, county], [w for w in works if w.estate.county == county]) for county in counties],
        [14, 14],
    )  # fmt: skip
    _rolled(
        book, "street", title, ["county", "street"],
        [([c, s], [w for w in works if (w.estate.county, w.estate.street) == (c, s)]) for c, s in streets],
        [14, 18],
    )  # fmt: skip
    _rolled(
        book, "item_class", title, ["item_class"],
        [([class_name(paper, one) or paper.phrase("no_class")], [w for w in works if w.facts.item_class is one])
         for one in classes],
        [18],
    )  # fmt: skip
    _rolled(
        book, "year", title, ["year"], [([str(y)], [w for w in works if w.year == y]) for y in paper.years], [12]
    )  # fmt: skip
    _pots(book, title)
    return book.close(title)


_FIGURES = ("estates", "buildings", "households", "floor_area_wan", "works", "cost")


def _rolled(
    book: _Book,
    by: str,
    title: str,
    keys: Sequence[str],
    groups: Sequence[tuple[Sequence[str], Sequence[WorkLine]]],
    widths: Sequence[float],
) -> None:
    """Write one sheet of groups. Where an estate may stand in several groups its total is counted, not summed."""
    paper = book.paper
    headings = [paper.phrase("column.number"), *(paper.phrase(f"column.{key}") for key in (*keys, *_FIGURES))]
    page = book.page(
        paper.phrase(f"rollup.by_{by}"), title, headings, [6, *widths, 9, 9, 10, 14, 9, 16], size=_A4,
    )  # fmt: skip
    start = len(keys) + 1
    for row, (names, lines) in enumerate(groups, _HEAD):
        book.write(page, row, 0, row - _HEAD + 1, "plain")
        for column, name in enumerate(names, 1):
            book.write(page, row, column, name)
        for column, (value, kind) in enumerate(_figures(paper, lines), start):
            book.write(page, row, column, value, kind)
    end = _HEAD + len(groups)
    page.write_string(end, 0, paper.phrase("total"), book.bold)
    for column in range(1, start):
        page.write_blank(end, column, None, book.bold)
    overlaps = by in ("item_class", "year")
    for column, (value, kind) in enumerate(_figures(paper, paper.works), start):
        cells = f"{xl_rowcol_to_cell(_HEAD, column)}:{xl_rowcol_to_cell(end - 1, column)}"
        format_ = book.bold_wan if kind == "wan" else book.bold_count
        name = _FIGURES[column - start]
        if groups and (name in ("works", "cost") or not overlaps):
            page.write_formula(end, column, f"=ROUND(SUM({cells}),6)", format_, float(value))
        else:
            page.write_number(end, column, float(value), format_)
    if overlaps:
        page.write_string(end + 1, 0, paper.phrase("rollup.once"), book.line)
    page.freeze_panes(_HEAD, start)
    page.print_area(0, 0, end + int(overlaps), len(headings) - 1)


def _figures(paper: ProgrammeFile, lines: Iterable[WorkLine]) -> list[tuple[Any, str]]:
    lines = list(lines)
    estates: list[EstateOnPaper] = list({line.estate.key: line.estate for line in lines}.values())
    area = round(sum(estate.floor_area_m2 or 0.0 for estate in estates) / 10_000, 6)
    return [
        (len(estates), "count"),
        (sum(estate.buildings or 0 for estate in estates), "count"),
        (sum(estate.households or 0 for estate in estates), "count"),
        (area, "wan"),
        (len(lines), "count"),
        (paper.sum(sum(line.facts.cost for line in lines)), "wan"),
    ]


def _pots(book: _Book, title: str) -> None:
    """Write what each pot had, spends and keeps, and what comes from elsewhere."""
    paper = book.paper
    names = ("pot", "year", "level", "owner", "works", "amount", "carried", "before", "spent", "left")
    headings = [paper.phrase("column.number"), *(paper.phrase(f"column.{name}") for name in names)]
    page = book.page(
        paper.phrase("rollup.by_pot"), title, headings, [6, 24, 8, 14, 18, 8, 14, 14, 14, 14, 14], size=_A4
    )
    for row, pot in enumerate(paper.pots, _HEAD):
        used = sum(any(name == pot.id and money for name, money in line.payments) for line in paper.works)
        values = (
            (row - _HEAD + 1, "plain"), (pot.name, ""), (pot.year, "plain"), (kind_name(paper, pot.level), ""),
            (pot.owner, ""), (used, "count"), (paper.sum(pot.amount), "wan"), (paper.sum(pot.carried), "wan"),
            (paper.sum(pot.before), "wan"), (paper.sum(pot.spent), "wan"),
        )  # fmt: skip
        for column, (value, kind) in enumerate(values):
            book.write(page, row, column, value, kind)
        had, before, spent = (xl_rowcol_to_cell(row, column) for column in (6, 8, 9))
        page.write_formula(
            row, 10, f"=ROUND({had}-{before}-{spent},6)", book.formats["wan"], float(paper.sum(pot.left))
        )
    end = _HEAD + len(paper.pots)
    page.write_string(end, 0, paper.phrase("total"), book.bold)
    for column in range(1, 6):
        page.write_blank(end, column, None, book.bold)
    for column, name in enumerate(("amount", "carried", "before", "spent", "left"), start=6):
        _sum(page, book, end, column, _HEAD, end - 1, paper.sum(sum(getattr(pot, name) for pot in paper.pots)))
    page.freeze_panes(_HEAD, 2)
    page.print_area(0, 0, end, len(headings) - 1)
