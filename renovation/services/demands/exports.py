"""Demands out: the present filter as a file, and the month's bulletin of figures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Any

import shapely

from renovation.errors import InvalidError
from renovation.exports.files.geodata import PlaceLayer
from renovation.exports.files.official import Block, Heading, OfficialPaper, PaperTable, Paragraph, official_docx
from renovation.exports.files.tables import Exported, TableSheet, workbook
from renovation.exports.register.places import PlaceFormat, place_file
from renovation.model.accounts import Actor
from renovation.model.clock import day_of, today
from renovation.model.demands import DemandFilter
from renovation.model.intake import DemandFigures, DemandRow, GroupFigures
from renovation.model.places import Datum
from renovation.model.scope import Scope
from renovation.rules.demands.contacts import masked
from renovation.rules.demands.standing import busiest_first
from renovation.services import lists
from renovation.services.demands.demands import figures, list_demands
from renovation.services.register.estates import get_estate
from renovation.services.register.places import trail
from renovation.store import Store
from renovation.text import Language, text


def export_demands(
    store: Store,
    actor: Actor,
    wanted: DemandFilter,
    format_: PlaceFormat,
    *,
    datum: str = Datum.CGCS2000,
    language: Language | str = Language.ZH,
) -> Exported:
    """Return the demands of a filter as a file.

    Parameters
    ----------
    datum
        What the file's coordinates refer to: a value of ``Datum`` or ``"EPSG:n"``.
    """
    found = list_demands(store, actor, wanted)
    columns = {text(f"demand.column.{name}", language): read for name, read in _columns(language).items()}
    name = text("demand.export.layer", language)
    layer = PlaceLayer.of(
        name, columns, found, lambda row: shapely.to_wkb(shapely.Point(row.demand.lon, row.demand.lat))
    )
    return place_file(layer, format_, datum=str(datum), language=language)


def _columns(language: Language | str) -> dict[str, Callable[[DemandRow], Any]]:
    def label(member: Any) -> str:
        return text(f"enum.{type(member).__name__}.{member.value}", language)

    return {
        "receipt": lambda row: row.demand.receipt,
        "source_number": lambda row: row.demand.source_number,
        "received": lambda row: day_of(row.demand.received_at),
        "street": lambda row: row.street_name,
        "estate": lambda row: row.estate_name,
        "building": lambda row: row.building_name,
        "category": lambda row: label(row.demand.category),
        "text": lambda row: masked(row.demand.text),
        "channel": lambda row: label(row.demand.channel),
        "kind": lambda row: label(row.demand.kind),
        "status": lambda row: label(row.demand.status),
        "supporters": lambda row: row.demand.supporters,
        "department": lambda row: row.demand.department,
        "due": lambda row: date.fromisoformat(row.demand.due_on) if row.demand.due_on else None,
        "reply": lambda row: masked(row.demand.reply),
        "rating": lambda row: row.demand.rating,
    }


class BulletinFormat(StrEnum):
    """What the month's bulletin can be written as."""

    XLSX = "xlsx"
    DOCX = "docx"


def demand_bulletin(
    store: Store,
    actor: Actor,
    scope: Scope,
    month: str,
    format_: BulletinFormat,
    *,
    office: str = "",
    language: Language | str = Language.ZH,
) -> Exported:
    """Return the bulletin 月报 of the demands received in a month: figures and the ledger of what is open.

    Parameters
    ----------
    month
        ``"2026-11"``, in China's calendar.

    Raises
    ------
    InvalidError
        ``demand.month``.
    """
    first, last = _days_of(month)
    wanted = DemandFilter(scope=scope, received_from=first, received_to=last)
    counted = figures(store, actor, wanted)
    name = text("demand.bulletin.title", language, year=first.year, month=first.month)
    if where := _place(store, actor, scope):
        name = text("demand.bulletin.title_of", language, title=name, place=where)
    if format_ is BulletinFormat.XLSX:
        return workbook(name, _sheets(store, actor, wanted, counted, language))
    issued = office or lists.office(store, scope).name
    return _document(counted, name, issued, min(last, today()), language)


def _place(store: Store, actor: Actor, scope: Scope) -> str:
    """Return the name of the place a scope speaks of; nothing for the whole city."""
    if scope.estate_id is not None:
        return get_estate(store, actor, scope.estate_id).name
    return next(iter(reversed(trail(store, actor, scope))), "")


def _days_of(month: str) -> tuple[date, date]:
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        raise InvalidError("demand.month", value=month[:20]) from None
    following = (first + timedelta(days=32)).replace(day=1)
    return first, following - timedelta(days=1)


def _groups(counted: DemandFigures, language: Language | str) -> dict[str, list[GroupFigures]]:
    """Return each grouping with names a person reads, the largest first."""

    def named(groups: Sequence[GroupFigures], enum: str = "") -> list[GroupFigures]:
        none = text("demand.figure.none", language)
        words = [
            replace(group, name=text(f"enum.{enum}.{group.name}", language) if enum else group.name or none)
            for group in groups
        ]
        return busiest_first(words)

    return {
        "department": named(counted.by_department),
        "street": named(counted.by_street),
        "channel": named(counted.by_channel, "DemandChannel"),
        "category": named(counted.by_category, "DemandCategory"),
    }


def _sheets(
    store: Store, actor: Actor, wanted: DemandFilter, counted: DemandFigures, language: Language | str
) -> list[TableSheet]:
    fields = ("received", "answered", "answered_share", "on_time_share", "overdue", "rating", "supporters")

    def line(group: GroupFigures) -> list[Any]:
        rating = group.mean_rating
        return [
            group.name,
            group.received,
            group.answered,
            group.answered_share,
            group.on_time_share,
            group.overdue,
            None if rating is None else round(Fraction(rating), 2),
            group.supporters,
        ]

    headings = [text(f"demand.figure.{name}", language) for name in fields]
    total = replace(counted.total, name=text("demand.bulletin.total", language))
    sheets = [
        TableSheet(
            name=text(f"demand.figure.by_{by}", language),
            headings=[text(f"demand.figure.by_{by}", language), *headings],
            rows=[*(line(group) for group in groups), line(total)],
            shares=frozenset({3, 4}),
        )
        for by, groups in _groups(counted, language).items()
    ]
    columns = _columns(language)
    ledger = TableSheet(
        name=text("demand.bulletin.ledger", language),
        headings=[text(f"demand.column.{name}", language) for name in columns],
        rows=[[read(row) for read in columns.values()] for row in list_demands(store, actor, wanted)],
    )
    return [*sheets, ledger]


#: Name, received, answered, share, on time, overdue, rating.
_WIDTHS_MM = (44, 16, 16, 20, 23, 16, 21)


def _document(counted: DemandFigures, title: str, office: str, day: date, language: Language | str) -> Exported:
    def share(value: Fraction | None) -> str:
        return "—" if value is None else text("demand.figure.percent", language, share=value)

    def rating(group: GroupFigures) -> str:
        return "—" if group.mean_rating is None else f"{float(group.mean_rating):.1f}"

    def line(group: GroupFigures) -> list[str]:
        return [
            group.name,
            f"{group.received:,}",
            f"{group.answered:,}",
            share(group.answered_share),
            share(group.on_time_share),
            f"{group.overdue:,}",
            rating(group),
        ]

    total = replace(counted.total, name=text("demand.bulletin.total", language))
    blocks: list[Block] = [
        Paragraph(text("demand.bulletin.opening", language)),
        Heading(text("demand.bulletin.overall", language)),
        Paragraph(
            text(
                "demand.bulletin.line",
                language,
                received=total.received,
                answered=total.answered,
                share=share(total.answered_share),
                on_time=share(total.on_time_share),
                overdue=total.overdue,
            )
        ),
        Paragraph(
            text(
                "demand.bulletin.more", language, rating=rating(total), rated=total.rated, recorded=counted.record_only
            )
        ),
    ]
    fields = ("received", "answered", "answered_share", "on_time_share", "overdue", "rating")
    for by, groups in _groups(counted, language).items():
        if not groups:
            continue
        what = text(f"demand.figure.by_{by}", language)
        blocks += [
            Heading(text(f"demand.bulletin.by_{by}", language)),
            PaperTable(
                headings=[what, *(text(f"demand.figure.{name}", language) for name in fields)],
                rows=[line(group) for group in (*groups, total)],
                widths=_WIDTHS_MM,
                numbers=frozenset(range(1, 7)),
                last_is_total=True,
            ),
        ]
    return official_docx(
        OfficialPaper(
            title=title,
            blocks=blocks,
            office=office,
            day=day,
            day_words=text("notice.day", language, day=day),
        )
    )
