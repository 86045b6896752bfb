"""What a locality sets for itself as lists: every service that decides reads them; changed by line or by file.

The town's list holds everywhere; a county or street may have its own in its place. Nothing is overwritten: every state
stays, and what was decided under an older one keeps it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from renovation.errors import ConflictError, ImportRefusedError, InvalidError, NotFoundError
from renovation.exports.files.lists import list_xlsx
from renovation.exports.files.tables import Exported
from renovation.imports.files.corrections import AS_IT_STANDS, Corrections
from renovation.imports.files.lists import parse_list, shipped, worded
from renovation.imports.files.results import Parsed
from renovation.model import localities
from renovation.model.accounts import Action, Actor
from renovation.model.clock import today
from renovation.model.gates import Threshold
from renovation.model.intake import IntakeRules
from renovation.model.lists import (
    LISTS,
    HeldList,
    Line,
    LineChange,
    Lines,
    ListKind,
    ListVersion,
    completed,
    differences,
    faults_of,
)
from renovation.model.localities import DeficitRules, FacilityKind, Office
from renovation.model.places import AreaLevel
from renovation.model.scope import EVERYWHERE, Scope
from renovation.model.workdays import DayKind, WorkCalendar
from renovation.rules.money.gates import check_threshold
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import Door, reading
from renovation.store import Connection, Store
from renovation.store import lists as lists_store
from renovation.store.lists import StoredList
from renovation.store.register import areas, estates

#: The town itself, among places that have lists.
TOWN = 0
#: Lines of a change that the log names one by one; the store keeps every state whole.
_LOGGED = 60
#: How far ahead a deadline given today may reach.
_AHEAD = timedelta(days=60)
_INTAKE = (ListKind.DEADLINES, ListKind.DEPARTMENTS, ListKind.REPLIES, ListKind.HOLIDAYS)


class Rulebook:
    """Lists of one state of the store, for services inside a transaction; read once, asked for any place."""

    def __init__(self, connection: Connection, kinds: Iterable[ListKind]) -> None:
        self._held = lists_store.newest(connection, kinds)
        self._intake: dict[tuple[int, ...], IntakeRules] = {}

    def held(self, kind: ListKind, place: Scope = EVERYWHERE) -> tuple[Lines, int]:
        """Return the lines that hold at a place, and whose they are: its street's, its county's or the town's."""
        for area_id in (place.street_id, place.county_id, TOWN):
            one = self._held.get((kind, area_id)) if area_id is not None else None
            if one is not None and one.lines is not None:
                return one.lines, area_id or TOWN
        return shipped(kind), TOWN

    def stored(self, kind: ListKind, area_id: int) -> StoredList | None:
        """Return the newest state of a place's own list."""
        return self._held.get((kind, area_id))

    def lines(self, kind: ListKind, place: Scope = EVERYWHERE) -> Lines:
        """Return the lines that hold at a place."""
        return self.held(kind, place)[0]

    def intake(self, place: Scope) -> IntakeRules:
        """Return everything a place sets about demands."""
        whose = tuple(self.held(kind, place)[1] for kind in _INTAKE)
        if whose not in self._intake:
            deadlines, departments, replies, holidays = (self.lines(kind, place) for kind in _INTAKE)
            self._intake[whose] = IntakeRules(
                subtypes=localities.subtypes_of(deadlines),
                dispatch=localities.dispatch_of(departments),
                replies=localities.replies_of(replies),
                calendar=localities.calendar_of(holidays),
            )
        return self._intake[whose]


def intake_book(connection: Connection) -> Rulebook:
    """Return what places set about demands. For services inside a transaction."""
    return Rulebook(connection, _INTAKE)


def intake_rules(connection: Connection, place: Scope = EVERYWHERE) -> IntakeRules:
    """Return what one place sets about demands. For services inside a transaction."""
    return intake_book(connection).intake(place)


def _lines(connection: Connection, kind: ListKind, place: Scope = EVERYWHERE) -> Lines:
    return Rulebook(connection, [kind]).lines(kind, place)


def thresholds_in_force(connection: Connection) -> dict[str, Threshold]:
    """Return the thresholds by code, each with its source. For services inside a transaction."""
    return localities.thresholds_of(_lines(connection, ListKind.THRESHOLDS))


def synonyms(connection: Connection) -> dict[str, str]:
    """Return which wordings mean the same. For services inside a transaction."""
    return localities.synonyms_of(_lines(connection, ListKind.SYNONYMS))


def deficit_rules(connection: Connection) -> DeficitRules:
    """Return which deficits are matters of safety, and what mends them. For services inside a transaction."""
    return localities.deficits_of(_lines(connection, ListKind.DEFICITS))


def facility_list(connection: Connection) -> dict[str, FacilityKind]:
    """Return the kinds of facilities by name, in their usual order. For services inside a transaction."""
    return localities.facilities_of(_lines(connection, ListKind.FACILITIES))


def benchmark_bands(connection: Connection) -> tuple[localities.Benchmark, ...]:
    """Return the cost bands that totals are held against. For services inside a transaction."""
    return localities.benchmarks_of(_lines(connection, ListKind.BENCHMARKS))


def office_of(connection: Connection, place: Scope = EVERYWHERE) -> Office:
    """Return who issues the papers of a place. For services inside a transaction."""
    return localities.office_of(_lines(connection, ListKind.OFFICE, place))


def office(store: Store, place: Scope = EVERYWHERE) -> Office:
    """Return who issues the papers of a place; it stands on every notice, so anybody may know."""
    with store.read() as connection:
        return office_of(connection, place)


def office_at(store: Store, estate_id: int | None) -> Office:
    """Return who issues the papers of an estate, wherever its reader sits; the town's office where there is none."""
    with store.read() as connection:
        place = EVERYWHERE if estate_id is None else estates.place_of(connection, estate_id)
        return office_of(connection, place)


def work_calendar(store: Store) -> WorkCalendar:
    """Return the town's holidays and days worked in exchange; they are announced to everybody."""
    with store.read() as connection:
        return localities.calendar_of(_lines(connection, ListKind.HOLIDAYS))


def years_lacking(store: Store, actor: Actor | None) -> tuple[int, ...]:
    """Return the years into which a deadline in working days given now may reach, and no holidays are listed for."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        book = intake_book(door.connection)
        counted = any(row.day_kind is DayKind.WORKING for row in localities.subtypes_of(book.lines(ListKind.DEADLINES)))
        return _lacking(localities.calendar_of(book.lines(ListKind.HOLIDAYS))) if counted else ()


def _lacking(calendar: WorkCalendar) -> tuple[int, ...]:
    return calendar.lacks({today().year, (today() + _AHEAD).year})


def seed(unit: ActingUnit, own: Mapping[ListKind, Lines] | None = None) -> None:
    """Keep the shipped lists as the town's first own ones, so that another version of the program changes nothing.

    Parameters
    ----------
    own
        What the town begins with in the place of shipped lines.
    """
    there = lists_store.newest(unit.connection, ListKind)
    first = {kind: shipped(kind) for kind in ListKind} | dict(own or {})
    for kind, lines in first.items():
        if (kind, TOWN) not in there and lines:
            login = unit.actor.login or unit.actor.role.value
            lists_store.add(unit.connection, kind, TOWN, lines, seen=0, at=unit.at, login=login)


def read_list(store: Store, actor: Actor | None, kind: ListKind, area_id: int = TOWN) -> HeldList:
    """Return a list as it holds for the town, a county or a street.

    Raises
    ------
    NotFoundError
        ``list.place_unknown``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return _held(door, kind, area_id)


def _held(door: Door, kind: ListKind, area_id: int) -> HeldList:
    book = Rulebook(door.connection, [kind])
    lines, whose = book.held(kind, _place(door, area_id))
    own = book.stored(kind, area_id)
    return HeldList(
        kind=kind,
        area_id=area_id,
        held_by=whose,
        lines=lines,
        version=own.version if own else 0,
        at=own.at if own else None,
        login=own.login if own else "",
    )


def _place(door: Door, area_id: int) -> Scope:
    """Return a county or street with the county above it."""
    if area_id == TOWN:
        return EVERYWHERE
    found = areas.get_area(door.connection, area_id)
    if found is None or found.level not in (AreaLevel.COUNTY, AreaLevel.STREET):
        raise NotFoundError("list.place_unknown")
    if found.level is AreaLevel.COUNTY:
        return Scope(county_id=found.id)
    return Scope(county_id=found.parent_id, street_id=found.id)


def places_with_lists(store: Store, actor: Actor | None, kind: ListKind) -> tuple[int, ...]:
    """Return the counties and streets that have a list of their own."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        newest = lists_store.newest(door.connection, [kind])
        return tuple(sorted(area for (_, area), one in newest.items() if area != TOWN and one.lines is not None))


def list_versions(store: Store, actor: Actor | None, kind: ListKind, area_id: int = TOWN) -> tuple[ListVersion, ...]:
    """Return the earlier states of a place's list, newest first."""
    with reading(store, actor, Action.EDIT_LISTS) as door:
        return lists_store.versions(door.connection, kind, area_id)


def save_list(
    store: Store, actor: Actor | None, kind: ListKind, lines: Sequence[Line], *, area_id: int = TOWN, version: int
) -> HeldList:
    """Put a list in the place of what held; with nothing changed nothing is kept.

    Parameters
    ----------
    version
        Of the place's own list as it was read.

    Raises
    ------
    ImportRefusedError
        Lines that cannot be; all of them are named, and nothing is kept.
    InvalidError
        ``list.town_only``: a county or street has no such list; ``threshold.fixed``, ``threshold.range`` or
        ``threshold.bands``.
    ConflictError
        ``list.changed``: somebody else was first.
    NotFoundError
        ``list.place_unknown``.
    DeniedError
        ``account.whole_town``: the town's list, or another place's than the actor sees.
    """
    with acting(store, actor, Action.EDIT_LISTS) as unit:
        held = _to_change(unit, kind, area_id, version)
        kept = completed(kind, lines)
        faults = faults_of(kind, kept)
        if faults:
            raise ImportRefusedError([worded(kind, fault) for fault in faults])
        kept = _checked(kind, held.lines, kept)
        changes = differences(kind, held.lines, kept)
        if changes or kept != held.lines or not held.own:
            _write(unit, held, kept, changes)
            unit.commit()
        return _held(unit, kind, area_id)


def _to_change(unit: ActingUnit, kind: ListKind, area_id: int, version: int) -> HeldList:
    if area_id == TOWN:
        unit.require_whole_town()
    else:
        if not LISTS[kind].by_place:
            raise InvalidError("list.town_only")
        if not unit.scope.holds(_place(unit, area_id)):
            unit.require_whole_town()
    held = _held(unit, kind, area_id)
    if held.version != version:
        raise ConflictError("list.changed")
    return held


def _write(unit: ActingUnit, held: HeldList, lines: Lines | None, changes: Sequence[LineChange]) -> None:
    lists_store.add(
        unit.connection, held.kind, held.area_id, lines, seen=held.version, at=unit.at, login=unit.actor.login
    )
    unit.log(
        "list.change",
        "list",
        held.kind.value,
        area=held.area_id,
        version=held.version + 1,
        lines=None if lines is None else len(lines),
        changes=[_logged(one) for one in changes[:_LOGGED]],
        more=max(0, len(changes) - _LOGGED),
    )


def _logged(one: LineChange) -> dict[str, Any]:
    """Return a change as the log has it: whole lines where one came or went, else the cells that moved."""
    if one.before is None or one.after is None:
        return {"before": one.before and dict(one.before), "after": one.after and dict(one.after)}
    moved = [name for name, value in one.after.items() if one.before.get(name) != value]
    return {
        "line": list(one.key),
        "before": {name: one.before.get(name, "") for name in moved},
        "after": {name: one.after[name] for name in moved},
    }


def _checked(kind: ListKind, before: Lines, after: Lines) -> Lines:
    """Hold lists whose lines are fixed against what the program knows, and say whose a changed number is."""
    if LISTS[kind].grows:
        return after
    fixed = [column.name for column in LISTS[kind].columns if column.fixed]
    (key,) = LISTS[kind].key
    old = {line[key]: line for line in before}
    if {line[key] for line in after} != set(old):
        raise InvalidError("list.lines_fixed")
    kept = tuple({**line, **{name: old[line[key]][name] for name in fixed}} for line in after)
    if kind is ListKind.THRESHOLDS:
        known = localities.thresholds_of(kept)
        moved = [line for line in kept if any(line[cell] != old[line["code"]][cell] for cell in ("value", "source"))]
        for line in moved:
            check_threshold(line["code"], known[line["code"]].value, known)
        changed = {line["code"] for line in moved}
        kept = tuple({**line, "mark": "V"} if line["code"] in changed else line for line in kept)
    return kept


def follow_town(store: Store, actor: Actor | None, kind: ListKind, area_id: int, *, version: int) -> HeldList:
    """Give a county's or street's own list up, so that it follows what holds above it.

    Raises
    ------
    InvalidError
        ``list.town_only``.
    ConflictError
        ``list.changed``.
    NotFoundError
        ``list.place_unknown``, also where the place has no list of its own.
    """
    with acting(store, actor, Action.EDIT_LISTS) as unit:
        held = _to_change(unit, kind, area_id, version)
        if area_id == TOWN or not held.own:
            raise NotFoundError("list.place_unknown")
        _write(unit, held, None, ())
        unit.commit()
        return _held(unit, kind, area_id)


def restore_list(
    store: Store, actor: Actor | None, kind: ListKind, number: int, *, area_id: int = TOWN, version: int
) -> HeldList:
    """Put an earlier state of a list in force again, as its next version; 0 is the shipped list.

    Raises
    ------
    NotFoundError
        ``list.version_unknown``.
    ConflictError
        ``list.changed``.
    """
    with acting(store, actor, Action.EDIT_LISTS) as unit:
        held = _to_change(unit, kind, area_id, version)
        lines = lists_store.version(unit.connection, kind, area_id, number) if number else shipped(kind)
        _write(unit, held, lines, () if lines is None else differences(kind, held.lines, lines))
        unit.commit()
        return _held(unit, kind, area_id)


def read_list_file(
    store: Store, actor: Actor | None, kind: ListKind, content: bytes, *, corrections: Corrections = AS_IT_STANDS
) -> Parsed[Line]:
    """Read a workbook of a list to its end; faults come with sheet, row and column."""
    with reading(store, actor, Action.EDIT_LISTS):
        return parse_list(content, kind, corrections=corrections)


def export_list(store: Store, actor: Actor | None, kind: ListKind, area_id: int = TOWN) -> Exported:
    """Return a list as a workbook that :func:`read_list_file` takes back."""
    return list_xlsx(kind, read_list(store, actor, kind, area_id).lines)
