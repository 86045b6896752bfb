"""The case card 案例卡 of a project: before and after, the money, what residents said. One A4 page as a Word file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from renovation.exports.files.official import DOCX
from renovation.exports.files.tables import Exported, file_stem
from renovation.exports.programme.sheets import class_name, kind_name
from renovation.exports.programme.source import ProgrammeFile, WorkLine
from renovation.exports.programme.word_page import Picture, WordPage, Words, fitted
from renovation.text.formats import format_date
from renovation.text.units import quantity_text

_HEADING, _BODY = "黑体", "仿宋"
_POINTS = 11.0
_TEXT_MM, _MARGIN_MM = 178, 16
#: Room for a picture; what is longer or higher is reduced to it.
_PICTURE_MM = (84, 54)
#: Longer reasons would push the card onto a second page; the register keeps them whole.
_WHY_SIGNS = 260
_VOICE_SIGNS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPhoto:
    """A picture as it lies in the store."""

    mime_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What a card says besides the programme. ``voices`` may be printed: they name nobody and were agreed to."""

    why: str = ""
    before: CardPhoto | None = None
    after: CardPhoto | None = None
    voices: Sequence[str] = ()


def case_card(paper: ProgrammeFile, line: WorkLine, case: CaseFacts | None = None) -> Exported:
    """Return the card of one project; equal inputs give equal bytes."""
    case = case or CaseFacts()
    phrase, facts, details = paper.phrase, line.facts, paper.details
    page = WordPage(facts.name, office=details.office, day=details.day, margin_mm=_MARGIN_MM)
    if paper.warning:
        _say(page, paper.warning, font=_HEADING, size=12, align="center")
    _say(page, phrase("card.title"), size=10, after=0)
    _say(page, facts.name, font=_HEADING, size=20)
    _say(page, _where(paper, line), after=6)
    frames = [_frame(paper, photo) for photo in (case.before, case.after)]
    captions = [_cell(phrase(f"card.{moment}"), _HEADING) for moment in ("before", "after")]
    page.table([_TEXT_MM / 2] * 2, [captions, frames], height_mm=_PICTURE_MM[1] + 4, exact=True)
    if case.why:
        _heading(page, phrase("card.why"))
        _say(page, _short(case.why, _WHY_SIGNS))
    _heading(page, phrase("card.work"))
    quantity = quantity_text(facts.quantity, facts.unit, paper.language)
    work = (facts.work, class_name(paper, facts.item_class), quantity, str(line.year))
    _say(page, "　".join(filter(None, work)))
    _money(page, paper, line)
    _heading(page, phrase("card.voices"))
    for voice in case.voices:
        _say(page, f"“{_short(voice, _VOICE_SIGNS)}”")
    if not case.voices:
        _say(page, phrase("card.no_voices"))
        page.table([_TEXT_MM], [[_cell("")]], height_mm=22)
    day = format_date(details.day, paper.language)
    said = (details.office, day, phrase("facts_day", facts=paper.facts_day))
    _say(page, "　".join(filter(None, said)), size=9, before=8)
    return f"{line.number:03d}_{file_stem(facts.name)}.docx", DOCX, page.docx()


def _say(page: WordPage, words: str, *, font: str = _BODY, size: float = _POINTS, **layout: Any) -> None:
    page.say(Words(words=words, font=font, size=size, **({"before": 0, "after": 2} | layout)))


def _heading(page: WordPage, words: str) -> None:
    _say(page, words, font=_HEADING, size=13, before=8, with_next=True)


def _cell(words: str, font: str = _BODY, align: str = "left") -> Words:
    return Words(words=words, font=font, size=_POINTS, align=align)


def _frame(paper: ProgrammeFile, photo: CardPhoto | None) -> Words | Picture:
    width, height = _PICTURE_MM
    drawn = fitted(photo.content, width_mm=width, height_mm=height) if photo else None
    return drawn or _cell(paper.phrase("card.photo"), align="center")


def _short(words: str, most: int) -> str:
    """Return the words on one line, cut so that the card stays a page."""
    words = " ".join(words.split())
    return words if len(words) <= most else f"{words[: most - 1]}…"


def _where(paper: ProgrammeFile, line: WorkLine) -> str:
    estate = line.estate
    return paper.phrase(
        "card.facts",
        place=" ".join(filter(None, (estate.county, estate.street, estate.community, estate.name))),
        built="" if estate.built_year is None else paper.phrase("card.built", year=estate.built_year),
        households="—" if estate.households is None else f"{estate.households:,}",
    )


def _money(page: WordPage, paper: ProgrammeFile, line: WorkLine) -> None:
    rows = [
        (kind_name(paper, kind), paper.digits(line.sources[kind])) for kind in paper.kinds if line.sources.get(kind)
    ]
    if line.gap:
        rows.append((paper.phrase("column.gap_short"), paper.digits(line.gap)))
    head = (paper.phrase("card.source"), paper.phrase("card.amount"))
    total = (paper.phrase("total"), paper.digits(line.facts.cost))
    _heading(page, paper.phrase("card.money"))
    cells = [
        [_cell(name, font), _cell(amount, font, "right")]
        for font, (name, amount) in ((_HEADING, head), *((_BODY, row) for row in rows), (_HEADING, total))
    ]
    page.table([_TEXT_MM * 0.6, _TEXT_MM * 0.4], cells)
