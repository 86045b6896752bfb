"""Take boundary layers and lists of areas in: recognised by code or name, below what holds them, never twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import shapely

from renovation.errors import Fault, ImportRefusedError
from renovation.geo.checks import is_same_outline
from renovation.geo.crs import area_m2
from renovation.imports.files.results import Parsed
from renovation.imports.register.areas import AreaRow
from renovation.model.accounts import Action, Actor
from renovation.model.areas import LEVELS, is_wider, level_of_code
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, RecordUpdate
from renovation.model.names import name_key
from renovation.model.places import Area, AreaLevel
from renovation.services.acts import acting
from renovation.services.register.areas.effects import effects_of
from renovation.services.register.areas.placing import Gazetteer, fill_in
from renovation.services.register.taking import ask_for_updates, begin, finish
from renovation.store import Store
from renovation.store.register import areas


def import_areas(
    store: Store,
    actor: Actor | None,
    parsed: Parsed[AreaRow],
    *,
    source: ImportSource,
    dry_run: bool = False,
    update: bool = False,
) -> ImportRecord:
    """Take parsed areas in, the wider levels first, and let estates that lie in them say so.

    An area that the store holds is recognised by its code, or by its name in the area it lies in, and given what the
    file adds: outline, official code, name. What it lies in is what the file names; or what its official code or its
    outline says; or the one district there is.

    Parameters
    ----------
    update
        The person's yes to the changes of areas that the store holds.

    Raises
    ------
    ImportRefusedError
        The file has faults, or areas whose code another area has.
    ConflictError
        ``import.update_needs_yes``, ``import.nothing_new``.
    """
    if parsed.faults:
        raise ImportRefusedError(parsed.faults)
    with acting(store, actor, Action.EDIT_AREAS) as unit:
        import_id = begin(unit, ImportKind.AREAS, parsed, source)
        filing = _Filing(Gazetteer(unit.connection, made_prefix=f"N{import_id}-"), parsed)
        for row in sorted(parsed.records, key=lambda one: LEVELS.index(one.level)):
            filing.take(row)
        if filing.faults:
            raise ImportRefusedError(parsed.with_register(filing.faults))
        ask_for_updates(filing.updates, agreed=update or dry_run)
        gazetteer = filing.gazetteer
        fill_in(gazetteer, unit.connection, {row.level for row in parsed.records})
        gazetteer.settle()
        effects = effects_of(unit.connection, gazetteer)
        before = {
            "areas": [one for one in gazetteer.made if one not in filing.new],
            "changed_areas": [one.record_id for one in filing.updates],
            "journal": gazetteer.journal.steps,
        }
        record = finish(unit, import_id, added=len(filing.new), before=before, updates=filing.updates, dry_run=dry_run)
        return replace(record, effects=effects)


class _Filing:
    """Rows of a file as they become areas."""

    def __init__(self, gazetteer: Gazetteer, parsed: Parsed[AreaRow]) -> None:
        self.gazetteer, self._parsed = gazetteer, parsed
        self.new: set[int] = set()
        self.updates: list[RecordUpdate] = []
        self.faults: list[Fault] = []

    def take(self, row: AreaRow) -> None:
        """Find the area of a row, or make it."""
        parent = self._parent(row)
        held = self._held(row, parent)
        if held is None:
            made = self.gazetteer.make(row.level, row.name, parent, row.code, row.geometry)
            self.new.add(made.id)
            return
        if held.id in self.new:
            self.faults.append(self._parsed.fault("area.twice", row.row, "name", id=row.name, other=held.name))
            return
        self._renew(held, row, parent)

    def _held(self, row: AreaRow, parent: int | None) -> Area | None:
        """Return the area that a row means: of its code and name, or of its name where it lies, or lies nowhere yet."""
        by_code = self.gazetteer.coded(row.level, row.code)
        if by_code is not None and name_key(by_code.name) == name_key(row.name):
            return by_code
        known = self.gazetteer.known(row.level, row.name, parent)
        if known is None and parent is not None:
            known = self.gazetteer.loose(row.level, row.name, parent)
        # An official code that says otherwise tells two of one name apart.
        apart = known is not None and row.code and _is_official(known) and known.code != row.code
        return by_code if known is None or apart else known

    def _parent(self, row: AreaRow) -> int | None:
        above: int | None = None
        for level in LEVELS:
            if name := row.above.get(level):
                above = self.gazetteer.named(level, name, above, otherwise=self.gazetteer.only_county())
        if above is not None or row.level in (AreaLevel.CITY, AreaLevel.COUNTY):
            return above
        if level_of_code(row.code) is not None:
            for level, length in ((AreaLevel.STREET, 9), (AreaLevel.COUNTY, 6)):
                if is_wider(level, row.level):
                    wider = (row.code[:length], row.code[:length].ljust(len(row.code), "0"))
                    found = next((one for code in wider if (one := self.gazetteer.coded(level, code))), None)
                    if found is not None:
                        return found.id
        if row.geometry is not None and (holding := self.gazetteer.holding(row.geometry, row.level)) is not None:
            return holding
        return self.gazetteer.only_county()

    def _renew(self, held: Area, row: AreaRow, parent: int | None) -> None:
        """Give an area what a row adds to it."""
        values: dict[str, Any] = {}
        said: dict[str, tuple[str, str]] = {}
        if row.name != held.name:
            values["name"], said["name"] = row.name, (held.name, row.name)
        if row.code and row.code != held.code:
            if (other := self.gazetteer.coded(row.level, row.code)) is not None and other.id != held.id:
                fields = {"name": row.name, "known": other.name, "code": row.code}
                self.faults.append(self._parsed.fault("area.code_taken", row.row, "code", **fields))
                return
            values["code"], said["code"] = row.code, (held.code if _is_official(held) else "", row.code)
        if row.geometry is not None:
            before = areas.get_area(self.gazetteer.connection, held.id)
            assert before is not None
            was, now = _square_metres(before.geometry), _square_metres(row.geometry)
            if before.geometry is None or not is_same_outline(before.geometry, row.geometry):
                values["geometry"], said["outline_m2"] = row.geometry, (was, now)
        above = held.parent_id
        if parent is not None and parent not in self.gazetteer.ancestors(held):
            above = parent
            said["parent"] = (
                "›".join(self.gazetteer.trail(held.parent_id)),
                "›".join(self.gazetteer.trail(parent)),
            )
        if not said:
            return
        if values:
            self.gazetteer.change(held.id, **values)
        if above != held.parent_id:
            self.gazetteer.move({held.id: above})
        self.updates.append(
            RecordUpdate(
                record_id=held.id,
                row=row.row,
                sheet=self._parsed.sheet,
                code=held.code,
                name=held.name,
                fields=said,
            )
        )


def _is_official(area: Area) -> bool:
    """Tell whether an area's code is one that somebody gave it, not one that was made for it."""
    return not (area.code.startswith("N") and "-" in area.code)


def _square_metres(geometry: bytes | None) -> str:
    return "" if geometry is None else f"{float(area_m2(np.array([shapely.from_wkb(geometry)], dtype=object))[0]):.0f}"
