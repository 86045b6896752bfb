"""The fact sheet 小区基本情况表 of one estate as a page to print."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from renovation.exports.files.tables import Exported, file_stem

HTML = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateSheet:
    """What the sheet says; everything is already words.

    ``facts`` are (label, value); each table is (heading, column headings, rows); ``photos`` are (words below it, JPEG).
    """

    title: str
    name: str
    trail: str
    facts: Sequence[tuple[str, str]]
    tables: Sequence[tuple[str, Sequence[str], Sequence[Sequence[str]]]]
    footer: Sequence[str]
    button: str
    photos_heading: str = ""
    photos: Sequence[tuple[str, bytes]] = ()
    warning: str = ""
    language: str = "zh-CN"


def estate_sheet_html(sheet: EstateSheet) -> Exported:
    """Return the sheet as one self-contained A4 page for the browser's print dialogue."""
    cells = [f"<th>{escape(label)}</th><td>{escape(value)}</td>" for label, value in sheet.facts]
    # Two facts a line, as the paper form has them.
    pairs = ["".join(cells[at : at + 2]) for at in range(0, len(cells), 2)]
    if len(cells) % 2:
        pairs[-1] = pairs[-1].replace("<td>", '<td colspan="3">')
    facts = "".join(f"<tr>{pair}</tr>" for pair in pairs)
    tables = "".join(_table(*table) for table in sheet.tables)
    photos = _photos(sheet.photos_heading, sheet.photos) if sheet.photos else ""
    warning = f'<p class="warning">{escape(sheet.warning)}</p>' if sheet.warning else ""
    footer = "".join(f"<p>{escape(line)}</p>" for line in sheet.footer)
    page = f"""<!DOCTYPE html>
<html lang="{sheet.language}"><head><meta charset="utf-8"><title>{escape(sheet.name)}　{escape(sheet.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
@page {{ size: A4; margin: 18mm 16mm; }}
body {{ font: 10.5pt/1.5 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #000;
  max-width: 178mm; margin: 8mm auto; padding: 0 4mm; }}
h1 {{ font-size: 18pt; text-align: center; margin: 0 0 2mm; }}
h2 {{ font-size: 12pt; margin: 5mm 0 2mm; break-after: avoid; }}
.where {{ text-align: center; margin: 0 0 4mm; }}
.warning {{ text-align: center; border: 1.5px solid #000; font-weight: 700; padding: 1mm; }}
table {{ border-collapse: collapse; width: 100%; }}
th, td {{ border: 1px solid #000; padding: 1mm 1.5mm; text-align: left; vertical-align: top; overflow-wrap: anywhere; }}
.facts th {{ width: 19%; background: #f2f2f2; font-weight: 600; }}
.facts td {{ width: 31%; }}
thead {{ display: table-header-group; }}
tr {{ break-inside: avoid; }}
.photos {{ display: grid; grid-template-columns: 1fr 1fr; gap: 4mm; }}
figure {{ margin: 0; break-inside: avoid; }}
img {{ width: 100%; height: 60mm; object-fit: contain; border: 1px solid #999; }}
footer {{ margin-top: 4mm; font-size: 9pt; }}
footer p {{ margin: 0; }}
.print {{ display: block; margin: 0 0 4mm auto; font: 16px sans-serif; padding: 8px 16px; }}
@media print {{ .print {{ display: none; }} }}
</style></head><body>
<button class="print" onclick="window.print()">{escape(sheet.button)}</button>
{warning}<h1>{escape(sheet.title)}</h1>
<p class="where"><strong>{escape(sheet.name)}</strong>　{escape(sheet.trail)}</p>
<table class="facts"><tbody>{facts}</tbody></table>
{tables}
{photos}
<footer>{footer}</footer>
</body></html>
"""
    return f"{file_stem(f'{sheet.name}{sheet.title}')}.html", HTML, page.encode()


def _photos(heading: str, photos: Sequence[tuple[str, bytes]]) -> str:
    figures = "".join(
        f'<figure><img src="data:image/jpeg;base64,{b64encode(jpeg).decode()}" alt="{escape(words, quote=True)}">'
        f"<figcaption>{escape(words)}</figcaption></figure>"
        for words, jpeg in photos
    )
    # A grid breaks between pages row by row; the heading stays with the first.
    return f'<h2>{escape(heading)}</h2><div class="photos">{figures}</div>'


def _table(heading: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    head = "".join(f"<th>{escape(column)}</th>" for column in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<h2>{escape(heading)}</h2><table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
