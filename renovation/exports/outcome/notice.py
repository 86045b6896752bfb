"""The public notice 公示 of a poll's outcome: a Word file to edit, or a page to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape

from renovation.exports.files.official import DOCX, Block, Heading, OfficialPaper, PaperTable, Paragraph, official_docx
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
    result: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is announced. ``paragraphs`` are (heading, sentences); no personal data may stand in them."""

    title: str
    opening: str
    chosen: Sequence[NoticeLine]
    others: Sequence[NoticeLine]
    paragraphs: Sequence[tuple[str, Sequence[str]]]
    office: str
    day: date
    warning: str = ""
    language: str = "zh-CN"


_COLUMNS = ("rank", "number", "name", "votes", "cost", "result", "reason")
_WIDTHS_MM = (12, 12, 36, 14, 21, 15, 46)


def _headings(language: str) -> list[str]:
    return [text(f"notice.column.{name}", language) for name in _COLUMNS]


def notice_html(notice: Notice) -> tuple[str, str, bytes]:
    """Return the notice as one self-contained A4 page for the browser's print dialogue."""

    def table(lines: Sequence[NoticeLine]) -> str:
        head = "".join(f"<th>{escape(label)}</th>" for label in _headings(notice.language))
        rows = "".join(
            "<tr>" + "".join(f'<td class="{name}">{escape(getattr(line, name))}</td>' for name in _COLUMNS) + "</tr>"
            for line in lines
        )
        widths = "".join(f'<col style="width:{width / sum(_WIDTHS_MM):.1%}">' for width in _WIDTHS_MM)
        return f"<table><colgroup>{widths}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"

    parts = [f"<p>{escape(notice.opening)}</p>"]
    if notice.chosen:
        parts += [f"<h2>{escape(text('notice.chosen', notice.language))}</h2>", table(notice.chosen)]
    if notice.others:
        parts += [f"<h2>{escape(text('notice.others', notice.language))}</h2>", table(notice.others)]
    for heading, sentences in notice.paragraphs:
        parts.append(f"<h2>{escape(heading)}</h2>")
        parts += [f"<p>{escape(sentence)}</p>" for sentence in sentences]
    day = text("notice.day", notice.language, day=notice.day)
    warning = f'<p class="warning">{escape(notice.warning)}</p>' if notice.warning else ""
    page = f"""<!DOCTYPE html>
<html lang="{notice.language}"><head><meta charset="utf-8"><title>{escape(notice.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
@page {{ size: A4; margin: 25mm 22mm; }}
body {{ font: 12pt/1.7 FangSong, "仿宋", STFangsong, "Noto Serif CJK SC", "Noto Sans CJK SC", serif; color: #000;
  max-width: 166mm; margin: 8mm auto; padding: 0 4mm; }}
h1 {{ font: 700 20pt/1.4 SimSun, "宋体", "Noto Serif CJK SC", "Noto Sans CJK SC", serif; text-align: center; }}
h2 {{ font: 700 13pt/1.5 SimHei, "黑体", "Noto Sans CJK SC", sans-serif; break-after: avoid; margin: 1em 0 .3em; }}
p {{ text-indent: 2em; margin: .2em 0; }}
.warning {{ text-indent: 0; text-align: center; border: 1.5px solid #000; font-weight: 700; padding: 1mm; }}
table {{ border-collapse: collapse; width: 100%; table-layout: fixed; font-size: 10.5pt; line-height: 1.4; }}
th, td {{ border: 1px solid #000; padding: 1mm 1.2mm; vertical-align: top; overflow-wrap: anywhere; }}
th {{ font-family: SimHei, "黑体", "Noto Sans CJK SC", sans-serif; white-space: nowrap; }}
thead {{ display: table-header-group; }}
tr {{ break-inside: avoid; }}
.votes, .cost, .rank, .number {{ text-align: right; }}
.print {{ position: fixed; right: 4mm; top: 4mm; font: 16px sans-serif; padding: 8px 16px; }}
@media print {{ .print {{ display: none; }} }}
.sign {{ text-align: right; text-indent: 0; margin-top: 2em; break-inside: avoid; }}
</style></head><body>
<button class="print" onclick="window.print()">{escape(text("notice.print", notice.language))}</button>
{warning}<h1>{escape(notice.title)}</h1>
{"".join(parts)}
<p class="sign">{escape(notice.office)}<br>{escape(day)}</p>
</body></html>
"""
    return ("notice.html", HTML, page.encode())


def notice_docx(notice: Notice) -> tuple[str, str, bytes]:
    """Return the notice as a Word file; equal notices give equal bytes (no clock inside but the stated day)."""

    def table(lines: Sequence[NoticeLine]) -> PaperTable:
        return PaperTable(
            headings=_headings(notice.language),
            rows=[[getattr(line, name) for name in _COLUMNS] for line in lines],
            widths=_WIDTHS_MM,
            numbers=frozenset(_COLUMNS.index(name) for name in ("votes", "cost", "rank", "number")),
        )

    blocks: list[Block] = [Paragraph(notice.opening)]
    for key, lines in (("notice.chosen", notice.chosen), ("notice.others", notice.others)):
        if lines:
            blocks += [Heading(text(key, notice.language)), table(lines)]
    for title, sentences in notice.paragraphs:
        blocks += [Heading(title), *map(Paragraph, sentences)]
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
