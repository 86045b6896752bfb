"""Lists of pots and of what projects are promised, taken in: new ones, changes of those on file, all undone as one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

from renovation.errors import Fault, ImportRefusedError, InvalidError, RenovationError
from renovation.imports.files.results import Parsed
from renovation.imports.money.pots import PotRow
from renovation.imports.money.sources import SourceRow
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.funding import Contribution, FundedProject, Pot, SourceKind
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, RecordUpdate
from renovation.model.lives import PROJECT_LIFE
from renovation.model.names import name_key
from renovation.services.acts import ActingUnit, acting
from renovation.services.money.books import hold_books
from renovation.services.money.funding import keep_source
from renovation.services.money.payments import Sources
from renovation.services.money.pots import checked_pot
from renovation.services.projects.items import keep_catalogue, kept_catalogue
from renovation.services.register.taking import ask_for_updates, begin, finish
from renovation.store import Store
from renovation.store.money import planning_places
from renovation.store.money import pots as pots_store
from renovation.store.register import areas


def import_pot_list(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[PotRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
) -> ImportRecord:
    """Take a list of pots in: those that no year has by that name are made, the others changed as the list says.

    An empty cell changes nothing. What is on file already is not kept again.

    Parameters
    ----------
    update
        The person's yes to what the list says differently of pots on file.

    Raises
    ------
    ImportRefusedError
        The file has faults, or names works or places that nobody knows; nothing is kept.
    ConflictError
        ``import.update_needs_yes``, ``import.nothing_new``.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.EDIT_POTS) as unit:
        import_id = begin(unit, ImportKind.POTS, parsed, source)
        keep_catalogue(unit.connection)
        meaning = _Meaning(unit)
        held = {(one.year, name_key(one.name)): one for one in pots_store.pots(unit.connection)}
        faults: list[Fault] = []
        updates: list[RecordUpdate] = []
        made: list[int] = []
        changed: list[dict[str, Any]] = []
        for row in parsed.sound or parsed.records:
            known = held.get((row.year, name_key(row.name)))
            try:
                wanted = checked_pot(meaning.pot(row, known))
            except _UnknownError as error:
                faults.append(parsed.fault(f"pot.list_{error.column}", row.row, error.column, value=error.value))
                continue
            except InvalidError as error:
                faults.append(parsed.fault("pot.list_year", row.row, "year", **error.fields))
                continue
            if known is None:
                made.append(pots_store.add_pot(unit.connection, wanted))
            elif fields := _differs(known, wanted):
                columns = pots_store.columns_of(unit.connection, int(known.id), fields)
                pots_store.change_pot(unit.connection, wanted, known.version)
                changed.append({"id": int(known.id), "columns": columns})
                updates.append(
                    _update(parsed, row.row, int(known.id), known.name, f"{known.name} {known.year}", fields)
                )
        if found := parsed.with_register(faults):
            raise ImportRefusedError(found)
        ask_for_updates(updates, agreed=update or dry_run)
        before = {"made_pots": made, "pots": changed}
        stand = {"pot": [*made, *(entry["id"] for entry in changed)]}
        return finish(unit, import_id, added=len(made), before=before, stand=stand, updates=updates, dry_run=dry_run)


class _UnknownError(Exception):
    """A word in a column that nothing is called by."""

    def __init__(self, column: str, value: str) -> None:
        super().__init__(value)
        self.column, self.value = column, value[:40]


class _Meaning:
    """What the words of a list of pots mean here: works by code or name, places as they are registered."""

    def __init__(self, unit: ActingUnit) -> None:
        self._items = {
            name_key(name): item.code
            for item in kept_catalogue(unit.connection)
            for name in (item.code, item.name_zh, item.name_en)
        }
        self._areas = {name_key(area.name): area.name for area in areas.list_areas(unit.connection)}

    def pot(self, row: PotRow, known: Pot | None) -> Pot:
        """Return the pot a row asks for: the one on file with what the row says, or a new one."""
        said: dict[str, Any] = {
            "amount": row.amount,
            "level": row.level,
            "classes": row.classes,
            "items": frozenset(_found(self._items, row.items, "items")),
            "areas": frozenset(_found(self._areas, row.areas, "areas")),
            "project_cap": row.project_cap,
            "owner": row.owner,
            "purpose": row.purpose,
        }
        given = {name: value for name, value in said.items() if value or (name == "amount")}
        return replace(known or Pot(id="", name=row.name, year=row.year, amount=row.amount), **given)


def _found(known: Mapping[str, str], names: Iterable[str], column: str) -> list[str]:
    found = []
    for name in names:
        if (one := known.get(name_key(name))) is None:
            raise _UnknownError(column, name)
        found.append(one)
    return found


_CHANGEABLE = ("amount", "level", "classes", "items", "areas", "project_cap", "owner", "purpose")


def _differs(known: Pot, wanted: Pot) -> dict[str, tuple[str, str]]:
    return {
        name: (_said(getattr(known, name)), _said(getattr(wanted, name)))
        for name in _CHANGEABLE
        if getattr(known, name) != getattr(wanted, name)
    }


def _said(value: object) -> str:
    if isinstance(value, frozenset):
        return "|".join(sorted(str(getattr(one, "value", one)) for one in value))
    return "" if value is None else str(getattr(value, "value", value))


def _update(
    parsed: Parsed[Any], row: int, record_id: int, code: str, name: str, fields: Mapping[str, tuple[str, str]]
) -> RecordUpdate:
    return RecordUpdate(record_id=record_id, row=row, sheet=parsed.sheet, code=code, name=name, fields=fields)


def import_source_list(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[SourceRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
) -> ImportRecord:
    """Take a list in of what projects are promised by pots and sources; what is on file already is not kept again.

    Raises
    ------
    ImportRefusedError
        The file has faults, or promises more than a pot has or a project lacks, or what a pot may not pay for;
        nothing is kept.
    ConflictError
        ``import.update_needs_yes``: it says otherwise what is on file, and nobody has said yes; ``import.nothing_new``.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.EDIT_MONEY) as unit:
        import_id = begin(unit, ImportKind.SOURCES, parsed, source)
        taking = _SourcesTaken(unit, parsed, source.filename[:200])
        for row in parsed.sound or parsed.records:
            taking.take(row)
        if faults := parsed.with_register(taking.faults):
            raise ImportRefusedError(faults)
        ask_for_updates(taking.updates, agreed=update or dry_run)
        before = {"made_sources": taking.made, "sources": taking.changed, "in_estates": sorted(taking.estates)}
        stand = {"project_funding": [*taking.made, *(entry["id"] for entry in taking.changed)]}
        return finish(
            unit,
            import_id,
            added=len(taking.made),
            before=before,
            stand=stand,
            updates=taking.updates,
            dry_run=dry_run,
        )


class _SourcesTaken:
    """A list of sources while its rows are taken one by one."""

    def __init__(self, unit: ActingUnit, parsed: Parsed[SourceRow], filename: str) -> None:
        self._unit, self._parsed, self._filename = unit, parsed, filename
        self._books = hold_books(unit.connection, today())
        self._named = Sources(self._books.pots.values())
        places = planning_places.projects(unit.connection, scopes=[unit.scope]).values()
        self._places = {name_key(one.code): one for one in places}
        self._named_places: dict[str, list[FundedProject]] = {}
        for one in places:
            if not PROJECT_LIFE.is_over(one.status):
                self._named_places.setdefault(name_key(one.name), []).append(one)
        self._seen: dict[tuple[int, SourceKind, str | None], int] = {}
        self.faults: list[Fault] = []
        self.updates: list[RecordUpdate] = []
        self.made: list[int] = []
        self.changed: list[dict[str, Any]] = []
        self.estates: set[int] = set()

    def take(self, row: SourceRow) -> None:
        """Take one row, or note what is wrong with it."""
        places, meant = self._meant(row), self._named.find(row.source, row.year)
        if len(places) != 1:
            column = "project" if row.project else "name"
            code = "payment.which_project" if places else "payment.unknown_project"
            self._note(row, code, column, value=row.project or row.name)
            return
        (place,) = places
        if meant is None:
            self._note(row, "payment.unknown_source", "from", value=place.code)
        elif (first := self._seen.setdefault((place.id, *meant), row.row)) != row.row:
            self._note(row, "planning.twice", "from", id=row.source, other=first)
        else:
            kind, pot = meant
            lines = self._books.contributions.get(place.id, ())
            held = [line for line in lines if line.pot == pot and (pot is not None or line.kind is kind)]
            if len(held) > 1:
                self._note(row, "project.list_sources", "from", code=place.code)
                return
            try:
                new = Contribution(project=str(place.id), kind=kind, pot=pot)
                self._keep(row, place, held[0] if held else None, new)
            except RenovationError as error:
                if (found := SOURCE_FAULTS.get(error.code)) is None:
                    raise
                self._note(row, found, "pledged", **error.fields)
            else:
                self.estates.add(place.estate.id)

    def _meant(self, row: SourceRow) -> list[FundedProject]:
        """Return the projects that a row may mean: by number, or by name and estate."""
        if row.project:
            known = self._places.get(name_key(row.project))
            return [] if known is None else [known]
        found = self._named_places.get(name_key(row.name), [])
        return [one for one in found if not row.estate or name_key(one.estate.name) == name_key(row.estate)]

    def _note(self, row: SourceRow, code: str, wanted: str, /, **fields: Any) -> None:
        self.faults.append(self._parsed.fault(code, row.row, wanted, **fields))

    def _keep(self, row: SourceRow, place: FundedProject, held: Contribution | None, new: Contribution) -> None:
        before = held or replace(new, note=self._filename)
        said = {"pledged": row.pledged, "hours": None if row.hours is None else Fraction(row.hours), "note": row.note}
        given: dict[str, Any] = {
            name: value
            for name, value in said.items()
            if value not in (None, "") and (held is None or value != getattr(held, name))
        }
        if held is not None and not given:
            return
        kept = keep_source(self._unit, self._books, replace(before, **given))
        assert kept.id is not None
        if held is None:
            self.made.append(kept.id)
            return
        columns = {"pledged": held.pledged, "hours": str(held.hours), "note": held.note}
        self.changed.append({"id": kept.id, "columns": columns})
        fields = {name: (_said(getattr(held, name)), _said(value)) for name, value in given.items()}
        self.updates.append(_update(self._parsed, row.row, kept.id, place.code, f"{place.code} {row.source}", fields))


#: What refuses a source, and how a line of a list says it.
SOURCE_FAULTS = {
    "funding.more_than_lacks": "project.list_more_than_lacks",
    "funding.nothing": "project.list_nothing",
    "funding.pot_refuses": "payment.pot_refuses",
    "funding.pot_short": "payment.pot_short",
    "funding.in_kind_is_hours": "payment.in_kind",
}
