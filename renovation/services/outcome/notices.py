"""The public notice of a poll's outcome, from the same numbers as the screen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from renovation.exports.outcome.notice import Notice, NoticeLine
from renovation.exports.outcome.results import ResultRow, result_rows, votes_said
from renovation.model.elections import Allocation
from renovation.services.outcome.results import Election
from renovation.text import text
from renovation.text.formats import grouped, money_writer
from renovation.text.rules import rule_label, setting_sentences, tie_label


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeDetails:
    """What a notice says that a poll does not know. ``day`` is the date on it; the clock is never read."""

    day: date
    office: str = ""
    phone: str = ""
    start: date | None = None
    days: int = 7


def make_notice(held: Election, allocation: Allocation, details: NoticeDetails, language: str) -> Notice:
    """Put a notice together; it names projects, sums and reasons, and no person."""
    poll, instance, turnout = held.poll, held.instance, held.turnout
    money = money_writer(instance, language)
    in_column = money_writer(instance, language, beside=[project.cost for project in instance.projects])

    def line(row: ResultRow) -> NoticeLine:
        return NoticeLine(
            rank=str(row.rank),
            number=row.number,
            name=row.name,
            votes=votes_said(row, instance, language),
            cost=in_column(row.cost),
            result=row.result,
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
        opening += text("notice.turnout", language, denominator=turnout.denominator, share=turnout.share)
    office = details.office or poll.settings.notice_office or text("notice.office_default", language)
    phone = details.phone or poll.settings.notice_phone or text("notice.object.phone_default", language)
    root = grouped(poll.meta.get("ledger_root", ""))
    return Notice(
        title=text("notice.title", language, title=poll.title),
        opening=opening,
        chosen=[line(row) for row in rows if row.selected],
        others=[line(row) for row in rows if not row.selected],
        paragraphs=[
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
                    *([text("notice.how.root", language, root=root)] if root else []),
                    text("notice.how.preference", language),
                ],
            ),
            (
                text("notice.object.heading", language),
                [
                    text("notice.object.period", language, days=details.days, start=details.start or details.day),
                    text("notice.object.contact", language, office=office, phone=phone),
                ],
            ),
        ],
        office=office,
        day=details.day,
        warning=text("notice.demo", language) if poll.synthetic else "",
        language=language,
    )


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
