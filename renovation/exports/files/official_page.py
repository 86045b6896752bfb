"""The same documents as one self-contained A4 page, for the browser's print dialogue."""

from __future__ import annotations

from html import escape

from renovation.exports.files.official import Block, Heading, OfficialPaper, PaperTable
from renovation.exports.files.tables import Exported, file_stem
from renovation.text import text

HTML = "text/html"
_STYLE = """
@page { size: A4; margin: 16mm 15mm 14mm; }
body { font: 11pt/1.5 FangSong, "仿宋", STFangsong, "Noto Serif CJK SC", "Noto Sans CJK SC", serif; color: #000;
  max-width: 180mm; margin: 8mm auto; padding: 0 4mm; }
h1 { margin: .2em 0 .5em; font: 700 1.6em/1.3 SimSun, "宋体", "Noto Serif CJK SC", "Noto Sans CJK SC", serif;
  text-align: center; text-wrap: balance; }
h2 { font: 700 1.1em/1.4 SimHei, "黑体", "Noto Sans CJK SC", sans-serif; break-after: avoid; margin: .7em 0 .2em; }
p { text-indent: 2em; margin: .1em 0; }
.warning { text-indent: 0; text-align: center; border: 1.5px solid #000; font-weight: 700; padding: 1mm; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; font-size: .87em; line-height: 1.3; }
th, td { border: 1px solid #000; padding: .5mm 1mm; vertical-align: top; overflow-wrap: anywhere; }
th { font-family: SimHei, "黑体", "Noto Sans CJK SC", sans-serif; white-space: nowrap; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
.number { text-align: right; }
.sum tr:last-child td { font-weight: 700; }
.sum th { white-space: normal; }
:lang(en) body, :lang(en) h1 { font-family: "Times New Roman", "Liberation Serif", "Noto Serif CJK SC", serif; }
:lang(en) td { overflow-wrap: break-word; }
:lang(en) .sum td { font-size: .85em; }
:lang(en) th { white-space: normal; overflow-wrap: normal; font-size: .72em; }
.print { display: block; margin: 0 0 4mm auto; font: 16px sans-serif; padding: 8px 16px; }
@media print { .print { display: none; } }
.sign { text-align: right; text-indent: 0; margin-top: 1em; break-inside: avoid; }
"""
#: The largest type that takes no page more than need be, so that no sheet ends in an all but empty page.
_FIT = """
addEventListener("load", () => {
  const body = document.body, mm = 96 / 25.4
  body.style.width = "172mm"
  const pages = size => { body.style.fontSize = size + "pt"; return Math.ceil(body.offsetHeight / (258 * mm)) }
  const sizes = [...Array(13).keys()].map(step => 13 - step / 4)
  const fewest = Math.min(...sizes.map(pages))
  pages(sizes.find(size => pages(size) === fewest))
  body.style.width = ""
})
"""


def official_page(paper: OfficialPaper, language: str) -> Exported:
    """Return the document as a page; equal documents give equal bytes."""
    warning = f'<p class="warning">{escape(paper.warning)}</p>' if paper.warning else ""
    page = f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{escape(paper.title)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{_STYLE}</style><script>{_FIT}</script></head><body>
<button class="print" onclick="window.print()">{escape(text("notice.print", language))}</button>
{warning}<h1>{escape(paper.title)}</h1>
{"".join(map(_block, paper.blocks))}
<p class="sign">{escape(paper.office)}<br>{escape(paper.day_words)}</p>
</body></html>
"""
    return f"{file_stem(paper.title)}.html", HTML, page.encode()


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h2>{escape(block.words)}</h2>"
    if isinstance(block, PaperTable):
        return _table(block)
    return f"<p>{escape(block.words)}</p>"


def _table(table: PaperTable) -> str:
    head = "".join(f"<th>{escape(label)}</th>" for label in table.headings)
    kinds = ["number" if at in table.numbers else "words" for at in range(len(table.headings))]
    lines = (
        "".join(f'<td class="{kind}">{escape(cell)}</td>' for kind, cell in zip(kinds, row, strict=True))
        for row in table.rows
    )
    rows = "".join(f"<tr>{line}</tr>" for line in lines)
    widths = "".join(f'<col style="width:{width / sum(table.widths):.1%}">' for width in table.widths)
    kind = ' class="sum"' if table.last_is_total else ""
    return f"<table{kind}><colgroup>{widths}</colgroup><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def numbered(sections: list[tuple[str, list[Block]]], language: str) -> list[Block]:
    """Return sections one after the other, their headings numbered as official papers do."""
    blocks: list[Block] = []
    for place, (heading, inside) in enumerate(sections):
        number = "一二三四五六七八九十"[place] if language == "zh-CN" else place + 1
        blocks += [Heading(text("notice.numbered", language, number=number, heading=heading)), *inside]
    return blocks
