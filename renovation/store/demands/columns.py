"""Demands as columns in memory, for figures, trends, maps and hot spots over the whole city.

Counting 100,000 demands by department, street, channel, category and month is six walks through their rows. A copy in
columns answers in milliseconds, and ``register_state`` tells whether it is still what the store holds; what was written
since is read again row by row. Nothing but the store decides what is true.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from renovation.model.demands import (
    WAITING_STATUSES,
    DemandCategory,
    DemandChannel,
    DemandFilter,
    DemandKind,
    DemandStatus,
)
from renovation.model.intake import DemandPoint
from renovation.model.scope import Scope
from renovation.store.demands.demands import conditions
from renovation.store.register_state import Register, changed_since
from renovation.store.schema.demands import demand
from renovation.store.schema.places import estate

IntArray = NDArray[np.int64]

#: Codes of the columns that hold a member of an enum: its place here.
CATEGORIES, CHANNELS = tuple(DemandCategory), tuple(DemandChannel)
STATUSES, KINDS = tuple(DemandStatus), tuple(DemandKind)
_CODED: dict[str, dict[str, int]] = {
    name: {member.value: at for at, member in enumerate(members)}
    for name, members in (("category", CATEGORIES), ("channel", CHANNELS), ("status", STATUSES), ("kind", KINDS))
}
_NAMES = (
    "id", "estate_id", "grid_id", "category", "channel", "status", "kind", "department", "lon", "lat", "supporters",
    "due_on", "received_on", "in_time", "rating",
)  # fmt: skip
_WAITING = [STATUSES.index(status) for status in WAITING_STATUSES]
_DAYS = ("due_on", "received_on")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DemandColumns:
    """Some or all demands by id; arrays are not to be changed.

    Attributes
    ----------
    grid_id
        -1 where the pin lies in no grid.
    category, channel, status, kind
        Places in :data:`CATEGORIES`, :data:`CHANNELS`, :data:`STATUSES`, :data:`KINDS`.
    department
        Places in ``departments``.
    due_on, received_on
        Days in China; ``NaT`` where there is no deadline.
    in_time
        1 and 0 for answers that had a deadline, -1 for everything else.
    rating
        0 where nobody rated.
    """

    departments: tuple[str, ...]
    id: IntArray
    estate_id: IntArray
    grid_id: IntArray
    category: NDArray[np.int8]
    channel: NDArray[np.int8]
    status: NDArray[np.int8]
    kind: NDArray[np.int8]
    department: NDArray[np.int32]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    supporters: IntArray
    due_on: NDArray[np.datetime64]
    received_on: NDArray[np.datetime64]
    in_time: NDArray[np.int8]
    rating: NDArray[np.int8]

    def __len__(self) -> int:
        return len(self.id)

    def where(self, keep: NDArray[Any]) -> DemandColumns:
        """Return the demands that a mask, or places, keep."""
        return replace(self, **{name: getattr(self, name)[keep] for name in _NAMES})

    def unmerged(self) -> DemandColumns:
        """Return them without those that count with the one they went into."""
        return self.where(self.status != STATUSES.index(DemandStatus.MERGED))


_held: dict[str, tuple[str, DemandColumns]] = {}
_gate = threading.Lock()


def read_columns(connection: sa.Connection, wanted: DemandFilter, *, scopes: Iterable[Scope] = ()) -> DemandColumns:
    """Return the demands a filter keeps, inside every scope given."""
    found = _whole(connection)
    if (keep := _kept(found, wanted)) is not None:
        found = found.where(keep)
    rest = replace(
        wanted, categories=(), statuses=(), channels=(), kind=None, received_from=None, received_to=None,
        departments=(), overdue_on=None, scope=replace(wanted.scope, grid_id=None),
    )  # fmt: skip
    asked = conditions(rest, scopes)
    if not asked:
        return found
    if rest == DemandFilter(scope=rest.scope):
        query, of = sa.select(estate.c.id).where(*asked), found.estate_id
    else:
        query, of = sa.select(demand.c.id).join(estate, estate.c.id == demand.c.estate_id).where(*asked), found.id
    result: Any = connection.execute(query)
    return found.where(np.isin(of, np.fromiter((row[0] for row in result.cursor), dtype=np.int64)))


def points(connection: sa.Connection, wanted: DemandFilter, *, scopes: Iterable[Scope] = ()) -> Sequence[DemandPoint]:
    """Return (id, lon, lat, category, status, due day) of every demand a filter keeps, for a map."""
    found = read_columns(connection, wanted, scopes=scopes)
    days, day = np.unique(found.due_on, return_inverse=True)
    due = [None if np.isnat(one) else str(one) for one in days]
    return list(
        zip(
            found.id.tolist(),
            found.lon.tolist(),
            found.lat.tolist(),
            map([category.value for category in CATEGORIES].__getitem__, found.category.tolist()),
            map([status.value for status in STATUSES].__getitem__, found.status.tolist()),
            map(due.__getitem__, day.tolist()),
            strict=True,
        )
    )


def late(found: DemandColumns, day: date) -> NDArray[np.bool_]:
    """Tell which demands wait past their deadline on a day in China."""
    return np.isin(found.status, _WAITING) & (found.due_on < np.datetime64(day, "D"))


def _kept(found: DemandColumns, wanted: DemandFilter) -> NDArray[np.bool_] | None:
    """Answer the part of a filter that the columns know as ``store.demands.conditions`` does."""
    asked: list[NDArray[np.bool_]] = [
        np.isin(getattr(found, name), [_CODED[name][member.value] for member in members])
        for name, members in (
            ("category", wanted.categories), ("status", wanted.statuses), ("channel", wanted.channels),
            ("kind", (wanted.kind,) if wanted.kind is not None else ()),
        )
        if members
    ]  # fmt: skip
    if wanted.departments:
        chosen = [at for at, name in enumerate(found.departments) if name in wanted.departments]
        asked.append(np.isin(found.department, chosen))
    if wanted.scope.grid_id is not None:
        asked.append(found.grid_id == wanted.scope.grid_id)
    if wanted.received_from is not None:
        asked.append(found.received_on >= np.datetime64(wanted.received_from, "D"))
    if wanted.received_to is not None:
        asked.append(found.received_on <= np.datetime64(wanted.received_to, "D"))
    if wanted.overdue_on is not None:
        asked.append(late(found, wanted.overdue_on))
    return np.logical_and.reduce(asked) if asked else None


def _whole(connection: sa.Connection) -> DemandColumns:
    key = str(connection.engine.url)
    with _gate:
        before = _held.get(key)
        token, changed = changed_since(connection, Register.DEMANDS, before[0] if before else "-")
        if before is None or changed is None:
            found = _from_rows(connection, None)
        elif changed:
            found = _mended(connection, before[1], changed)
        else:
            return before[1]
        if token:
            _held[key] = (token, found)
        return found


def _mended(connection: sa.Connection, old: DemandColumns, changed: set[int]) -> DemandColumns:
    """Return the columns with the changed demands read anew."""
    kept, anew = old.where(~np.isin(old.id, list(changed))), _from_rows(connection, changed)
    departments = tuple(dict.fromkeys([*old.departments, *anew.departments]))
    place = np.array([departments.index(name) for name in anew.departments], dtype=np.int32)
    anew = replace(anew, departments=departments, department=place[anew.department])
    order = np.argsort(np.concatenate([kept.id, anew.id]))
    return DemandColumns(
        departments=departments,
        **{name: np.concatenate([getattr(kept, name), getattr(anew, name)])[order] for name in _NAMES},
    )


def _from_rows(connection: sa.Connection, ids: Iterable[int] | None) -> DemandColumns:
    query = sa.select(*(demand.c[name] for name in _NAMES)).order_by(demand.c.id)
    if ids is not None:
        query = query.where(demand.c.id.in_(ids))
    result: Any = connection.execute(query)
    # The driver's own rows: building a Row per demand would cost more than reading it.
    rows = result.cursor.fetchall()
    cells = dict(zip(_NAMES, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(_NAMES, ())
    departments = dict.fromkeys(cells["department"])
    codes = _CODED | {"department": {name: at for at, name in enumerate(departments)}}
    columns: dict[str, Any] = {
        name: np.array(cells[name], dtype=np.int64) for name in ("id", "estate_id", "supporters")
    }
    for name, code in codes.items():
        narrow = np.int32 if name == "department" else np.int8
        columns[name] = np.fromiter(map(code.__getitem__, cells[name]), dtype=narrow, count=len(rows))
    for name in ("lon", "lat"):
        columns[name] = np.array(cells[name], dtype=float)
    for name in _DAYS:
        # Few different days stand in many rows, and turning text into a day is the slow part.
        days = {text: np.datetime64(text or "NaT", "D") for text in set(cells[name])}
        columns[name] = np.array([days[text] for text in cells[name]], dtype="datetime64[D]")
    for name, missing, kind in (("grid_id", -1, np.int64), ("in_time", -1, np.int8), ("rating", 0, np.int8)):
        columns[name] = np.array([missing if cell is None else cell for cell in cells[name]], dtype=kind)
    return DemandColumns(departments=tuple(departments), **columns)
