"""One printed page as a Word file: paragraphs, and tables of words and pictures."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from renovation.exports.files.official import keep_whole, new_document, saved, write

_FORMATS = frozenset({"PNG", "JPEG"})
_LINES_APART = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A paragraph; sizes and distances in points."""

    words: str
    font: str
    size: float
    before: float = 1
    after: float = 1
    align: str = "left"
    with_next: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture as wide and high as it stands on paper, in millimetres."""

    content: bytes
    width_mm: float
    height_mm: float


def fitted(content: bytes, *, width_mm: float, height_mm: float) -> Picture | None:
    """Return a picture reduced or enlarged to a frame; ``None`` when the bytes are no JPEG or PNG."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content)) as image:
            (wide, high), kind = image.size, image.format
    except (UnidentifiedImageError, OSError):
        return None
    if kind not in _FORMATS:
        return None
    share = min(width_mm / wide, height_mm / high)
    return Picture(content=content, width_mm=wide * share, height_mm=high * share)


class WordPage:
    """An A4 page: paragraphs and tables in the order they are added."""

    def __init__(self, title: str, *, office: str, day: date, margin_mm: float) -> None:
        from docx.shared import Mm

        self._document = new_document(title, office, day)
        page = self._document.sections[0]
        page.top_margin = page.bottom_margin = page.left_margin = page.right_margin = Mm(margin_mm)
        page.header_distance = page.footer_distance = 0

    def say(self, words: Words) -> None:
        """Add a paragraph."""
        _fill(self._document.add_paragraph(), words)

    def table(
        self,
        widths: Sequence[float],
        rows: Sequence[Sequence[Words | Picture]],
        *,
        height_mm: float = 0,
        exact: bool = False,
    ) -> None:
        """Add a table; widths in millimetres. The last row is ``height_mm`` high, and not a hair more if ``exact``."""
        from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_ROW_HEIGHT_RULE
        from docx.shared import Mm

        made = self._document.add_table(rows=len(rows), cols=len(widths), style="Table Grid")
        made.autofit = False
        for column, width in zip(made.columns, widths, strict=True):
            column.width = Mm(width)
        for row, values in zip(made.rows, rows, strict=True):
            keep_whole(row)
            for cell, width, value in zip(row.cells, widths, values, strict=True):
                cell.width = Mm(width)
                cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.CENTER
                _fill(cell.paragraphs[0], value)
        if height_mm:
            last = made.rows[-1]
            last.height = Mm(height_mm)
            last.height_rule = WD_ROW_HEIGHT_RULE.EXACTLY if exact else WD_ROW_HEIGHT_RULE.AT_LEAST

    def docx(self) -> bytes:
        """Return the file; equal pages give equal bytes."""
        return saved(self._document)


def _fill(paragraph: Any, value: Words | Picture) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm, Pt

    layout = paragraph.paragraph_format
    if isinstance(value, Picture):
        layout.alignment = WD_ALIGN_PARAGRAPH.CENTER
        layout.space_before = layout.space_after = 0
        picture = io.BytesIO(value.content)
        paragraph.add_run().add_picture(picture, width=Mm(value.width_mm), height=Mm(value.height_mm))
        return
    layout.alignment = getattr(WD_ALIGN_PARAGRAPH, value.align.upper())
    layout.space_before, layout.space_after = Pt(value.before), Pt(value.after)
    layout.line_spacing = _LINES_APART
    layout.keep_with_next = value.with_next or None
    write(paragraph, value.words, value.font, value.size)
