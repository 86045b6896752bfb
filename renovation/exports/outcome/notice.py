"""The public notice 公示 of a poll's outcome: a Word file to edit, or a page to print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from renovation.exports.files.official import DOCX, Block, OfficialPaper, PaperTable, Paragraph, official_docx
from renovation.exports.files.official_page import HTML, numbered, official_page
from renovation.exports.print.counts import COUNT_WIDTHS, CountTable
from renovation.text import text


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A project's line: everything is already words."""

    rank: str
    number: str
    name: str
    votes: str
    cost: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is announced; no personal data may stand in it.

    ``before`` and ``after`` the projects are (heading, sentences); ``cost_heading`` names the one unit of its column.
    """

    title: str
    opening: str
    counts: CountTable | None
    before: Sequence[tuple[str, Sequence[str]]]
    chosen: Sequence[NoticeLine]
    others: Sequence[NoticeLine]
    after: Sequence[tuple[str, Sequence[str]]]
    office: str
    day: date
    cost_heading: str = ""
    warning: str = ""
    language: str = "zh-CN"


_COLUMNS = ("rank", "number", "name", "votes", "cost", "reason")
_WIDTHS_MM = (10, 10, 34, 15, 19, 68)
#: Where votes are words.
_WIDE_MM = (10, 10, 32, 27, 19, 58)
_NUMBERS = ("rank", "number", "votes", "cost")


def _paper(notice: Notice) -> OfficialPaper:
    """Return the notice as a document; only what is there is numbered."""
    language = notice.language
    sections: list[tuple[str, list[Block]]] = [(heading, [*map(Paragraph, said)]) for heading, said in notice.before]
    if (counts := notice.counts) is not None:
        found = PaperTable(
            headings=counts.headings,
            rows=counts.rows,
            widths=[width * sum(_WIDTHS_MM) / sum(COUNT_WIDTHS) for width in COUNT_WIDTHS],
            numbers=frozenset(range(2, len(counts.headings))),
            points=9,
            last_is_total=True,
        )
        sections.append((text("notice.count.heading", language), [found, *map(Paragraph, counts.notes)]))
    for key, lines in (("notice.chosen", notice.chosen), ("notice.others", notice.others)):
        if lines:
            table = PaperTable(
                headings=[
                    notice.cost_heading if name == "cost" else text(f"notice.column.{name}", language)
                    for name in _COLUMNS
                ],
                rows=[[getattr(line, name) for name in _COLUMNS] for line in lines],
                widths=_WIDE_MM if any(len(line.votes) > 6 for line in lines) else _WIDTHS_MM,
                numbers=frozenset(map(_COLUMNS.index, _NUMBERS)),
                points=9,
            )
            sections.append((text(key, language), [table]))
    sections += [(heading, [*map(Paragraph, said)]) for heading, said in notice.after]
    return OfficialPaper(
        title=notice.title,
        blocks=[
            Paragraph(notice.opening),
            *numbered(sections, language),
            Paragraph(text("notice.signed", language)),
        ],
        office=notice.office,
        day=notice.day,
        day_words=text("notice.day", language, day=notice.day),
        warning=notice.warning,
        posted=True,
        latin=language == "en",
    )


def notice_html(notice: Notice) -> tuple[str, str, bytes]:
    """Return the notice as one self-contained A4 page for the browser's print dialogue."""
    return ("notice.html", HTML, official_page(_paper(notice), notice.language)[2])


def notice_docx(notice: Notice) -> tuple[str, str, bytes]:
    """Return the notice as a Word file; equal notices give equal bytes (no clock inside but the stated day)."""
    return ("notice.docx", DOCX, official_docx(_paper(notice))[2])
