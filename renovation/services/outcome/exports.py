"""A poll's outcome as files: XLSX, CSV, GeoPackage, GeoJSON, ``.pb`` and the notice, all from the same numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from enum import StrEnum
from fractions import Fraction
from typing import Any

from renovation.exports.files.geodata import PlaceLayer, geojson, geopackage
from renovation.exports.files.tables import Exported, TableSheet, csv_table, file_stem, workbook
from renovation.exports.outcome.notice import notice_docx, notice_html
from renovation.exports.outcome.pabulib import declared_results, write_pabulib
from renovation.exports.outcome.results import about, result_rows, table
from renovation.model.accounts import Actor
from renovation.model.canonical import to_json
from renovation.model.clock import day_of
from renovation.model.elections import OWN_RULE, Allocation, Instance
from renovation.rules.election.tally import tally
from renovation.services import lists
from renovation.services.outcome.notices import NoticeDetails, make_notice
from renovation.services.outcome.results import Election, allocate, election
from renovation.store import Store
from renovation.text import text
from renovation.text.rules import rule_label, setting_sentences, tie_label


class ExportFormat(StrEnum):
    """What a poll's outcome can be written as."""

    XLSX = "xlsx"
    CSV = "csv"
    GPKG = "gpkg"
    GEOJSON = "geojson"
    PB = "pb"
    NOTICE = "notice"
    NOTICE_DOCX = "notice-docx"


def export_poll(
    store: Store,
    actor: Actor | None,
    poll_id: str,
    format_: ExportFormat,
    *,
    language: str = "zh-CN",
) -> Exported:
    """Return a poll's declared outcome as a file.

    Raises
    ------
    DeniedError, StageError, NotFoundError
        As :func:`renovation.services.outcome.results.election`.
    """
    held = election(store, actor, poll_id)
    details = NoticeDetails(day=_stated_day(held), calendar=lists.work_calendar(store))
    return export_outcome(held, allocate(held), format_, language=language, details=details)


def export_outcome(
    held: Election,
    allocation: Allocation,
    format_: ExportFormat,
    *,
    language: str = "zh-CN",
    details: NoticeDetails | None = None,
) -> Exported:
    """Return an outcome as a file: ``(filename, MIME type, bytes)``; equal inputs give equal bytes."""
    instance, stem = held.instance, file_stem(held.poll.title)
    match format_:
        case ExportFormat.PB:
            whole = _in_whole_units(instance, allocation)
            declared = declared_results(instance, tally(instance, held.profile), allocation)
            return write_pabulib(
                _described(held, allocation, whole), held.profile, declared=declared, filename=f"{stem}.pb"
            )
        case ExportFormat.NOTICE | ExportFormat.NOTICE_DOCX:
            notice = make_notice(held, allocation, details or NoticeDetails(day=_stated_day(held)), language)
            write = notice_html if format_ is ExportFormat.NOTICE else notice_docx
            filename, mime, content = write(notice)
            return (f"{file_stem(notice.title)}.{filename.rpartition('.')[2]}", mime, content)
        case ExportFormat.XLSX:
            return workbook(stem, _sheets(held, allocation, language))
        case ExportFormat.CSV:
            headings, lines = table(instance, result_rows(instance, allocation, language), language)
            return csv_table(stem, headings, lines)
        case _:
            layer = _layer(held, allocation, language)
            write_layer = geopackage if format_ is ExportFormat.GPKG else geojson
            return write_layer(layer, datum="cgcs2000")


def _stated_day(held: Election) -> date:
    moment = held.poll.closed_at or held.poll.created_at
    assert moment is not None  # every stored poll has a day
    return day_of(moment)


def _in_whole_units(instance: Instance, allocation: Allocation) -> Instance:
    """Write whole yuan without decimals, as files have them."""
    scale, settings = instance.scale, allocation.settings
    amounts = [instance.budget, *(project.cost for project in instance.projects)]
    amounts += [project.full_cost for project in instance.projects if project.full_cost is not None]
    amounts += [*settings.get("category_budgets", {}).values(), *settings.get("area_budgets", {}).values()]
    if any(amount % scale for amount in (*amounts, settings.get("step", 0))):
        return instance
    projects = tuple(
        replace(
            project,
            cost=project.cost // scale,
            full_cost=None if project.full_cost is None else project.full_cost // scale,
        )
        for project in instance.projects
    )
    return replace(instance, projects=projects, budget=instance.budget // scale, scale=1)


def _described(held: Election, allocation: Allocation, instance: Instance) -> Instance:
    """Add what a reader of the file wants to know of a poll of our own."""
    if held.poll.source:
        return instance
    settings = held.poll.settings
    own = {
        "description": held.poll.title,
        "country": "China",
        "unit": held.poll.title,
        "instance": str(_stated_day(held).year),
        "rule": pabulib_label(settings.rule, settings.rule_settings),
        "tie_break": settings.tie_break,
        OWN_RULE: _rule_json(allocation, held.instance.scale),
    }
    return replace(instance, meta={**own, **instance.meta})


def _rule_json(allocation: Allocation, scale: int) -> str:
    """Write a rule with its settings; money in units of the currency, so that it does not depend on the file's own."""
    settings = dict(allocation.settings)
    if "step" in settings:
        settings["step"] = str(Fraction(settings["step"], scale))
    for name in ("category_budgets", "area_budgets"):
        if name in settings:
            settings[name] = {key: str(Fraction(amount, scale)) for key, amount in settings[name].items()}
    return to_json({"rule": allocation.rule, "settings": settings})


def pabulib_label(rule: str, settings: Any) -> str:
    """Return the label a ``.pb`` file gives a rule, so that reading it back declares the same rule."""
    if rule == "mes":
        return "equalshares/add1" if settings.get("add1", "off") != "off" else "equalshares"
    return {"greedy-stop": "greedy-no-skip"}.get(rule, rule)


def _sheets(held: Election, allocation: Allocation, language: str) -> list[TableSheet]:
    instance, poll = held.instance, held.poll
    rows = result_rows(instance, allocation, language)
    headings, lines = table(instance, rows, language)
    total: list[Any] = [None] * len(headings)
    total[2] = text("page_results.sheet.total", language)
    total[6] = Fraction(allocation.total_cost, instance.scale)
    total[7] = len(allocation.winners)
    foreign = instance.currency != "CNY"
    tie = text("page_compare.own_tie", language, tie_break=tie_label(allocation.settings, language))
    facts = {
        **({"synthetic": text("page_results.sheet.synthetic_note", language)} if poll.synthetic else {}),
        "poll": poll.title,
        "ballots": held.turnout.ballots,
        "blank": held.turnout.blank,
        "denominator": held.turnout.denominator,
        "rule": rule_label(allocation.rule, allocation.settings, language),
        "settings": "\n".join((tie, *setting_sentences(allocation.rule, allocation.settings, instance, language))),
        "version": allocation.rules_version,
        "digest": held.digest,
        **({"root": root} if (root := poll.meta.get("ledger_root")) else {}),
        "datum": "CGCS2000 (EPSG:4490)",
    }
    budget_key = "budget_other" if foreign else "budget"
    budget = text(f"page_results.sheet.{budget_key}", language, currency=instance.currency)
    return [
        TableSheet(name=text("page_results.sheet.projects", language), headings=headings, rows=[*lines, total]),
        TableSheet(
            name=text("page_results.sheet.about", language),
            headings=[text("page_results.sheet.what", language), text("page_results.sheet.value", language)],
            rows=[*about(facts, language), [budget, Fraction(allocation.budget, instance.scale)]],
        ),
    ]


def _layer(held: Election, allocation: Allocation, language: str) -> PlaceLayer:
    import shapely

    rows = result_rows(held.instance, allocation, language)
    headings, lines = table(held.instance, rows, language, places=False)
    return PlaceLayer(
        name=held.poll.title,
        headings=headings,
        rows=lines,
        geometries=[
            None if row.lon is None or row.lat is None else shapely.to_wkb(shapely.Point(row.lon, row.lat))
            for row in rows
        ],
    )
