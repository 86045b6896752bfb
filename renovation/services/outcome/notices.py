"""The public notice of a poll's outcome, from the same numbers as the screen."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from functools import partial

from renovation.exports.outcome.notice import Notice, NoticeLine
from renovation.exports.outcome.results import ResultRow, result_rows, votes_said
from renovation.exports.print.counts import count_table
from renovation.model.clock import day_of
from renovation.model.elections import Allocation
from renovation.model.money import FEN_PER_YUAN
from renovation.model.workdays import DayKind, WorkCalendar
from renovation.services.outcome.results import Election
from renovation.text import Language, text
from renovation.text.formats import money_writer, wan_digits
from renovation.text.hours import open_words, places_words
from renovation.text.rules import rule_label, setting_sentences, tie_label


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDetails:
    """What a notice says that a poll does not know. ``day`` is the date on it; the clock is never read.

    ``calendar`` holds the holidays by which its working days are counted.
    """

    day: date
    office: str = ""
    phone: str = ""
    start: date | None = None
    days: int = 7
    calendar: WorkCalendar = field(default_factory=WorkCalendar)

    @property
    def begins(self) -> date:
        """The day on which the notice is posted."""
        return self.start or self.day

    @property
    def ends(self) -> date:
        """The last day of the notice, a working day."""
        return self.calendar.last_day(self.begins, self.days, DayKind.WORKING)


def make_notice(held: Election, allocation: Allocation, details: NoticeDetails, language: str) -> Notice:
    """Put a notice together; it names projects, sums and reasons, and no person."""
    poll, instance, turnout = held.poll, held.instance, held.turnout
    money = money_writer(instance, language)
    in_wan = instance.currency == "CNY" and instance.scale == FEN_PER_YUAN
    amount = partial(wan_digits, language=language) if in_wan else money

    def line(row: ResultRow) -> NoticeLine:
        return NoticeLine(
            rank=str(row.rank),
            number=row.number,
            name=row.name,
            votes=votes_said(row, instance, language),
            cost=amount(row.cost),
            reason=row.reason,
        )

    rows = result_rows(instance, allocation, language)
    opening = text(
        "notice.opening",
        language,
        title=poll.title,
        ballots=turnout.ballots,
        blank=turnout.blank or 0,
        budget=money(allocation.budget),
        chosen=len(allocation.winners),
        cost=money(allocation.total_cost),
    )
    if turnout.share is not None:
        # English parts sentences by a space.
        opening += " " * (language == Language.EN)
        opening += text("notice.turnout", language, denominator=turnout.denominator, share=turnout.share)
    office = details.office or poll.settings.notice_office or text("notice.office_default", language)
    phone = details.phone or poll.settings.notice_phone or text("notice.object.phone_default", language)
    return Notice(
        title=text("notice.title", language, title=poll.title),
        opening=opening,
        counts=count_table(held.counts, turnout, language),
        before=_when(held, language),
        chosen=[line(row) for row in rows if row.selected],
        others=[line(row) for row in rows if not row.selected],
        after=[
            (
                text("notice.how.heading", language),
                [
                    text(
                        "notice.how.rule",
                        language,
                        rule=rule_label(allocation.rule, allocation.settings, language),
                        tie_break=tie_label(allocation.settings, language),
                    ),
                    *_details(held, allocation, language),
                    text("notice.how.recount", language, version=allocation.rules_version),
                    text("notice.how.preference", language),
                ],
            ),
            (
                text("notice.object.heading", language),
                [
                    text("notice.object.period", language, days=details.days, start=details.begins, end=details.ends),
                    text("notice.object.contact", language, office=office, phone=phone),
                ],
            ),
        ],
        office=office,
        day=details.day,
        cost_heading=text("print.column.cost_wan" if in_wan else "notice.column.cost", language),
        warning=text("notice.demo", language) if poll.synthetic else "",
        language=language,
    )


def _when(held: Election, language: str) -> list[tuple[str, list[str]]]:
    """Say on which days and where people voted; of an election held elsewhere nobody knows."""
    poll = held.poll
    if poll.source or poll.opened_at is None or poll.closed_at is None:
        return []
    said = [text("notice.when.day", language, opened=day_of(poll.opened_at), closed=day_of(poll.closed_at))]
    if hours := open_words(poll, None, language):
        said.append(text("notice.when.hours", language, hours=hours))
    if held.places:
        venues = tuple(
            text("notice.when.venue", language, venue=name, hours=own) if own else name
            for name, own in places_words(poll, held.places, language)
        )
        said.append(text("notice.when.venues", language, venues=venues))
    return [(text("notice.when.heading", language), said)]


def _details(held: Election, allocation: Allocation, language: str) -> list[str]:
    """Say the settings in force, and what the committee decided where the rule left a tie to it."""
    instance = held.instance
    said = []
    if found := setting_sentences(allocation.rule, allocation.settings, instance, language):
        said.append(text("notice.how.settings", language, settings=found))
    names = {project.id: project.name or project.id for project in instance.projects}
    said += [
        text(
            "notice.how.decided",
            language,
            day=decision.day,
            projects=tuple(f"“{names.get(one, one)}”" for one in decision.order),
            reason=decision.reason,
        )
        for decision in held.poll.tie_decisions
    ]
    return said
