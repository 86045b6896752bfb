"""Demands that a list brings again: which of them the store holds, and what the list says differently of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from renovation.errors import Fault
from renovation.imports.demands.demands import DemandFileRow
from renovation.imports.files.results import Parsed
from renovation.model.clock import day_of
from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandKind
from renovation.model.imports import RecordUpdate
from renovation.model.names import name_key
from renovation.rules.demands.dispatch import due_day
from renovation.services import lists
from renovation.services.acts import ActingUnit
from renovation.store.demands import demands, sources
from renovation.store.demands import places as demand_places
from renovation.store.register import estates

#: What a list may say of a demand besides its words; only while nobody has dealt with it does the list know better.
_OTHERS = ("category", "subtype", "kind", "step_free", "on_behalf")
#: What a cell that says nothing becomes.
_UNSAID = (DemandCategory.OTHER, DemandKind.DEMAND, False, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDemand:
    """A row of a list whose estate and pin are found."""

    row: DemandFileRow
    estate_id: int
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedDemand:
    """A demand of the store, and what a list makes of it."""

    before: Demand
    values: dict[str, Any]
    update: RecordUpdate


class _Alike:
    """Demands without a number, by what they say and where; each is the same one as one row at most."""

    def __init__(self, held: Sequence[Demand]) -> None:
        self._held: dict[tuple[int, DemandChannel, str], list[Demand]] = defaultdict(list)
        for one in held:
            self._held[one.estate_id, one.channel, _words(one.text)].append(one)

    def take(self, one: PlacedDemand) -> Demand | None:
        """Return the demand that a row is, ``None`` where there is none (left)."""
        row = one.row
        same = self._held.get((one.estate_id, row.channel, _words(row.text)), [])
        for at, demand in enumerate(same):
            if row.received_on == day_of(demand.received_at):
                return same.pop(at)
        return None


def _words(said: str) -> str:
    return " ".join(said.split())


def recognise(
    unit: ActingUnit, parsed: Parsed[DemandFileRow], placed: Sequence[PlacedDemand]
) -> tuple[list[PlacedDemand], list[ChangedDemand], list[Fault]]:
    """Tell a list's demands apart: new ones, those it changes, and faults for those that lie outside the part in sight.

    A demand is known by its number in the list of its channel, by its receipt, or where the store has no number for it
    by its estate, channel, day and words. Demands known and unchanged are in none of the three.
    """
    numbered = sources.by_numbers(unit.connection, {one.row.number for one in placed if one.row.number})
    receipts = sources.by_receipts(unit.connection, {one.row.receipt for one in placed if one.row.receipt})
    alike = _Alike(sources.without_number(unit.connection, {one.estate_id for one in placed}))
    found = [
        receipts.get(one.row.receipt) or numbered.get((one.row.channel, name_key(one.row.number))) or alike.take(one)
        for one in placed
    ]
    seen = unit.estates_in_sight({held.estate_id for held in found if held is not None})
    masked = sources.cleaned(unit.connection, {held.id for held in found if held is not None})
    names = estates.names(unit.connection, seen | {one.estate_id for one in placed})
    versions = sources.own_versions(unit.connection, {held.id for held in found if held is not None})
    new, changed, elsewhere = [], [], []
    for one, held in zip(placed, found, strict=True):
        if held is None:
            new.append(one)
        elif held.estate_id not in seen:
            elsewhere.append(parsed.fault("demand.number_elsewhere", one.row.row, "number", id=one.row.number))
        elif values := _differences(
            unit, parsed, one, held, keep_words=held.id in masked, is_new=versions[held.id] == 1
        ):
            fields = _fields(held, values, names)
            update = RecordUpdate(
                record_id=held.id,
                row=one.row.row,
                sheet=parsed.sheet,
                code=one.row.number or held.receipt,
                name=names.get(held.estate_id, ""),
                fields=fields,
            )
            changed.append(ChangedDemand(before=held, values=values, update=update))
    return new, changed, elsewhere


def _differences(
    unit: ActingUnit, parsed: Parsed[DemandFileRow], one: PlacedDemand, held: Demand, *, keep_words: bool, is_new: bool
) -> dict[str, Any]:
    row, said = one.row, set(parsed.mapping.values())
    values: dict[str, Any] = {}
    if row.number and not held.source_number:
        values["source_number"] = row.number
    if _words(row.text) != _words(held.text) and not keep_words:
        values["text"] = row.text
    if not is_new:
        return values
    for name in _OTHERS:
        value = getattr(row, name)
        if name in said and value not in _UNSAID and value != getattr(held, name):
            values[name] = value
    if one.estate_id != held.estate_id:
        values |= {"estate_id": one.estate_id, "lon": one.lon, "lat": one.lat} | place_of(unit, one)
    if values.keys() & {"category", "subtype", "kind"}:
        category, kind = values.get("category", held.category), values.get("kind", held.kind)
        subtype = values.get("subtype", held.subtype if category == held.category else "")
        values["subtype"] = subtype
        rules = lists.intake_rules(unit.connection, demand_places.scope_of(unit.connection, one.estate_id))
        due = due_day(rules, category, subtype, day_of(held.received_at))
        values["due_on"] = due.isoformat() if due is not None and kind is DemandKind.DEMAND else None
    return values


def place_of(unit: ActingUnit, one: PlacedDemand) -> dict[str, int | None]:
    """Return the building and the grid that a row's pin lies in."""
    inside = demand_places.building_at(unit.connection, one.estate_id, one.lon, one.lat)
    return {
        "building_id": inside[0] if inside else None,
        "grid_id": demand_places.grid_of_pin(unit.connection, one.estate_id, one.lon, one.lat),
    }


def _fields(held: Demand, values: dict[str, Any], names: dict[int, str]) -> dict[str, tuple[str, str]]:
    """Return what a person is shown of a change: field → what it was, what it becomes."""
    shown: dict[str, tuple[str, str]] = {}
    for name in ("source_number", "text", *_OTHERS):
        if name in values and values[name] != getattr(held, name):
            before, after = (getattr(value, "value", value) for value in (getattr(held, name), values[name]))
            shown[name] = str(before), str(after)
    if "estate_id" in values:
        shown["estate"] = names.get(held.estate_id, ""), names.get(values["estate_id"], "")
    return shown


def keep_changed(unit: ActingUnit, one: ChangedDemand) -> dict[str, Any]:
    """Store what a list changes of a demand, with a line in its history, and return what taking it back needs."""
    login = unit.actor.login or unit.actor.role.value
    after = demands.change(unit.connection, one.before, **one.values)
    own = sources.own_versions(unit.connection, [after.id])[after.id]
    note = one.before.text if "text" in one.values else ""
    demands.note_event(unit.connection, after.id, step="list_changed", login=login, at=unit.at, note=note)
    was = {name: getattr(one.before, name) for name in one.values}
    return {
        "id": after.id,
        "estate_id": one.before.estate_id,
        "version": own,
        "columns": {name: getattr(value, "value", value) for name, value in was.items()},
    }
