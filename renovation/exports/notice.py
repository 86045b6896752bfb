"""The public notice 公示 of a poll's outcome: a Word file to edit, or a page to print.

GB/T 9704-2012 (党政机关公文格式): A4, margins 37/35/28/26 mm, title 小标宋 2号, body 仿宋 3号, headings 黑体 3号.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from html import escape
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from renovation.text import text

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
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
    from docx import Document
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    document = Document()
    stamp = datetime(notice.day.year, notice.day.month, notice.day.day, tzinfo=UTC)
    properties = document.core_properties
    properties.created = properties.modified = properties.last_printed = stamp
    properties.title, properties.author, properties.last_modified_by = notice.title, notice.office, notice.office
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)

    def write(into, words: str, font: str, size: float, *, bold: bool = False) -> None:  # type: ignore[no-untyped-def]
        run = into.add_run(words)
        run.font.name, run.font.size, run.font.bold = font, Pt(size), bold
        run._element.rPr.rFonts.set(qn("w:eastAsia"), font)

    def paragraph(words: str, font: str, size: float, *, indent: bool = True, centre: bool = False) -> None:
        made = document.add_paragraph()
        made.paragraph_format.space_after = Pt(0)
        made.paragraph_format.line_spacing = Pt(28)
        if indent:
            made.paragraph_format.first_line_indent = Pt(2 * size)
        if centre:
            made.alignment = WD_ALIGN_PARAGRAPH.CENTER
        write(made, words, font, size)

    def heading(words: str) -> None:
        paragraph(words, "黑体", 16)
        document.paragraphs[-1].paragraph_format.keep_with_next = True

    def table(lines: Sequence[NoticeLine]) -> None:
        made = document.add_table(rows=1, cols=len(_COLUMNS), style="Table Grid")
        made.autofit = False
        head = made.rows[0]
        repeat = OxmlElement("w:tblHeader")
        repeat.set(qn("w:val"), "true")
        head._tr.get_or_add_trPr().append(repeat)
        rows = [_headings(notice.language), *([getattr(line, name) for name in _COLUMNS] for line in lines)]
        for index, values in enumerate(rows):
            row = head if index == 0 else made.add_row()
            whole = OxmlElement("w:cantSplit")
            row._tr.get_or_add_trPr().append(whole)
            for place, value in enumerate(values):
                cell = row.cells[place]
                cell.width = Mm(_WIDTHS_MM[place])
                inside = cell.paragraphs[0]
                inside.paragraph_format.space_after = Pt(0)
                if _COLUMNS[place] in ("votes", "cost", "rank", "number") and index:
                    inside.alignment = WD_ALIGN_PARAGRAPH.RIGHT
                write(inside, value, "黑体" if index == 0 else "仿宋", 10.5)

    if notice.warning:
        paragraph(notice.warning, "黑体", 14, indent=False, centre=True)
    paragraph(notice.title, "方正小标宋简体", 22, indent=False, centre=True)
    paragraph(notice.opening, "仿宋", 16)
    if notice.chosen:
        heading(text("notice.chosen", notice.language))
        table(notice.chosen)
    if notice.others:
        heading(text("notice.others", notice.language))
        table(notice.others)
    for title, sentences in notice.paragraphs:
        heading(title)
        for sentence in sentences:
            paragraph(sentence, "仿宋", 16)
    for words in (notice.office, text("notice.day", notice.language, day=notice.day)):
        paragraph(words, "仿宋", 16, indent=False)
        document.paragraphs[-1].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _number_pages(document)
    buffer = BytesIO()
    document.save(buffer)
    return ("notice.docx", DOCX, _without_clock(buffer.getvalue()))


def _number_pages(document) -> None:  # type: ignore[no-untyped-def]
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    footer = document.sections[0].footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    run = footer.add_run()
    for kind, words in (("begin", None), (None, "PAGE"), ("end", None)):
        if kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.text = words
        run._r.append(element)


def _without_clock(content: bytes) -> bytes:
    """Rewrite a ZIP with every member dated 1980-01-01, so that equal inputs give equal files."""
    out = BytesIO()
    with ZipFile(BytesIO(content)) as source, ZipFile(out, "w", ZIP_DEFLATED) as target:
        for member in source.infolist():
            target.writestr(ZipInfo(member.filename), source.read(member), ZIP_DEFLATED)
    return out.getvalue()
