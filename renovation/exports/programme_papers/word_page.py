"""One printed page as a small Word file, written straight as Office Open XML (ECMA-376).

A programme has hundreds of such pages; each carries only what stands on it and is there in a millisecond.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from xml.sax.saxutils import escape, quoteattr

#: Twentieths of a point, and English metric units, per millimetre.
_TWENTIETHS, _EMU = 1440 / 25.4, 36_000
_NO_TIME = (1980, 1, 1, 0, 0, 0)
_MAIN = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_FORMATS = {"PNG": "png", "JPEG": "jpeg"}


def _twentieths(mm: float) -> int:
    return round(mm * _TWENTIETHS)


class WordPage:
    """An A4 page: paragraphs, tables and pictures in the order they are added."""

    def __init__(self, *, margin_mm: float) -> None:
        self._margin = _twentieths(margin_mm)
        self._body: list[str] = []
        self._pictures: list[tuple[str, bytes]] = []

    def say(
        self,
        words: str,
        *,
        font: str,
        size: float,
        before: float = 0,
        after: float = 2,
        align: str = "left",
        with_next: bool = False,
    ) -> None:
        """Add a paragraph; sizes in points."""
        self._body.append(self.paragraph(words, font, size, before, after, align=align, with_next=with_next))

    @staticmethod
    def paragraph(
        words: str,
        font: str,
        size: float,
        before: float = 1,
        after: float = 1,
        *,
        align: str = "left",
        with_next: bool = False,
    ) -> str:
        """Return a paragraph, to stand in a cell."""
        name = quoteattr(font)
        return (
            f"<w:p><w:pPr>{'<w:keepNext/>' * with_next}"
            f'<w:spacing w:before="{before * 20:.0f}" w:after="{after * 20:.0f}" w:line="288" w:lineRule="auto"/>'
            f'<w:jc w:val="{align}"/></w:pPr><w:r><w:rPr>'
            f'<w:rFonts w:ascii={name} w:hAnsi={name} w:eastAsia={name}/><w:sz w:val="{size * 2:.0f}"/></w:rPr>'
            f'<w:t xml:space="preserve">{escape(_NO_XML.sub("", words))}</w:t></w:r></w:p>'
        )

    def table(
        self,
        widths: Sequence[float],
        rows: Sequence[Sequence[str]],
        *,
        height_mm: float = 0,
        exact: bool = False,
    ) -> None:
        """Add a table of cells from :meth:`paragraph` or :meth:`picture`; widths in millimetres.

        The last row is ``height_mm`` high, and not a hair more if ``exact``.
        """
        columns = [_twentieths(width) for width in widths]
        edges = "".join(
            f'<w:{edge} w:val="single" w:sz="4" w:space="0" w:color="000000"/>'
            for edge in ("top", "left", "bottom", "right", "insideH", "insideV")
        )
        grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in columns)
        made = []
        for number, row in enumerate(rows):
            is_high = height_mm and number == len(rows) - 1
            rule = "exact" if exact else "atLeast"
            height = f'<w:trHeight w:val="{_twentieths(height_mm)}" w:hRule="{rule}"/>' if is_high else ""
            cells = "".join(
                f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>{cell}</w:tc>'
                for width, cell in zip(columns, row, strict=True)
            )
            made.append(f"<w:tr><w:trPr><w:cantSplit/>{height}</w:trPr>{cells}</w:tr>")
        self._body.append(
            f'<w:tbl><w:tblPr><w:tblW w:w="{sum(columns)}" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
            f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>'
            f"{grid}</w:tblGrid>{''.join(made)}</w:tbl>"
        )

    def picture(self, content: bytes, *, width_mm: float, height_mm: float) -> str | None:
        """Return a picture reduced to a frame, to stand in a cell; ``None`` when the bytes are no JPEG or PNG."""
        from PIL import Image, UnidentifiedImageError

        try:
            with Image.open(io.BytesIO(content)) as image:
                (wide, high), kind = image.size, _FORMATS.get(image.format or "")
        except (UnidentifiedImageError, OSError):
            return None
        if kind is None:
            return None
        self._pictures.append((kind, content))
        number = len(self._pictures)
        share = min(width_mm / wide, height_mm / high)
        size = f'cx="{round(wide * share * _EMU)}" cy="{round(high * share * _EMU)}"'
        return (
            '<w:p><w:pPr><w:jc w:val="center"/></w:pPr><w:r><w:drawing>'
            f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent {size}/>'
            f'<wp:docPr id="{number}" name="{number}"/><a:graphic><a:graphicData uri="{_DRAWING}/picture"><pic:pic>'
            f'<pic:nvPicPr><pic:cNvPr id="{number}" name="{number}"/><pic:cNvPicPr/></pic:nvPicPr>'
            f'<pic:blipFill><a:blip r:embed="p{number}"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill>'
            f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext {size}/></a:xfrm><a:prstGeom prst="rect"><a:avLst/>'
            "</a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
        )

    def docx(self, *, title: str, author: str, day: date) -> bytes:
        """Return the file, dated as stated."""
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in self._parts(title, author, day).items():
                entry = zipfile.ZipInfo(name, _NO_TIME)
                entry.create_system = 3
                archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
        return buffer.getvalue()

    def _parts(self, title: str, author: str, day: date) -> dict[str, str | bytes]:
        margin = "".join(f' w:{side}="{self._margin}"' for side in ("top", "right", "bottom", "left"))
        spaces = f'xmlns:w="{_MAIN}" xmlns:r="{_OFFICE}" xmlns:wp="{_DRAWING}/wordprocessingDrawing"'
        spaces += f' xmlns:a="{_DRAWING}/main" xmlns:pic="{_DRAWING}/picture"'
        media = [f"media/p{number}.{kind}" for number, (kind, _) in enumerate(self._pictures, 1)]
        kinds = "".join(
            f'<Default Extension="{kind}" ContentType="image/{kind}"/>'
            for kind in sorted({k for k, _ in self._pictures})
        )
        word, core = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main", "core-properties"
        links = "".join(
            f'<Relationship Id="p{number}" Type="{_OFFICE}/image" Target="{name}"/>'
            for number, name in enumerate(media, 1)
        )
        said, who = (escape(_NO_XML.sub("", words)) for words in (title, author))
        parts: dict[str, str | bytes] = {
            "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Default Extension="xml" ContentType="application/xml"/>{kinds}'
            f'<Override PartName="/word/document.xml" ContentType="{word}+xml"/>'
            f'<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.{core}+xml"/>'
            "</Types>",
            "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
            f'<Relationship Id="d" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/><Relationship Id="c" '
            f'Type="{_PACKAGE}/relationships/metadata/{core}" Target="docProps/core.xml"/></Relationships>',
            "docProps/core.xml": f'{_HEAD}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/{core}" '
            'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
            f'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><dc:title>{said}</dc:title><dc:creator>{who}'
            f'</dc:creator><dcterms:created xsi:type="dcterms:W3CDTF">{day.isoformat()}T00:00:00Z</dcterms:created>'
            "</cp:coreProperties>",
            "word/_rels/document.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{links}'
            "</Relationships>",
            "word/document.xml": f"{_HEAD}<w:document {spaces}><w:body>{''.join(self._body)}<w:sectPr>"
            f'<w:pgSz w:w="11906" w:h="16838"/><w:pgMar{margin} w:header="0" w:footer="0" w:gutter="0"/></w:sectPr>'
            "</w:body></w:document>",
        }
        parts |= {f"word/{name}": content for name, (_, content) in zip(media, self._pictures, strict=True)}
        return parts
