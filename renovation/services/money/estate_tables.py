"""Every estate as one line with all that is known of it: to edit in a grid or a workbook, and to take in again.

The headings are those a list of estates is read by, so what goes out comes back the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from renovation.exports.files.tables import Exported, TableSheet, csv_table, workbook
from renovation.imports.files.cells import CLEAR
from renovation.imports.register.estates import CLEARABLE, FIELDS
from renovation.model.accounts import Action, Actor
from renovation.model.consents import ConsentRecord
from renovation.model.gates import Gate, GateFact
from renovation.model.money import yuan
from renovation.model.places import Deficit, Estate, EstateFilter
from renovation.model.scope import EVERYWHERE, Scope
from renovation.rules.money.on_file import counting_consent
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.money import gates as gates_store
from renovation.store.register import areas, estates
from renovation.text import Language, text
from renovation.text.formats import format_list

#: What a person edits together, by what it is about.
GROUPS: Mapping[str, tuple[str, ...]] = {
    "gates": ("ruled_out", "upkeep_agreed", "paid_elsewhere", "visited", "gate_day", "gate_source"),
    "survey": ("households", "survey_coverage", "willingness", "visited", "elderly_share"),
    "consent": (
        "total_heads", "agree_heads", "object_heads", "abstain_heads", "total_area", "agree_area", "object_area",
        "abstain_area", "consent_day", "consent_until", "consent_evidence", "consent_subject",
    ),
    "facts": (
        "built_year", "estate_type", "management_form", "buildings", "units", "households", "floor_area_m2",
        "floors_without_lift", "maintenance_fund_fen", "address", "no_committee_reason", "disputes", "old_trees",
        "heritage", "note",
    ),
}  # fmt: skip
_TOGETHER = ("gates", "consent")
_PLACES = ("code", "name", "district", "street", "community")
_SHARES = ("elderly_share", "willingness", "survey_coverage")
_ALL = (*_PLACES, *dict.fromkeys(name for names in (*GROUPS.values(), ("deficits",)) for name in names))
_HEADINGS = {field.name: field.headings for field in FIELDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class EstateLine:
    """An estate as one line: field of a list of estates → what its cell says, empty where nothing is known."""

    id: int
    cells: Mapping[str, Any]


def heading_of(name: str, language: Language | str) -> str:
    """Return the heading a field goes by, in English where it has one there."""
    known = _HEADINGS[name]
    english = (one for one in reversed(known) if one.isascii() and "_" not in one)
    return next(english, known[0]) if language == Language.EN else known[0]


def estate_lines(
    store: Store, actor: Actor | None, language: Language, scope: Scope = EVERYWHERE
) -> tuple[EstateLine, ...]:
    """Return every estate of a scope as one line, by code: facts, survey, gates and the owners' consent."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        found = estates.find(door.connection, EstateFilter(scope=scope), allowed=door.scope)
        ids = [one.id for one in found]
        names = {area.id: area.name for area in areas.list_areas(door.connection)}
        facts = gates_store.facts(door.connection, ids)
        consents = gates_store.consents(door.connection, ids)
    return tuple(
        EstateLine(
            id=one.id,
            cells=_register_cells(one, names, language)
            | _gate_cells(facts.get(one.id, ()), language)
            | _consent_cells(counting_consent(consents.get(one.id, ()))),
        )
        for one in found
    )


def _register_cells(one: Estate, names: Mapping[int, str], language: Language) -> dict[str, Any]:
    facts = one.facts

    def label(member: Any) -> str | None:
        return None if member is None else text(f"enum.{type(member).__name__}.{member.value}", language)

    same = {name: getattr(facts, name) for name in _ALL if hasattr(facts, name)}
    return same | {
        "code": one.code,
        "name": one.name,
        "district": names.get(one.county_id or 0, ""),
        "street": names.get(one.street_id or 0, ""),
        "community": names.get(one.community_id or 0, ""),
        "estate_type": label(facts.estate_type),
        "management_form": label(facts.management_form),
        "maintenance_fund_fen": None if facts.maintenance_fund is None else yuan(facts.maintenance_fund),
        "deficits": format_list((label(one) or "" for one in Deficit if one in facts.deficits), str(language)),
    }


def _gate_cells(facts: Any, language: Language) -> dict[str, Any]:
    """Say the newest answer of each gate; day and source stay free for what is checked next."""
    newest: dict[Gate, GateFact] = {fact.gate: fact for fact in facts}
    nothing, yes, no = (text(f"estate_table.{word}", language) for word in ("nothing", "yes", "no"))
    named = {
        name: format_list(newest[gate].names, str(language)) or nothing
        for name, gate in (("ruled_out", Gate.NOT_EXCLUDED), ("paid_elsewhere", Gate.NO_DOUBLE_FUNDING))
        if gate in newest
    }
    upkeep, coverage = newest.get(Gate.UPKEEP), newest.get(Gate.COVERAGE)
    return {
        "ruled_out": None,
        "paid_elsewhere": None,
        "upkeep_agreed": None if upkeep is None else yes if upkeep.holds else no,
        "visited": None if coverage is None else coverage.number,
        "gate_day": None,
        "gate_source": None,
    } | named


def _consent_cells(held: ConsentRecord | None) -> dict[str, Any]:
    if held is None:
        return dict.fromkeys(GROUPS["consent"])
    draft, count = held.draft, held.draft.count
    return {name: getattr(count, name) for name in GROUPS["consent"] if hasattr(count, name)} | {
        "consent_day": draft.decided_on,
        "consent_until": draft.valid_until,
        "consent_evidence": draft.evidence,
        "consent_subject": draft.subject,
    }


def export_estate_lines(store: Store, actor: Actor | None, language: Language, scope: Scope = EVERYWHERE) -> Exported:
    """Return the estates of a scope as a workbook to edit; taken in again it changes what was edited alone."""
    lines = estate_lines(store, actor, language, scope)
    name = text("estate_table.export_name", language)
    sheet = TableSheet(
        name=name,
        headings=[heading_of(one, language) for one in _ALL],
        rows=[[line.cells.get(one) for one in _ALL] for line in lines],
        shares=frozenset(_ALL.index(one) for one in _SHARES),
    )
    return workbook(name, [sheet])


def cell_words(name: str, value: Any) -> str:
    """Return a cell as it is typed into a grid, and read again as the same; shares carry their percent sign."""
    if value is None:
        return ""
    if name in _SHARES:
        return f"{float(value) * 100:.12g}%"
    if isinstance(value, Fraction):
        return f"{float(value):.12g}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def edited_list(lines: Mapping[int, Mapping[str, str]], held: Mapping[int, EstateLine]) -> bytes:
    """Return what was edited as a list of estates: the cells that were changed, and nothing in any other.

    Parameters
    ----------
    lines
        Estate → field → what was typed; an emptied cell of a fact takes away what is on file. Gates and votes are read
        together, so one edited cell brings the others of its kind along.
    """
    said: dict[int, dict[str, str]] = {}
    for estate_id, cells in lines.items():
        whole = [group for name, group in GROUPS.items() if name in _TOGETHER and set(group) & cells.keys()]
        beside = {name: cell_words(name, held[estate_id].cells.get(name)) for group in whole for name in group}
        typed = {name: words or (CLEAR[0] if name in CLEARABLE else "") for name, words in cells.items()}
        said[estate_id] = beside | typed
    fields = [name for name in _ALL if any(name in cells for cells in said.values())]
    rows = []
    for estate_id, cells in said.items():
        known = held[estate_id].cells
        rows.append([known["code"], known["name"], *(cells.get(name, "") for name in fields)])
    headings = [_HEADINGS[name][0] for name in ("code", "name", *fields)]
    return csv_table("estates", headings, rows)[2]
