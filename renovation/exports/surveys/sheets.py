"""Sheets of a survey to print, one a door or blank, with the numbers that answers have on screen and when keyed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from renovation.exports.files.tables import Exported, file_stem
from renovation.exports.surveys.pictures import drawing, path_of
from renovation.model.surveys import Form, FormKind, QuestionKind, SurveyQuestion
from renovation.text import Language, text
from renovation.text.surveys import numbered, option_said, question_said

HTML = "text/html"

_STYLE = """
@page { size: A4; margin: 12mm 14mm; }
html { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { font: 12.5pt/1.45 "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", sans-serif; color: #000;
  max-width: 182mm; margin: 6mm auto; padding: 0 4mm; }
section.sheet { break-after: page; }
/* What residents read themselves is as large as on their phones; a building's sheet is for staff. */
section.home { font-size: 15pt; line-height: 1.35; }
h1 { font-size: 17pt; text-align: center; margin: 0 0 2mm; }
.where { font-size: 15pt; font-weight: 700; border: 1.5px solid #000; padding: 2mm 3mm; margin: 0 0 3mm; }
.notice { font-size: 12pt; margin: 0 0 3mm; }
.asked { margin: 0 0 2.2mm; break-inside: avoid; }
.asked b { display: block; }
.options { display: flex; flex-wrap: wrap; gap: .5mm 6mm; }
svg { vertical-align: -.3em; }
.room { border-bottom: 1px solid #000; height: 9mm; }
.blank { display: inline-block; min-width: 34mm; border-bottom: 1px solid #000; }
.print { position: fixed; right: 4mm; top: 4mm; font: 16px sans-serif; padding: 8px 16px; }
@media print { .print { display: none; } }
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetDoor:
    """A door that a sheet is for; each is already words, and empty on a blank sheet."""

    building: str = ""
    stairwell: str = ""
    number: str = ""


def survey_sheets(
    name: str,
    kind: FormKind,
    form: Form,
    doors: Sequence[SheetDoor] = (SheetDoor(),),
    language: Language | str = Language.ZH,
) -> Exported:
    """Return a sheet for each door as A4 pages for the browser's print dialogue."""

    def say(key: str) -> str:
        return escape(text(key, language))

    asked = "".join(_asked(place, kind, question, language) for place, question in enumerate(form.in_order, 1))
    met = "　".join(
        f"☐ {say(f'enum.DoorOutcome.{outcome}')}" for outcome in ("refused", "not_home", "empty", "come_back")
    )
    at_homes = kind is not FormKind.BUILDING
    notice = f'<p class="notice">{say("survey.door.notice")}</p>' if at_homes else ""
    foot = (f"<p>{say('survey.sheet.met')}　{met}</p>" if at_homes else "") + (
        f'<p>{say("survey.sheet.by")}<span class="blank">&nbsp;</span>　'
        f'{say("survey.sheet.day")}<span class="blank">&nbsp;</span></p>'
    )
    title = escape(text("survey.sheet.title", language, name=name, version=form.version))
    place = "sheet home" if at_homes else "sheet"
    sheets = "".join(
        f'<section class="{place}"><h1>{title}</h1><div class="where">{_where(door, language, at_homes)}</div>'
        f"{notice}{asked}{foot}</section>"
        for door in doors
    )
    page = f"""<!DOCTYPE html>
<html lang="{language}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{_STYLE}</style></head><body>
<button class="print" onclick="window.print()">{say("demand.paper.print")}</button>
{sheets}
</body></html>
"""
    return f"{file_stem(text('survey.sheet.file', language, name=name))}.html", HTML, page.encode()


def _where(door: SheetDoor, language: Language | str, at_homes: bool) -> str:
    parts = {"building": door.building}
    if at_homes:
        parts |= {"stairwell": door.stairwell, "number": door.number}
    blank = '<span class="blank">&nbsp;</span>'
    return "　".join(
        f"{escape(text(f'survey.sheet.{name}', language))}{escape(said) if said else blank}"
        for name, said in parts.items()
    )


def _picture(question: SurveyQuestion, option: str) -> str:
    path = path_of(question, option)
    return drawing(path) + " " if path else ""


def _asked(place: int, kind: FormKind, question: SurveyQuestion, language: Language | str) -> str:
    words = f"{place}. {question_said(kind, question, language)}"
    if question.is_capped:
        words += text("survey.keying.many", language, most=question.most)
    if question.choices:
        said = (
            _picture(question, option) + numbered(at, escape(option_said(question, option, language)))
            for at, option in enumerate(question.choices, 1)
        )
        room = f'<div class="options">{"".join(f"<span>☐ {one}</span>" for one in said)}</div>'
    elif question.kind is QuestionKind.NUMBER:
        room = f'<div class="options">{question.low}–{question.high}：<span class="blank">&nbsp;</span></div>'
    else:
        room = '<div class="room"></div>'
    return f'<div class="asked"><b>{escape(words)}</b>{room}</div>'
