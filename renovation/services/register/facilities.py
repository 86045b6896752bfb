"""Facilities that serve households: take them in and list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from renovation.errors import ConflictError, DeniedError, ImportRefusedError, NotFoundError
from renovation.geo.pins import is_same_place
from renovation.imports.files.results import Parsed
from renovation.imports.register.facilities import FacilityRow
from renovation.model.accounts import Action, Actor
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, RecordUpdate
from renovation.model.names import name_key
from renovation.model.places import Facility, FacilityDraft
from renovation.services.acts import ActingUnit, acting
from renovation.services.doors import reading
from renovation.services.register.places import are_outside, outside_part
from renovation.services.register.taking import ask_for_updates, begin, finish
from renovation.services.typed import one_line, reason_of
from renovation.store import Store
from renovation.store.register import facilities

_KIND_LIMIT, _NAME_LIMIT, _CODE_LIMIT = 60, 100, 60
_FIELDS = ("kind", "name", "code", "lon", "lat", "synthetic")


def import_facilities(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[FacilityRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
) -> ImportRecord:
    """Take a parsed file of facilities in, the whole file or nothing.

    A facility that the store holds is recognised by its kind and code, or without a code by kind, name and place, and
    not added again; another name or place under the same code changes it.

    Parameters
    ----------
    update
        The person's yes to the changes of facilities that the store holds.

    Raises
    ------
    ImportRefusedError
        The file has faults, or facilities that lie, or would move from, outside the actor's scope.
    ConflictError
        ``import.update_needs_yes``, ``import.nothing_new``.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        import_id = begin(unit, ImportKind.FACILITIES, parsed, source)
        held = facilities.list_facilities(unit.connection)
        kinds = {name_key(one.kind): one.kind for one in held}
        coded = {_code(one): one for one in held if one.code}
        placed = set(map(_place, held))
        rows = parsed.sound or parsed.records
        outside = outside_part(unit, parsed, rows, _points(rows))
        known = [(row, coded[_code(row)]) for row in rows if row.code and _code(row) in coded]
        changed = [(row, one) for row, one in known if _differs(row, one)]
        moved = [row for row, _ in changed]
        outside += outside_part(unit, parsed, moved, _points([one for _, one in changed]))
        if faults := parsed.with_register(outside):
            raise ImportRefusedError(faults)
        updates = [_update(parsed, row, one) for row, one in changed]
        ask_for_updates(updates, agreed=update or dry_run)
        drafts = [
            FacilityDraft(
                kind=kinds.get(name_key(row.kind), row.kind), name=row.name, code=row.code, lon=row.lon, lat=row.lat
            )
            for row in parsed.records
            if _code(row) not in coded and _is_new(row, placed)
        ]
        facilities.add_facilities(unit.connection, drafts, import_id=import_id)
        for row, one in changed:
            facilities.change(unit.connection, one.id, name=row.name or one.name, lon=row.lon, lat=row.lat)
        before = [{"id": one.id, "columns": {"name": one.name, "lon": one.lon, "lat": one.lat}} for _, one in changed]
        return finish(
            unit, import_id, added=len(drafts), before={"facilities": before}, updates=updates, dry_run=dry_run
        )


def _code(one: Facility | FacilityRow) -> tuple[str, str]:
    return name_key(one.kind), name_key(one.code)


def _points(places: Sequence[Facility | FacilityDraft | FacilityRow]) -> Any:
    return shapely.points([one.lon for one in places], [one.lat for one in places])


def _place(one: Facility | FacilityDraft | FacilityRow) -> tuple[str, str, float, float]:
    """Return what makes a facility without a code the same one again."""
    return name_key(one.kind), name_key(one.name), round(one.lon, 6), round(one.lat, 6)


def _is_new(row: FacilityRow, placed: set[tuple[str, str, float, float]]) -> bool:
    """Tell whether nothing of a row's kind and name stands where it does, and remember it; codes tell unnamed apart."""
    is_new = _place(row) not in placed or bool(row.code and not row.name)
    placed.add(_place(row))
    return is_new


def _differs(row: FacilityRow, one: Facility) -> bool:
    is_moved = not is_same_place((row.lon, row.lat), (one.lon, one.lat))
    return is_moved or (bool(row.name) and row.name != one.name)


def _update(parsed: Parsed[FacilityRow], row: FacilityRow, one: Facility) -> RecordUpdate:
    pairs = {"name": (one.name, row.name or one.name), "place": (_said(one), _said(row))}
    return RecordUpdate(
        record_id=one.id,
        row=row.row,
        sheet=parsed.sheet,
        code=one.code,
        name=one.name or one.code,
        fields={name: pair for name, pair in pairs.items() if pair[0] != pair[1]},
    )


def _said(one: Facility | FacilityRow) -> str:
    return f"{one.lon:.6f}, {one.lat:.6f}"


def keep_facility(store: Store, actor: Actor | None, draft: FacilityDraft, facility_id: int | None = None) -> Facility:
    """Keep a facility that somebody enters, or change one (``facility_id``).

    Raises
    ------
    InvalidError
        ``facility.kind_missing``, ``facility.place``.
    ConflictError
        ``facility.code_exists``: another one of its kind has that code; ``facility.exists``: one of that kind and name
        stands there.
    DeniedError
        ``facility.outside_scope``: it lies, or lay, outside the part of town in sight.
    NotFoundError
        ``facility.not_found``.
    """
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        held = facilities.list_facilities(unit.connection)
        before = _held(held, facility_id) if facility_id is not None else None
        kinds = {name_key(one.kind): one.kind for one in held}
        checked = replace(
            draft,
            kind=kinds.get(name_key(draft.kind), one_line(draft.kind, _KIND_LIMIT)),
            name=one_line(draft.name, _NAME_LIMIT),
            code=one_line(draft.code, _CODE_LIMIT),
        )
        _require_sight(unit, [one for one in (before, checked) if one is not None])
        for one in held:
            if one.id == facility_id or name_key(one.kind) != name_key(checked.kind):
                continue
            if checked.code and name_key(one.code) == name_key(checked.code):
                raise ConflictError("facility.code_exists", code=checked.code, name=one.name or one.kind)
            if _place(one) == _place(checked):
                raise ConflictError("facility.exists", name=one.name or one.kind)
        if before is None:
            kept = facilities.add_facility(unit.connection, checked)
        else:
            values = {name: getattr(checked, name) for name in ("kind", "name", "code", "lon", "lat")}
            facilities.change(unit.connection, before.id, **values)
            kept = before.id
        act = "create" if before is None else "edit"
        unit.log(f"facility.{act}", "facility", kept, kind=checked.kind, name=checked.name)
        unit.commit()
        return Facility(id=kept, **{name: getattr(checked, name) for name in _FIELDS})


def delete_facility(store: Store, actor: Actor | None, facility_id: int, reason: str) -> None:
    """Delete a facility that is gone or was entered by mistake.

    Raises
    ------
    InvalidError
        ``facility.delete_reason``.
    DeniedError
        ``facility.outside_scope``.
    NotFoundError
        ``facility.not_found``.
    """
    why = reason_of(reason, "facility.delete_reason")
    with acting(store, actor, Action.EDIT_ESTATES) as unit:
        held = _held(facilities.list_facilities(unit.connection), facility_id)
        _require_sight(unit, [held])
        facilities.delete(unit.connection, facility_id)
        unit.log("facility.delete", "facility", facility_id, kind=held.kind, name=held.name, reason=why)
        unit.commit()


def _held(held: Sequence[Facility], facility_id: int) -> Facility:
    found = next((one for one in held if one.id == facility_id), None)
    if found is None:
        raise NotFoundError("facility.not_found")
    return found


def _require_sight(unit: ActingUnit, places: Sequence[Facility | FacilityDraft]) -> None:
    if are_outside(unit, np.array(_points(places), dtype=object)).any():
        raise DeniedError("facility.outside_scope")


def list_facilities(store: Store, actor: Actor | None, kind: str | None = None) -> tuple[Facility, ...]:
    """Return facilities (of a kind); where they are is public."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return facilities.list_facilities(door.connection, kind=kind)


def facility_kinds(store: Store, actor: Actor | None) -> tuple[str, ...]:
    """Return the kinds of facilities there are."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return facilities.kinds(door.connection)
