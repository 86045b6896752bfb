"""A poll's outcome as lines, and as tables and map data that planners use as they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from renovation.model.elections import Allocation, BallotKind, Instance, Outcome
from renovation.text import Language, text
from renovation.text.formats import format_count, format_list
from renovation.text.reasons import reason_text
from renovation.text.rules import category_label


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """One project's line. ``cost`` is in the instance's smallest money unit."""

    rank: int
    number: str
    id: str
    name: str
    category: str
    votes: int | Fraction
    score: int | Fraction
    against: int | Fraction
    cost: int
    selected: bool
    result: str
    reason: str
    lon: float | None
    lat: float | None

    def counts(self, instance: Instance) -> tuple[int | Fraction, ...]:
        """Return what stands below the columns of :func:`counts_of`."""
        return (self.votes, self.against) if instance.ballot_kind is BallotKind.YES_NO else (self.votes,)


def counts_of(instance: Instance) -> tuple[str, ...]:
    """Return the columns of counts, ``page_results.column.<name>``: votes, or yes and no."""
    return ("yes", "no") if instance.ballot_kind is BallotKind.YES_NO else ("votes",)


def votes_said(row: ResultRow | Outcome, instance: Instance, language: Language | str) -> str:
    """Return what a project got, as its kind of ballot counts it: votes, yes and no, or points."""
    votes, against = (format_count(value, str(language)) for value in (row.votes, row.against))
    if instance.ballot_kind is BallotKind.YES_NO:
        return text("page_results.yes_and_no", language, yes=votes, no=against)
    if instance.ballot_kind in (BallotKind.POINTS, BallotKind.RANKING):
        return text("page_results.points", language, points=row.score)
    return votes


#: What the lines can be ordered by.
ROW_ORDERS: Mapping[str, Callable[[ResultRow], tuple[Any, ...]]] = {
    "rank": lambda row: (row.rank,),
    "number": lambda row: (len(row.number), row.number),
    "cost": lambda row: (-row.cost, row.rank),
    "result": lambda row: (not row.selected, row.rank),
}


def result_rows(instance: Instance, allocation: Allocation, language: Language | str) -> tuple[ResultRow, ...]:
    """Return the lines of an outcome by rank, in a language."""
    rows = []
    for outcome in allocation.outcomes:
        project = instance.project(outcome.project)
        rows.append(
            ResultRow(
                rank=outcome.rank,
                number=str(project.number) if project.number else project.id,
                id=project.id,
                name=project.name or project.id,
                category=format_list((category_label(one, language) for one in project.categories), str(language)),
                votes=outcome.votes,
                score=outcome.score,
                against=outcome.against,
                cost=project.cost,
                selected=outcome.selected,
                result=text(f"page_results.{'selected' if outcome.selected else 'not_selected'}", language),
                reason=reason_text(outcome.reason, instance, language),
                lon=project.lon,
                lat=project.lat,
            )
        )
    return tuple(rows)


def currency_heading(instance: Instance, language: Language | str) -> str:
    """Return the heading of a cost column."""
    if instance.currency == "CNY":
        return text("page_results.column.cost", language)
    return text("page_results.column.cost_other", language, currency=instance.currency)


def table(
    instance: Instance, rows: Sequence[ResultRow], language: Language | str, *, places: bool = True
) -> tuple[list[str], list[list[Any]]]:
    """Return headings and rows of plain values; money in the currency's own unit."""
    names = ["rank", "number", "name", "category", *counts_of(instance), "score", "cost", "result", "reason"]
    headings = [
        currency_heading(instance, language) if name == "cost" else text(f"page_results.column.{name}", language)
        for name in names
    ]
    if places:
        headings += [text("page_results.column.lon", language), text("page_results.column.lat", language)]
    lines = []
    for row in rows:
        line: list[Any] = [
            row.rank,
            row.number,
            row.name,
            row.category,
            *(_number(value) for value in row.counts(instance)),
            _number(row.score),
            _number(Fraction(row.cost, instance.scale)),
            row.result,
            row.reason,
        ]
        lines.append([*line, row.lon, row.lat] if places else line)
    return headings, lines


def _number(value: int | Fraction) -> int | float:
    exact = Fraction(value)
    return exact.numerator if exact.denominator == 1 else float(exact)


def about(facts: Mapping[str, Any], language: Language | str) -> list[list[Any]]:
    """Return the lines of the sheet that says what the numbers rest on; keys are ``page_results.sheet.<key>``."""
    return [[text(f"page_results.sheet.{name}", language), value] for name, value in facts.items()]
