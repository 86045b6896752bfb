"""The paper form of a demand, with a slip to tear off, and the poster whose QR code opens the form on a phone."""

from __future__ import annotations

from html import escape

from renovation.exports.files.tables import Exported, file_stem
from renovation.exports.print.pages import qr
from renovation.model.demands import DemandCategory
from renovation.text import Language, text

HTML = "text/html"

_STYLE = """
@page { size: A4; margin: 16mm; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { font: 11pt/1.6 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #000;
  max-width: 178mm; margin: 6mm auto; padding: 0 4mm; }
h1 { font-size: 18pt; text-align: center; margin: 0 0 4mm; }
table { border-collapse: collapse; width: 100%; }
th, td { border: 1px solid #000; padding: 2mm; text-align: left; vertical-align: top; }
th { width: 26mm; background: #f2f2f2; font-weight: 600; }
.choices { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1mm 3mm; }
.lines { height: 52mm; background: repeating-linear-gradient(#fff 0 9.6mm, #999 9.6mm 10mm); }
.room { height: 11mm; }
.notice { font-size: 9.5pt; }
.slip { border-top: 1.5px dashed #000; margin-top: 8mm; padding-top: 4mm; }
.blank { display: inline-block; min-width: 60mm; border-bottom: 1px solid #000; }
.print { display: block; margin: 0 0 4mm auto; font: 16px sans-serif; padding: 8px 16px; }
@media print { .print { display: none; } }
"""


def paper_demand_form(*, estate: str = "", language: Language | str = Language.ZH) -> Exported:
    """Return the form as one A4 page for the browser's print dialogue.

    Parameters
    ----------
    estate
        Printed in its field, for a pile of one estate.
    """

    def say(key: str) -> str:
        return escape(text(key, language))

    def tick(words: str) -> str:
        return f"<span>☐ {words}</span>"

    choices = "".join(tick(say(f"enum.DemandCategory.{category.value}")) for category in DemandCategory)
    ticks = "　".join(tick(say(key)) for key in ("demand.field.on_behalf", "demand.field.step_free"))
    rows = (
        ("demand.field.estate", f'<div class="room">{escape(estate)}</div>'),
        ("demand.field.building", '<div class="room"></div>'),
        ("demand.field.category", f'<div class="choices">{choices}</div>'),
        ("demand.field.text", '<div class="lines"></div>'),
        ("demand.paper.marks", ticks),
        (
            "demand.paper.notice",
            f'<div class="notice">{say("demand.form.notice")}</div>{tick(say("demand.form.notice_read"))}',
        ),
        ("demand.paper.taken", f'<div class="room">{say("demand.paper.by_and_day")}</div>'),
    )
    body = "".join(f"<tr><th>{say(key)}</th><td>{cell}</td></tr>" for key, cell in rows)
    page = f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{say("demand.paper.title")}</title>
<style>{_STYLE}</style></head><body>
<button class="print" onclick="window.print()">{say("demand.paper.print")}</button>
<h1>{say("demand.paper.title")}</h1>
<table><tbody>{body}</tbody></table>
<div class="slip"><strong>{say("demand.paper.slip")}</strong>
<p>{say("demand.column.receipt")}：<span class="blank">&nbsp;SQ-</span></p>
<p>{say("demand.form.keep_it")}</p></div>
</body></html>
"""
    return f"{text('demand.paper.title', language)}.html", HTML, page.encode()


_POSTER = """
@page { size: A4; margin: 20mm; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { font: 16pt/1.6 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #000; text-align: center;
  max-width: 170mm; margin: 6mm auto; }
h1 { font-size: 34pt; margin: 0 0 4mm; }
h2 { font-size: 22pt; margin: 0 0 8mm; overflow-wrap: anywhere; }
svg.qr { width: 110mm; height: 110mm; }
.link { font-size: 12pt; overflow-wrap: anywhere; }
.print { display: block; margin: 0 0 4mm auto; font: 16px sans-serif; padding: 8px 16px; }
@media print { .print { display: none; } }
"""


def demand_poster(link: str, *, estate: str = "", language: Language | str = Language.ZH) -> Exported:
    """Return the A4 poster for the notice board; its code opens the residents' form.

    Parameters
    ----------
    link
        Where residents' phones find the form.
    """
    title = text("demand.poster.title", language)

    def say(key: str) -> str:
        return escape(text(key, language))

    place = f"<h2>{escape(estate)}</h2>" if estate else ""
    page = f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>
<style>{_POSTER}</style></head><body>
<button class="print" onclick="window.print()">{say("demand.paper.print")}</button>
<h1>{escape(title)}</h1>
{place}{qr(link)}
<p>{say("demand.poster.how")}</p>
<p class="link">{escape(link)}</p>
<p class="link">{say("demand.form.notice")}</p>
</body></html>
"""
    return f"{file_stem(estate + title)}.html", HTML, page.encode()
