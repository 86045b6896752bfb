"""Every pot, and every source of a project, as one line: to edit in a grid or a workbook, and to take in again.

The headings are those that lists of pots and of sources are read by, so what goes out comes back the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from renovation.errors import NotFoundError
from renovation.exports.files.tables import Exported, TableSheet, csv_table, workbook
from renovation.imports.files.columns import Field
from renovation.imports.files.results import Parsed
from renovation.imports.files.values.classes import CLASS_NAMES
from renovation.imports.money import pots as pot_files
from renovation.imports.money import sources as source_files
from renovation.model.accounts import Action, Actor
from renovation.model.funding import Contribution, FundedProject, Pot
from renovation.model.imports import ImportKind, ImportRecord
from renovation.model.money import yuan
from renovation.services.doors import reading
from renovation.services.money.money_lists import import_pot_list, import_source_list
from renovation.store import Store
from renovation.store.money import planning_places
from renovation.store.money import pots as pots_store
from renovation.text import Language, text
from renovation.text.formats import format_list


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyLine:
    """A pot or a source as one line: field of a list of its kind → what its cell says, empty where nothing is known."""

    id: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyTable:
    """What is edited together: kind and columns of its lists, what says which line one is, and how it is taken in."""

    kind: ImportKind
    fields: Sequence[Field]
    headings: Sequence[str]
    known_by: tuple[str, ...]
    needs: Action
    parse: Callable[..., Parsed[Any]]
    take: Callable[..., ImportRecord]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of its fields, in the order of their columns."""
        return tuple(field.name for field in self.fields)

    def written(self, lines: Iterable[Mapping[str, str]]) -> bytes:
        """Return lines as the list that is read again: the cells given, and nothing in any other."""
        return csv_table(self.kind.value, self.headings, [[one.get(name, "") for name in self.names] for one in lines])[
            2
        ]


#: The tables by the section that shows them.
TABLES: Mapping[str, MoneyTable] = {
    "pots": MoneyTable(
        kind=ImportKind.POTS,
        fields=pot_files.FIELDS,
        headings=pot_files.WRITTEN,
        known_by=("name", "year"),
        needs=Action.EDIT_POTS,
        parse=pot_files.parse_pots,
        take=import_pot_list,
    ),
    "sources": MoneyTable(
        kind=ImportKind.SOURCES,
        fields=source_files.FIELDS,
        headings=source_files.WRITTEN,
        known_by=("project", "estate", "name", "from", "year"),
        needs=Action.EDIT_MONEY,
        parse=source_files.parse_sources,
        take=import_source_list,
    ),
}


def money_lines(store: Store, actor: Actor | None, section: str, language: Language) -> tuple[MoneyLine, ...]:
    """Return every pot, or every source of the projects in sight, as one line; the newest year first."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        held = pots_store.pots(door.connection)
        if section == "pots":
            return tuple(MoneyLine(id=int(one.id), cells=_pot_cells(one, language)) for one in held)
        places = planning_places.projects(door.connection, scopes=[door.scope])
        found = pots_store.contributions(door.connection)
    named = {one.id: one for one in held}
    return tuple(
        MoneyLine(id=line.id or 0, cells=_source_cells(line, place, named, language))
        for place in places.values()
        for line in found.get(place.id, ())
    )


def _pot_cells(one: Pot, language: Language) -> dict[str, str]:
    return {
        "name": one.name,
        "year": str(one.year),
        "amount": _figure(yuan(one.amount)),
        "level": text(f"source_kind.{one.level.value}", language),
        "classes": format_list((name for kind, name in CLASS_NAMES.items() if kind in one.classes), str(language)),
        "items": format_list(sorted(one.items), str(language)),
        "areas": format_list(sorted(one.areas), str(language)),
        "project_cap": "" if one.project_cap is None else _figure(yuan(one.project_cap)),
        "owner": one.owner,
        "purpose": one.purpose,
    }


def _source_cells(
    line: Contribution, place: FundedProject, pots: Mapping[str, Pot], language: Language
) -> dict[str, str]:
    pot = pots.get(line.pot or "")
    return {
        "project": place.code,
        "estate": place.estate.name,
        "name": place.name,
        "from": pot.name if pot else text(f"source_kind.{line.kind.value}", language),
        "year": str(pot.year) if pot else "",
        "pledged": _figure(yuan(line.pledged)),
        "hours": f"{float(line.hours):.12g}" if line.hours else "",
        "note": line.note,
    }


def _figure(amount: Decimal) -> str:
    return format(amount.normalize(), "f")


def export_money_lines(store: Store, actor: Actor | None, section: str, language: Language) -> Exported:
    """Return the pots, or the sources, as a workbook to edit; taken in again it changes what was edited alone.

    Raises
    ------
    NotFoundError
        ``money_table.unknown``: there is no such table.
    """
    if section not in TABLES:
        raise NotFoundError("money_table.unknown")
    table, name = TABLES[section], text(f"money_table.{section}", language)
    rows = [[line.cells[name] for name in table.names] for line in money_lines(store, actor, section, language)]
    return workbook(name, [TableSheet(name=name, headings=table.headings, rows=rows)])
