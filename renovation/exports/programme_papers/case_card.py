"""The case card 案例卡 of a project: before and after, the money, what residents said. One A4 page to print."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from renovation.exports.programme_papers.sheets import class_name, kind_name
from renovation.exports.programme_papers.source import ProgrammeFile, WorkLine, wan_text
from renovation.exports.tables import Exported, file_stem
from renovation.text.formats import format_date

HTML = "text/html"


@dataclass(frozen=True, slots=True, kw_only=True)
class Photo:
    """A picture as it lies in the store."""

    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a card says besides the programme. ``voices`` may be printed: they name nobody and were agreed to."""

    why: str = ""
    before: Photo | None = None
    after: Photo | None = None
    voices: Sequence[str] = ()


_STYLE = """
@page { size: A4; margin: 16mm; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { font: 11pt/1.6 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #000;
  max-width: 178mm; margin: 6mm auto; padding: 0 4mm; }
h1 { font-size: 20pt; margin: 0 0 1mm; } h2 { font-size: 13pt; margin: 5mm 0 1.5mm; break-after: avoid; }
.kind { font-size: 10pt; letter-spacing: .2em; } .where { margin: 0 0 4mm; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 4mm; }
figure { margin: 0; break-inside: avoid; } figcaption { font-weight: 700; }
.frame { height: 62mm; border: 1px solid #000; display: flex; align-items: center; justify-content: center; }
.frame img { width: 100%; height: 100%; object-fit: cover; }
table { border-collapse: collapse; width: 100%; } th, td { border: 1px solid #000; padding: 1mm 2mm; text-align: left; }
td.money { text-align: right; } tr { break-inside: avoid; }
blockquote { margin: 0 0 2mm; padding-left: 3mm; border-left: 1mm solid #0B6E69; }
.warning { text-align: center; border: 1.5px solid #000; font-weight: 700; padding: 1mm; }
.room { height: 22mm; border-bottom: 1px solid #999; }
footer { margin-top: 5mm; font-size: 9pt; }
.print { position: fixed; right: 4mm; top: 4mm; font: 16px sans-serif; padding: 8px 16px; }
@media print { .print { display: none; } }
"""


def case_card(paper: ProgrammeFile, line: WorkLine, case: CaseFacts | None = None) -> Exported:
    """Return the card of one project as a page for the browser's print dialogue."""
    case = case or CaseFacts()
    phrase, facts, estate = paper.phrase, line.facts, line.estate
    rows = [(kind_name(paper, kind), line.sources[kind]) for kind in paper.kinds if line.sources.get(kind)]
    if line.gap:
        rows.append((phrase("column.gap_short"), line.gap))
    money = "".join(
        f'<tr><td>{escape(name)}</td><td class="money">{wan_text(amount)}</td></tr>' for name, amount in rows
    )
    quantity = f"{facts.quantity.normalize():,f} {facts.unit}".strip()
    work = "　".join(filter(None, (facts.work, class_name(paper, facts.item_class), quantity, str(line.year))))
    where = phrase(
        "card.facts",
        place=" ".join(filter(None, (estate.county, estate.street, estate.community, estate.name))),
        built="" if estate.built_year is None else phrase("card.built", year=estate.built_year),
        households="—" if estate.households is None else f"{estate.households:,}",
    )
    voices = "".join(f"<blockquote>{escape(voice)}</blockquote>" for voice in case.voices)
    if not voices:
        voices = f'<p>{escape(phrase("card.no_voices"))}</p><div class="room"></div>'
    why = f"<h2>{escape(phrase('card.why'))}</h2><p>{escape(case.why)}</p>" if case.why else ""
    warning = f'<p class="warning">{escape(paper.warning)}</p>' if paper.warning else ""
    office = f"{paper.details.office}　{format_date(paper.details.day, paper.language)}".strip("　")
    page = f"""<!DOCTYPE html>
<html lang="{paper.language}"><head><meta charset="utf-8"><title>{escape(facts.name)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{_STYLE}</style></head><body>
<button class="print" onclick="window.print()">{escape(phrase("card.print"))}</button>
{warning}<p class="kind">{escape(phrase("card.title"))}</p><h1>{escape(facts.name)}</h1>
<p class="where">{escape(where)}</p>
<div class="pair">{_figure(paper, "before", case.before)}{_figure(paper, "after", case.after)}</div>
{why}<h2>{escape(phrase("card.work"))}</h2><p>{escape(work)}</p>
<h2>{escape(phrase("card.money"))}</h2>
<table><thead><tr><th>{escape(phrase("card.source"))}</th><th>{escape(phrase("card.amount"))}</th></tr></thead>
<tbody>{money}
<tr><th>{escape(phrase("total"))}</th><td class="money"><strong>{wan_text(facts.cost)}</strong></td></tr>
</tbody></table>
<h2>{escape(phrase("card.voices"))}</h2>{voices}
<footer>{escape(office)}</footer>
</body></html>
"""
    return f"{line.number:03d}_{file_stem(facts.name)}.html", HTML, page.encode()


def _figure(paper: ProgrammeFile, moment: str, photo: Photo | None) -> str:
    caption = escape(paper.phrase(f"card.{moment}"))
    inside = escape(paper.phrase("card.photo"))
    if photo is not None:
        data = b64encode(photo.content).decode()
        inside = f'<img alt="{caption}" src="data:{escape(photo.mime_type, quote=True)};base64,{data}">'
    return f'<figure><figcaption>{caption}</figcaption><div class="frame">{inside}</div></figure>'
