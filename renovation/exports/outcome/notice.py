"""The public notice 公示 of a poll's outcome: a Word file to edit, or a page to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from renovation.exports.files.official import DOCX, Block, Heading, OfficialPaper, PaperTable, Paragraph, official_docx
from renovation.exports.print.counts import COUNT_WIDTHS, CountTable
from renovation.text import text

HTML = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A project's line: everything is already words."""

    rank: str
    number: str
    name: str
    votes: str
    cost: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is announced; no personal data may stand in it.

    ``before`` and ``after`` the projects are (heading, sentences).
    """

    title: str
    opening: str
    counts: CountTable | None
    before: Sequence[tuple[str, Sequence[str]]]
    chosen: Sequence[NoticeLine]
    others: Sequence[NoticeLine]
    after: Sequence[tuple[str, Sequence[str]]]
    office: str
    day: date
    warning: str = ""
    language: str = "zh-CN"


_COLUMNS = ("rank", "number", "name", "votes", "cost", "reason")
_WIDTHS_MM = (10, 10, 34, 15, 19, 68)
_NUMBERS = ("rank", "number", "votes", "cost")
_NUMERALS = "一二三四五六七八"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numbers: frozenset[int]
    last_is_total: bool = False


def _parts(notice: Notice) -> list[str | _Table | tuple[str]]:
    """Return the notice in order: (heading,), sentence or table; only what is there is numbered."""
    language = notice.language
    headings = [text(f"notice.column.{name}", language) for name in _COLUMNS]

    def table(lines: Sequence[NoticeLine]) -> _Table:
        return _Table(
            headings=headings,
            rows=[[getattr(line, name) for name in _COLUMNS] for line in lines],
            widths=_WIDTHS_MM,
            numbers=frozenset(map(_COLUMNS.index, _NUMBERS)),
        )

    sections: list[tuple[str, Sequence[str | _Table]]] = list(notice.before)
    if (counts := notice.counts) is not None:
        numbers = frozenset(range(2, len(counts.headings)))
        found = _Table(
            headings=counts.headings, rows=counts.rows, widths=COUNT_WIDTHS, numbers=numbers, last_is_total=True
        )
        sections.append((text("notice.count.heading", language), [found, *counts.notes]))
    for key, lines in (("notice.chosen", notice.chosen), ("notice.others", notice.others)):
        if lines:
            sections.append((text(key, language), [table(lines)]))
    parts: list[str | _Table | tuple[str]] = [notice.opening]
    for place, (heading, inside) in enumerate([*sections, *notice.after]):
        number = _NUMERALS[place] if language == "zh-CN" else place + 1
        parts += [(text("notice.numbered", language, number=number, heading=heading),), *inside]
    return parts


def _html(part: str | _Table | tuple[str]) -> str:
    if isinstance(part, tuple):
        return f"<h2>{escape(part[0])}</h2>"
    if isinstance(part, str):
        return f"<p>{escape(part)}</p>"
    head = "".join(f"<th>{escape(label)}</th>" for label in part.headings)
    kinds = ["number" if at in part.numbers else "words" for at in range(len(part.headings))]
    rows = "".join(
        "<tr>"
        + "".join(f'<td class="{kind}">{escape(cell)}</td>' for kind, cell in zip(kinds, row, strict=True))
        + "</tr>"
        for row in part.rows
    )
    widths = "".join(f'<col style="width:{width / sum(part.widths):.1%}">' for width in part.widths)
    kind = ' class="sum"' if part.last_is_total else ""
    return f"<table{kind}><colgroup>{widths}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def notice_html(notice: Notice) -> tuple[str, str, bytes]:
    """Return the notice as one self-contained A4 page for the browser's print dialogue."""
    parts = map(_html, _parts(notice))
    day = text("notice.day", notice.language, day=notice.day)
    warning = f'<p class="warning">{escape(notice.warning)}</p>' if notice.warning else ""
    page = f"""<!DOCTYPE html>
<html lang="{notice.language}"><head><meta charset="utf-8"><title>{escape(notice.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
@page {{ size: A4; margin: 16mm 15mm 14mm; }}
body {{ font: 11pt/1.5 FangSong, "仿宋", STFangsong, "Noto Serif CJK SC", "Noto Sans CJK SC", serif; color: #000;
  max-width: 180mm; margin: 8mm auto; padding: 0 4mm; }}
h1 {{ margin: .2em 0 .5em; font: 700 18pt/1.3 SimSun, "宋体", "Noto Serif CJK SC", "Noto Sans CJK SC", serif;
  text-align: center; }}
h2 {{ font: 700 12pt/1.4 SimHei, "黑体", "Noto Sans CJK SC", sans-serif; break-after: avoid; margin: .7em 0 .2em; }}
p {{ text-indent: 2em; margin: .1em 0; }}
.warning {{ text-indent: 0; text-align: center; border: 1.5px solid #000; font-weight: 700; padding: 1mm; }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed; font-size: 9.5pt; line-height: 1.3; }}
th, td {{ border: 1px solid #000; padding: .5mm 1mm; vertical-align: top; overflow-wrap: anywhere; }}
th {{ font-family: SimHei, "黑体", "Noto Sans CJK SC", sans-serif; white-space: nowrap; }}
thead {{ display: table-header-group; }}
tr {{ break-inside: avoid; }}
.number {{ text-align: right; }}
.sum tr:last-child td {{ font-weight: 700; }}
.sum th {{ white-space: normal; }}
.signed {{ text-indent: 0; margin-top: 1.5em; break-inside: avoid; }}
.print {{ position: fixed; right: 4mm; top: 4mm; font: 16px sans-serif; padding: 8px 16px; }}
@media print {{ .print {{ display: none; }} }}
.sign {{ text-align: right; text-indent: 0; margin-top: 1em; break-inside: avoid; }}
</style></head><body>
<button class="print" onclick="window.print()">{escape(text("notice.print", notice.language))}</button>
{warning}<h1>{escape(notice.title)}</h1>
{"".join(parts)}
<p class="signed">{escape(text("notice.signed", notice.language))}</p>
<p class="sign">{escape(notice.office)}<br>{escape(day)}</p>
</body></html>
"""
    return ("notice.html", HTML, page.encode())


def notice_docx(notice: Notice) -> tuple[str, str, bytes]:
    """Return the notice as a Word file; equal notices give equal bytes (no clock inside but the stated day)."""

    width = sum(_WIDTHS_MM)

    def block(part: str | _Table | tuple[str]) -> Block:
        if isinstance(part, tuple):
            return Heading(part[0])
        if isinstance(part, str):
            return Paragraph(part)
        return PaperTable(
            headings=part.headings,
            rows=part.rows,
            widths=[one * width / sum(part.widths) for one in part.widths],
            numbers=part.numbers,
            points=9,
            last_is_total=part.last_is_total,
        )

    blocks = [*map(block, _parts(notice)), Paragraph(text("notice.signed", notice.language))]
    made = official_docx(
        OfficialPaper(
            title=notice.title,
            blocks=blocks,
            office=notice.office,
            day=notice.day,
            day_words=text("notice.day", notice.language, day=notice.day),
            warning=notice.warning,
        )
    )
    return ("notice.docx", DOCX, made[2])
