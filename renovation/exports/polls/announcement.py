"""The announcement 投票公告 of a poll: who votes, when, where, on what, by which rule; Word file, print and page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from renovation.exports.files.official import Block, OfficialPaper, PaperTable, Paragraph, official_docx
from renovation.exports.files.official_page import numbered, official_page
from renovation.exports.files.tables import Exported
from renovation.exports.print.pages import how_it_is_decided, how_to_vote, place_said, what_and_why
from renovation.model.polls import Poll
from renovation.rules.polls.instances import instance_of, settings_of
from renovation.text import text
from renovation.text.formats import wan_digits
from renovation.text.hours import open_words
from renovation.text.rules import rule_label, setting_sentences, tie_label

_WIDTHS_MM = (12, 44, 22, 78)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announcement:
    """What is announced: sections in order, each a heading and sentences; ``projects`` stand below the ballot's."""

    title: str
    opening: str
    sections: Sequence[tuple[str, Sequence[str]]]
    headings: Sequence[str]
    projects: Sequence[Sequence[str]]
    office: str
    language: str


def announcement(
    poll: Poll,
    *,
    places: Sequence[tuple[str, str]] = (),
    address: str = "",
    office: str = "",
    phone: str = "",
    language: str = "",
) -> Announcement:
    """Put the announcement together.

    Parameters
    ----------
    places
        (venue, its own hours in words).
    address
        Where phones vote; none: there is no voting by phone, and it says so.
    office, phone
        Who answers, where the poll itself does not say.
    """
    language = language or poll.settings.language

    def words(key: str, **fields: object) -> str:
        return text(f"announce.{key}", language, **fields)

    settings = poll.settings
    office, phone = settings.notice_office or office, settings.notice_phone or phone
    hours = open_words(poll, None, language)
    venues = tuple(place_said(place, language) for place in places)
    told_by_place = bool(places) and all(own for _, own in places)
    basic = tuple(f"{entry.number} {entry.name}" for entry in poll.projects if entry.mandatory)
    names = {entry.key: entry.name for entry in poll.projects}
    rule, said = settings.rule, settings_of(poll).as_dict()
    entitled = settings.denominator
    sections = [
        (
            words("who"),
            [words(f"per.{settings.code_per.value}"), *([words("entitled", count=entitled)] if entitled else [])],
        ),
        (
            words("when"),
            [
                *([text("notice.when.hours", language, hours=hours)] if hours else []),
                *([] if hours or told_by_place else [words("hours_ask")]),
                *([text("notice.when.venues", language, venues=venues)] if venues else []),
                words("phone_vote", address=address) if address else words("no_phone_vote"),
            ],
        ),
        (
            words("what"),
            [
                words("how", sentence=how_to_vote(poll, language)),
                text("print.ballot.budget", language, amount=settings.budget),
                *([text("print.ballot.basic", language, projects=basic)] if basic else []),
                *(
                    text("way_out.left_out", language, project=names[key], day=found.day, reason=found.reason)
                    for key, found in poll.impossible.items()
                    if key in names
                ),
            ],
        ),
        (
            words("rule"),
            [
                words("by", rule=rule_label(rule, said, language), help=how_it_is_decided(poll, language)),
                text(f"rule_example.{rule}", language),
                *(
                    [text("notice.how.settings", language, settings=found)]
                    if (found := setting_sentences(rule, said, instance_of(poll), language))
                    else []
                ),
                words("tie", tie_break=tie_label(said, language)),
            ],
        ),
        (words("paper"), [words("paper_how")]),
        (words("receipt"), [words("receipt_how", address=address) if address else words("receipt_ask")]),
        (
            words("answers"),
            [
                words("contact", office=office or text("notice.office_default", language), phone=phone)
                if phone
                else words("contact_office", office=office or text("notice.office_default", language)),
                text("notice.how.preference", language),
            ],
        ),
    ]
    return Announcement(
        title=words("title", title=poll.title),
        opening=words("opening", title=poll.title),
        sections=sections,
        headings=[text(f"print.column.{name}", language) for name in ("number", "project", "cost_wan", "what")],
        projects=[
            (
                str(entry.number),
                entry.name,
                wan_digits(entry.cost, language),
                what_and_why(entry, language),
            )
            for entry in poll.on_ballot
        ],
        office=office,
        language=language,
    )


def _paper(said: Announcement, day: date, warning: str) -> OfficialPaper:
    table = PaperTable(
        headings=said.headings, rows=said.projects, widths=_WIDTHS_MM, numbers=frozenset({0, 2}), points=10.5
    )
    sections: list[tuple[str, list[Block]]] = [
        (heading, [*map(Paragraph, sentences), *([table] if place == 2 else [])])
        for place, (heading, sentences) in enumerate(said.sections)
    ]
    return OfficialPaper(
        title=said.title,
        blocks=[Paragraph(said.opening), *numbered(sections, said.language)],
        office=said.office,
        day=day,
        day_words=text("notice.day", said.language, day=day),
        warning=warning,
        posted=True,
        latin=said.language == "en",
    )


def announcement_page(said: Announcement, day: date, *, synthetic: bool = False) -> Exported:
    """Return the announcement as an A4 page for the browser's print dialogue."""
    return official_page(_paper(said, day, _warning(said, synthetic)), said.language)


def announcement_docx(said: Announcement, day: date, *, synthetic: bool = False) -> Exported:
    """Return the announcement as a Word file; equal ones give equal bytes."""
    return official_docx(_paper(said, day, _warning(said, synthetic)))


def _warning(said: Announcement, synthetic: bool) -> str:
    return text("notice.demo", said.language) if synthetic else ""
