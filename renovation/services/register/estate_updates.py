"""Estates that a file brings again: what it would change of each, keeping it, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import shapely

from renovation.imports.files.results import Parsed
from renovation.imports.register.estates import EstateRow
from renovation.model.clock import day_of
from renovation.model.imports import RecordUpdate
from renovation.model.places import Deficit, DeficitRecord, Estate, EstateFacts
from renovation.services.acts import ActingUnit
from renovation.services.register.estates import difference_of
from renovation.services.register.places import Placement
from renovation.store.register import estates

_SAME_SHARE = Fraction(1, 10**9)
_AREAS = ("county_id", "street_id", "community_id", "grid_id")
#: What a file can say of an estate besides its name, its areas, its deficits and its outline.
_FACTS = (
    "address", "built_year", "estate_type", "management_form", "buildings", "units", "households", "floor_area_m2",
    "elderly_share", "floors_without_lift", "maintenance_fund", "no_committee_reason", "disputes", "old_trees",
    "heritage", "willingness", "survey_coverage", "note",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """An estate of the register, and what a row of a file makes of it."""

    before: Estate
    after: Estate
    update: RecordUpdate


def renewals(parsed: Parsed[EstateRow], places: Sequence[Placement], held: Mapping[str, Estate]) -> tuple[Renewal, ...]:
    """Return what the rows whose code the register knows would change. An empty cell changes nothing.

    Parameters
    ----------
    places
        The areas each row lies in, in the order of the rows.
    held
        The register's estates by code.
    """
    looked = {name.removeprefix("deficit.") for name in parsed.mapping.values() if name.startswith("deficit.")}
    found = []
    for row, place in zip(parsed.records, places, strict=True):
        before = held.get(row.code) if row.code else None
        if before is None:
            continue
        after = _renewed(before, row, place, looked)
        changed = difference_of(before, after)
        if changed:
            update = RecordUpdate(
                record_id=before.id, row=row.row, sheet=parsed.sheet, code=before.code, name=before.name, fields=changed
            )
            found.append(Renewal(before=before, after=after, update=update))
    return tuple(found)


def _renewed(before: Estate, row: EstateRow, place: Placement, looked: set[str]) -> Estate:
    said = row.facts()
    values: dict[str, Any] = {
        name: value for name in _FACTS if (value := getattr(said, name)) is not None and value != ""
    }
    # A spreadsheet keeps fifteen digits of a share: what differs beyond them was not edited.
    for name, value in list(values.items()):
        held = getattr(before.facts, name)
        if isinstance(value, Fraction) and held is not None and abs(value - held) < _SAME_SHARE:
            values[name] = held
    empty = EstateFacts()
    values |= {fact: getattr(empty, fact) for name in row.cleared if (fact := name.removesuffix("_fen"))}
    if row.left:
        values["note"] = row.noted(row.note or before.facts.note)
    if looked:
        kept = {deficit for deficit in before.facts.deficits if deficit.value not in looked}
        values["deficits"] = frozenset(kept | row.deficits)
    elif row.deficits:
        values["deficits"] = row.deficits
    areas = {name: value for name in _AREAS if (value := getattr(place, name)) is not None}
    return replace(
        before,
        name=row.name,
        facts=replace(before.facts, **values),
        geometry=row.geometry if _says_more(row.geometry, before.geometry) else before.geometry,
        **areas,
    )


def _says_more(new: bytes | None, old: bytes | None) -> bool:
    """Tell whether a geometry may take another's place: a mere point never takes that of an outline."""
    if new is None or old is None:
        return new is not None
    return bool(shapely.get_dimensions(shapely.from_wkb(new)) >= shapely.get_dimensions(shapely.from_wkb(old)))


def keep_renewals(unit: ActingUnit, found: Sequence[Renewal]) -> dict[str, Any]:
    """Store renewals with their history, and return what taking them back needs."""
    day = day_of(unit.at)
    last_finding = estates.last_deficit(unit.connection)
    kept = []
    for renewal in found:
        was = estates.columns_of(unit.connection, renewal.before.id)
        after = estates.update(unit.connection, renewal.after)
        turned = renewal.before.facts.deficits ^ after.facts.deficits
        estates.add_deficits(
            unit.connection,
            after.id,
            [
                DeficitRecord(
                    deficit=deficit,
                    present=deficit in after.facts.deficits,
                    collected_on=day,
                    collector=unit.actor.name or unit.actor.login,
                )
                for deficit in Deficit
                if deficit in turned
            ],
        )
        estates.add_change(unit.connection, after.id, at=unit.at, login=unit.actor.login, fields=renewal.update.fields)
        now = estates.columns_of(unit.connection, after.id)
        changed = {name: value for name, value in was.items() if value != now[name] and name != "version"}
        kept.append({"id": after.id, "columns": changed})
    return {"estates": kept, "last_finding": last_finding}


def joined(before: Mapping[str, Any], besides: Mapping[str, Any]) -> dict[str, Any]:
    """Return what taking an import back needs, where a wing above has moved some of its estates once more."""
    kept = {entry["id"]: entry for entry in before.get("estates", ())}
    for entry in besides.get("estates", ()):
        first = kept.get(entry["id"], {"columns": {}})
        kept[entry["id"]] = {**entry, "columns": {**entry["columns"], **first["columns"]}}
    found = {**before, **besides}
    return found | ({"estates": list(kept.values()), "last_finding": before.get("last_finding")} if kept else {})


def take_back(unit: ActingUnit, before: Mapping[str, Any]) -> None:
    """Put the estates of an import back as they were."""
    for entry in before.get("estates", ()):
        now = unit.estate(entry["id"])
        estates.put_back(unit.connection, entry["id"], entry["columns"])
        if before["last_finding"] is not None:
            estates.remove_deficits_after(unit.connection, entry["id"], before["last_finding"])
        again = unit.estate(entry["id"])
        fields = difference_of(now, again)
        estates.add_change(unit.connection, again.id, at=unit.at, login=unit.actor.login, fields=fields)
