"""What an estate's file says, in words: for the screen and for the printed 小区基本情况表."""

from __future__ import annotations

import json
from fractions import Fraction
from itertools import zip_longest
from typing import Any

from renovation.exports.files.tables import Exported
from renovation.exports.register.estate_sheet import EstateSheet, estate_sheet_html
from renovation.model.accounts import Action, Actor, require
from renovation.model.clock import today
from renovation.model.demands import DemandFilter
from renovation.model.gates import read_answers
from renovation.model.photos import PhotoKind, PhotoOwner, PhotoOwnerKind
from renovation.model.places import Change, Estate
from renovation.model.projects import ProjectFilter
from renovation.model.scope import Scope
from renovation.services.demands import demands
from renovation.services.money.gates import estate_gates
from renovation.services.polls import polls
from renovation.services.projects import projects
from renovation.services.register import photos
from renovation.services.register.estate_works import estate_works_of
from renovation.services.register.estates import EstateFile, get_estate_file
from renovation.store import Store
from renovation.text import Language, has_text, text
from renovation.text.formats import format_list, format_percent, format_yuan, wan_digits

#: Of each kind, so that the sheet stays a sheet.
PHOTOS_PRINTED = 3

_COUNTS = ("buildings", "units", "households", "floors_without_lift", "old_trees")


def _word(member: Any, language: Language | str) -> str:
    return text(f"enum.{type(member).__name__}.{member.value}", language)


def fact_lines(file: EstateFile, language: Language | str) -> list[tuple[str, str]]:
    """Return (label, value) of every fact in the order of the paper form; what nobody knows says so."""
    estate, facts = file.estate, file.estate.facts
    unknown = text("estate.list.unknown", language)

    def shown(name: str) -> str:
        value = getattr(facts, name)
        if value is None or value == "":
            return unknown
        if name in ("elderly_share", "willingness", "survey_coverage"):
            return format_percent(value, str(language))
        if name in _COUNTS:
            return f"{value:,}"
        if name == "floor_area_m2":
            return f"{value:,.0f}"
        if name == "maintenance_fund":
            return format_yuan(value, str(language))
        return str(value) if isinstance(value, str | int) and not hasattr(value, "name") else _word(value, language)

    lines = [("code", estate.code)]
    lines += [
        (name, shown(name))
        for name in (
            "address", "built_year", "estate_type", "status", "buildings", "units", "households", "floor_area_m2",
        )
    ]  # fmt: skip
    lines.append(("outline_m2", unknown if file.outline_m2 is None else f"{file.outline_m2:,.0f}"))
    lines += [
        (name, shown(name))
        for name in (
            "elderly_share", "floors_without_lift", "management_form", "no_committee_reason", "maintenance_fund",
            "willingness", "survey_coverage", "disputes", "old_trees", "heritage", "note",
        )
    ]  # fmt: skip
    return [(text(f"estate.column.{name}", language), value) for name, value in lines]


def change_lines(change: Change, names: dict[int, str], language: Language | str) -> list[str]:
    """Return one sentence per field that an edit changed.

    Parameters
    ----------
    names
        Names of areas by id, for moves from one to another.
    """
    lines = []
    for field, pair in change.fields.items():
        before, after = (_said(field, value, names, language) for value in pair)
        name = text(f"estate.column.{field}", language)
        lines.append(text("estate.file.change", language, field=name, before=before, after=after))
    return lines


def _said(field: str, value: str, names: dict[int, str], language: Language | str) -> str:
    if not value:
        return text("estate.file.empty_value", language)
    if field.endswith("_id"):
        return names.get(int(value), value)
    if field == "deficits":
        return format_list((text(f"enum.Deficit.{name}", language) for name in value.split()), str(language))
    if field in ("elderly_share", "willingness", "survey_coverage"):
        return format_percent(Fraction(value), str(language))
    if field == "maintenance_fund":
        return format_yuan(int(value), str(language))
    if field.startswith("gate."):
        return _gate_said(field, value, language)
    if field == "consent":
        names_of = ("agree", "heads", "agree_area", "area")
        counts = dict(zip(names_of, map(Fraction, value.split()), strict=True))
        return text("estate.file.consent_counts", language, **{name: round(one) for name, one in counts.items()})
    if field == "waits_for":
        return " ".join(text(f"reason.gate.{reason}", language, **fields) for reason, fields in read_answers(value))
    if field == "through":
        act, where = json.loads(value)
        said = text(f"enum.EstateAct.{act}", language)
        return text("estate.file.through", language, act=said, where=where) if where else said
    if field == "estate_works":
        year, what, cost = json.loads(value)
        return f"{year} {what}" + ("" if cost is None else f" {format_yuan(cost, str(language))}")
    if field == "photos":
        kind, _, caption = value.partition(" ")
        return f"{text(f'enum.PhotoKind.{kind}', language)} {caption}".strip()
    enums = {"estate_type": "EstateType", "management_form": "ManagementForm", "status": "RenovationStatus"}
    key = f"enum.{enums[field]}.{value}" if field in enums else ""
    return text(key, language) if key and has_text(key) else value


def _gate_said(field: str, value: str, language: Language | str) -> str:
    if field == "gate.coverage":
        return text("gates.covered_is", language, count=int(value))
    if field == "gate.upkeep":
        return text(f"gates.{value}", language)
    names = [name for name in value.split("|") if name]
    return format_list(names, str(language)) if names else text("gates.none_found", language)


def _tables(
    store: Store, actor: Actor | None, file: EstateFile, language: Language | str
) -> list[tuple[str, list[str], list[list[str]]]]:
    """Return what hangs on the estate as (heading, column headings, rows); what is empty is left out."""
    scope = Scope(estate_id=file.estate.id)
    allowed = require(actor, Action.SEE_REGISTER)

    def heads(*keys: str) -> list[str]:
        return [text(key, language) for key in keys]

    def number(value: int | None) -> str:
        return "" if value is None else f"{value:,}"

    lift = {None: "", True: text("estate.file.yes", language), False: text("estate.file.no", language)}
    built = [
        [b.name, number(b.floors), *(number(count) for count in file.doors.get(b.id, (0, 0))), lift[b.has_lift]]
        for b in file.buildings
    ]
    works = [
        [
            str(work.draft.year),
            work.draft.what,
            "" if work.draft.cost is None else format_yuan(work.draft.cost, str(language)),
            work.draft.source,
        ]
        for work in estate_works_of(store, allowed, file.estate.id)
    ]
    asked = [
        [text(f"enum.DemandCategory.{row.name}", language), number(row.received), number(row.answered)]
        for row in demands.figures(store, allowed, DemandFilter(scope=scope)).by_category
        if row.received
    ]
    rows = projects.list_projects(store, allowed, ProjectFilter(scope=scope))
    own = {row.project.id for row in rows}
    planned = [
        [row.project.code, row.project.name, wan_digits(row.project.cost), number(row.demands),
         _word(row.project.status, language)]
        for row in rows
    ]  # fmt: skip
    held = [
        [poll.title, _word(poll.stage, language), number(poll.holding(own))]
        for poll in polls.list_polls(store, allowed)
        if poll.estate_id == file.estate.id or poll.holding(own)
    ]
    decided = [
        [
            record.draft.subject,
            record.draft.decided_on.isoformat(),
            f"{record.draft.count.agree_heads:,} / {record.draft.count.total_heads:,}",
            f"{float(record.draft.count.agree_area):,.0f} / {float(record.draft.count.total_area):,.0f}",
            text(
                f"estate.sheet.{'withdrawn' if record.withdrawn_on else 'passed' if result.passed else 'failed'}",
                language,
            ),
        ]
        for record, result in estate_gates(store, allowed, file.estate.id).consents
    ]
    found = [
        (
            text("estate.sheet.buildings", language),
            heads(*(f"estate.file.{name}" for name in ("building", "floors", "stairs", "doors", "lift"))),
            built,
        ),
        (
            text("estate_work.heading", language),
            heads(*(f"estate_work.{name}" for name in ("year", "what", "cost", "source"))),
            works,
        ),
        (
            text("estate.sheet.demands", language),
            heads("estate.file.demand_category", "estate.sheet.received", "estate.sheet.answered"),
            asked,
        ),
        (
            text("estate.sheet.projects", language),
            heads(
                "project.column.code",
                *(f"estate.file.project_{name}" for name in ("name", "cost", "demands", "status")),
            ),
            planned,
        ),
        (
            text("estate.sheet.consents", language),
            heads(*(f"estate.sheet.consent_{name}" for name in ("subject", "day", "heads", "area", "result"))),
            decided,
        ),
        (
            text("estate.sheet.polls", language),
            heads(*(f"estate.file.poll_{name}" for name in ("title", "stage", "projects"))),
            held,
        ),
    ]
    return [table for table in found if table[2]]


def _pictures(store: Store, actor: Actor | None, estate_id: int, language: Language | str) -> list[tuple[str, bytes]]:
    """Return (words, JPEG) of the newest photos of each kind, one of before beside one of after."""
    kept = photos.photos_of(store, actor, PhotoOwner(kind=PhotoOwnerKind.ESTATE, id=estate_id))
    newest = {
        kind: sorted((one for one in kept if one.kind is kind), key=lambda one: one.added_at, reverse=True)
        for kind in PhotoKind
    }
    turns = zip_longest(*(newest[kind][:PHOTOS_PRINTED] for kind in PhotoKind))
    return [
        (
            " · ".join(
                part
                for part in (
                    _word(one.kind, language),
                    one.taken_on.isoformat() if one.taken_on else "",
                    one.caption,
                )
                if part
            ),
            photos.photo_bytes(store, actor, one.id),
        )
        for turn in turns
        for one in turn
        if one is not None
    ]


def export_estate_sheet(
    store: Store, actor: Actor | None, estate_id: int, *, language: Language | str = Language.ZH
) -> Exported:
    """Return the printable 小区基本情况表 of an estate.

    Raises
    ------
    NotFoundError
        ``estate.not_found``, also when it lies outside what the actor may see.
    """
    file = get_estate_file(store, actor, estate_id)
    estate: Estate = file.estate
    deficits = [
        [
            _word(record.deficit, language),
            text("estate.file.yes" if record.present else "estate.file.no", language),
            record.collected_on.isoformat(),
            record.collector,
        ]
        for record in file.deficits
    ]
    tables = _tables(store, actor, file, language)
    if deficits:
        columns = [
            text(f"estate.file.{name}", language) for name in ("deficit", "present", "collected_on", "collector")
        ]
        tables.insert(0, (text("estate.file.deficits_heading", language), columns, deficits))
    return estate_sheet_html(
        EstateSheet(
            title=text("estate.sheet.title", language),
            name=estate.name,
            trail=" › ".join(area.name for area in file.trail),
            facts=fact_lines(file, language),
            tables=tables,
            footer=[
                text("estate.sheet.source", language, version=estate.version),
                text("estate.sheet.filled_on", language, day=today()),
            ],
            button=text("estate.sheet.button", language),
            photos_heading=text("estate.sheet.photos", language),
            photos=_pictures(store, actor, estate.id, language),
            warning=text("estate.sheet.demo", language) if estate.synthetic else "",
            language=str(language),
        )
    )
