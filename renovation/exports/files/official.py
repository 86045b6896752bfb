"""Word files in the layout of official documents, GB/T 9704-2012 (党政机关公文格式).

A4, margins 37/35/28/26 mm, title 小标宋 22 pt, body 仿宋 16 pt on 28 pt lines, headings 黑体 and 楷体, page numbers
outside: right on odd pages, left on even ones. What is posted on a wall, where two pages hang beside each other, is set
closer: 12 pt on 18 pt lines, margins of 20 mm.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from renovation.exports.files.tables import Exported, file_stem
from renovation.model.canonical import pack

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: What no XML file may hold.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_TITLE, _BODY, _HEADING, _SUBHEADING, _FOLIO = "方正小标宋简体", "仿宋", "黑体", "楷体", "宋体"
#: Of papers in English: the letters of Chinese types are as wide as each other.
_LATIN = "Times New Roman"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Layout:
    """Margins in millimetres (top, bottom, left, right), also beside a cell's words; type and lines in points.

    Tables of at most ``whole`` rows stay on one page; longer ones break between rows.
    """

    margins: tuple[float, float, float, float]
    title: float
    body: float
    line: float
    folio: float
    whole: int
    beside: float


_FILED = _Layout(margins=(37, 35, 28, 26), title=22, body=16, line=28, folio=14, whole=12, beside=1.9)
_POSTED = _Layout(margins=(20, 20, 20, 20), title=18, body=12, line=18, folio=10.5, whole=6, beside=1)
_PAGE_MM = 210


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the first (一、) or second level (（一）)."""

    words: str
    level: int = 1


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of the body."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperTable:
    """A table whose head repeats on every page and whose rows stay whole.

    Attributes
    ----------
    widths
        In proportion; together they fill the line.
    numbers
        Columns set to the right.
    points
        Size of the type: 五号 10.5, for wide tables 小五 9.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    numbers: frozenset[int] = frozenset()
    points: float = 10.5
    last_is_total: bool = False


Block = Heading | Paragraph | PaperTable


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialPaper:
    """A document: everything is already words.

    ``posted`` is what hangs on a wall: the closer layout. ``latin`` is one in letters, not in characters.
    """

    title: str
    blocks: Sequence[Block]
    office: str
    day: date
    day_words: str
    addressee: str = ""
    warning: str = ""
    posted: bool = False
    latin: bool = False


def official_docx(paper: OfficialPaper) -> Exported:
    """Return the document as a Word file; equal documents give equal bytes."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    layout = _POSTED if paper.posted else _FILED
    document = new_document(paper.title, paper.office, paper.day)
    page = document.sections[0]
    page.top_margin, page.bottom_margin, page.left_margin, page.right_margin = map(Mm, layout.margins)
    page.footer_distance = Mm(layout.margins[1] - 9)
    latin = _LATIN if paper.latin else ""
    # Letters are smaller than characters, and need less room between lines.
    put = partial(_paragraph, document, line=layout.line * (3 / 4 if latin else 1), latin=latin)
    centre, right = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.RIGHT
    if paper.warning:
        put(paper.warning, _HEADING, layout.body - 2, indent=False, align=centre)
    made = put(paper.title, _TITLE, layout.title, indent=False, align=centre, after=layout.line / 2)
    made.paragraph_format.line_spacing = Pt(1.5 * layout.title)
    if paper.addressee:
        put(paper.addressee, _BODY, layout.body, indent=False)
    for block in paper.blocks:
        if isinstance(block, PaperTable):
            _table(document, block, layout, latin)
        elif isinstance(block, Heading):
            made = put(block.words, _HEADING if block.level == 1 else _SUBHEADING, layout.body)
            made.paragraph_format.keep_with_next = True
        else:
            made = put(block.words, _BODY, layout.body)
            # A signature, and the line for names before it, never stand alone on a page.
            made.paragraph_format.keep_with_next = any(block is one for one in paper.blocks[-2:])
    made = put(paper.office, _BODY, layout.body, indent=False, align=right, before=layout.line)
    made.paragraph_format.keep_with_next = True
    put(paper.day_words, _BODY, layout.body, indent=False, align=right)
    _number_pages(document, layout.folio)
    return f"{file_stem(paper.title)}.docx", DOCX, saved(document)


def new_document(title: str, office: str, day: date) -> Any:
    """Begin an A4 document that knows no other day than the stated one."""
    from docx import Document
    from docx.shared import Mm

    document = Document()
    stamp = datetime(day.year, day.month, day.day, tzinfo=UTC)
    properties = document.core_properties
    properties.created = properties.modified = properties.last_printed = stamp
    properties.title, properties.author, properties.last_modified_by = title, office, office
    page = document.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    return document


def saved(document: Any) -> bytes:
    """Return a document's file; equal documents give equal bytes."""
    buffer = BytesIO()
    document.save(buffer)
    return without_clock(buffer.getvalue())


def write(into: Any, words: str, font: str, size: float, *, bold: bool = False, latin: str = "") -> Any:
    """Add words to a paragraph, Chinese and Latin in one font unless another is named; sizes in points."""
    from docx.oxml.ns import qn
    from docx.shared import Pt

    run = into.add_run(_NO_XML.sub("", words))
    run.font.name, run.font.size, run.font.bold = latin or font, Pt(size), bold
    run._element.rPr.rFonts.set(qn("w:eastAsia"), font)
    return run


def _paragraph(
    document: Any,
    words: str,
    font: str,
    size: float,
    *,
    line: float,
    latin: str,
    indent: bool = True,
    align: Any = None,
    before: float = 0,
    after: float = 0,
) -> Any:
    from docx.shared import Pt

    made = document.add_paragraph()
    layout = made.paragraph_format
    layout.space_before, layout.space_after, layout.line_spacing = Pt(before), Pt(after), Pt(line)
    if indent:
        layout.first_line_indent = Pt(2 * size)
    if align is not None:
        made.alignment = align
    write(made, words, font, size, latin=latin)
    return made


def _table(document: Any, table: PaperTable, layout: _Layout, latin: str) -> None:
    from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Mm, Pt

    made = document.add_table(rows=0, cols=len(table.headings), style="Table Grid")
    made.autofit = False
    made.alignment = WD_TABLE_ALIGNMENT.CENTER
    beside = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(Mm(layout.beside).twips))
        margin.set(qn("w:type"), "dxa")
        beside.append(margin)
    # The schema has them in this order.
    made._tbl.tblPr.find(qn("w:tblLook")).addprevious(beside)
    room = _PAGE_MM - layout.margins[2] - layout.margins[3]
    widths = [Mm(width * room / sum(table.widths)) for width in table.widths]
    for column, width in zip(made.columns, widths, strict=True):
        column.width = width
    for index, values in enumerate((table.headings, *table.rows)):
        row = made.add_row()
        rules = keep_whole(row)
        if index == 0:
            repeat = OxmlElement("w:tblHeader")
            repeat.set(qn("w:val"), "true")
            rules.append(repeat)
        strong = index == 0 or (table.last_is_total and index == len(table.rows))
        for place, (cell, value) in enumerate(zip(row.cells, values, strict=True)):
            cell.width = widths[place]
            cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
            inside = cell.paragraphs[0]
            if index == 0:
                inside.alignment = WD_ALIGN_PARAGRAPH.CENTER
            elif place in table.numbers:
                inside.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            inside.paragraph_format.space_before = inside.paragraph_format.space_after = Pt(1)
            # The head stays with the first line, the total with the last one, a short table as a whole.
            inside.paragraph_format.keep_with_next = index < len(table.rows) and (
                index == 0 or len(table.rows) <= layout.whole or index == len(table.rows) - 1
            )
            # A unit in brackets goes below its heading, never half of it.
            words = value.replace("（", "\n（") if index == 0 else value
            # English names of narrow columns are long.
            points = table.points - (1.5 if index == 0 else 0.5) * bool(latin)
            write(inside, words, _HEADING if strong else _BODY, points, latin=latin, bold=bool(latin) and strong)


def keep_whole(row: Any) -> Any:
    """Let no page break go through a table's row; return the row's properties."""
    from docx.oxml import OxmlElement

    layout = row._tr.get_or_add_trPr()
    layout.append(OxmlElement("w:cantSplit"))
    return layout


def _number_pages(document: Any, points: float) -> None:
    """Put "— 1 —" outside, as GB/T 9704 has it."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, align in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        footer.is_linked_to_previous = False
        line = footer.paragraphs[0]
        line.alignment = align
        write(line, "— ", _FOLIO, points)
        _field(write(line, "", _FOLIO, points), "PAGE")
        write(line, " —", _FOLIO, points)


def _field(run: Any, name: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for kind, words in (("begin", None), (None, name), ("end", None)):
        if kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.text = words
        run._r.append(element)


def without_clock(content: bytes) -> bytes:
    """Rewrite a ZIP with every member dated 1980-01-01, so that equal inputs give equal files."""
    with ZipFile(BytesIO(content)) as source:
        return pack({name: source.read(name) for name in source.namelist()}, compressed=True)
