"""Facilities that serve households: take them in and list them."""

from __future__ import annotations

from dataclasses import replace

import shapely

from renovation.errors import ImportRefusedError
from renovation.imports.files.results import Parsed
from renovation.imports.register.facilities import FacilityRow
from renovation.model.accounts import Action, Actor
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.places import Facility, FacilityDraft
from renovation.services.acts import acting
from renovation.services.doors import reading
from renovation.services.register.imports import refuse_same_file
from renovation.services.register.places import outside_part
from renovation.store import Store
from renovation.store.register import facilities, imports


def import_facilities(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[FacilityRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    again: bool = False,
) -> ImportRecord:
    """Take a parsed file of facilities in, the whole file or nothing.

    Parameters
    ----------
    again
        The person's yes to a file that was taken before.

    Raises
    ------
    ImportRefusedError
        The file has faults, or facilities whose code the store holds already or that lie outside the actor's scope.
    ConflictError
        ``import.same_file``.
    """
    if parsed.faults and not parsed.sound:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.IMPORT_PLACES) as unit:
        known = facilities.existing_codes(unit.connection)
        held = [
            parsed.fault("facility.exists", row.row, "code", id=row.code)
            for row in parsed.sound or parsed.records
            if row.code and (row.kind, row.code) in known
        ]
        rows = parsed.sound or parsed.records
        outside = outside_part(unit, parsed, rows, shapely.points([(row.lon, row.lat) for row in rows]))
        faults = parsed.with_register([*held, *outside])
        if faults:
            raise ImportRefusedError(faults)
        refuse_same_file(unit, ImportKind.FACILITIES, source, agreed=again or dry_run)
        import_id = imports.add(
            unit.connection,
            at=unit.at,
            login=unit.actor.login,
            kind=ImportKind.FACILITIES,
            source=source,
            datum=parsed.datum or "",
            mapping=parsed.mapping,
            rows=parsed.rows,
            imported=len(parsed.records),
        )
        drafts = [FacilityDraft(kind=r.kind, name=r.name, code=r.code, lon=r.lon, lat=r.lat) for r in parsed.records]
        facilities.add_facilities(unit.connection, drafts, import_id=import_id)
        record = unit.import_record(import_id)
        if dry_run:
            # Leaving without a commit takes everything back.
            return replace(record, id=None)
        unit.log("import.take", "import", import_id, kind=record.kind.value, file=source.filename, imported=len(drafts))
        unit.commit()
        return record


def list_facilities(store: Store, actor: Actor | None, kind: str | None = None) -> tuple[Facility, ...]:
    """Return facilities (of a kind); where they are is public."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return facilities.list_facilities(door.connection, kind=kind)


def facility_kinds(store: Store, actor: Actor | None) -> tuple[str, ...]:
    """Return the kinds of facilities there are."""
    with reading(store, actor, Action.SEE_PUBLIC) as door:
        return facilities.kinds(door.connection)
