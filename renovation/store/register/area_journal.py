"""Changes of the hierarchy of areas, written down as they are made so that they can be taken back step by step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.errors import ConflictError
from renovation.model.areas import LEVEL_COLUMNS, LEVELS, AreaAct
from renovation.model.places import Area, AreaDraft, AreaLevel
from renovation.store.register import areas
from renovation.store.register_state import Register, mark_changed
from renovation.store.rows import in_parts, read_row
from renovation.store.schema.demands import demand
from renovation.store.schema.places import area, area_act, estate
from renovation.store.schema.staff import account, local_list
from renovation.store.spatial import bounds_of

_TABLES = {table.name: table for table in (area, estate, account, demand)}
#: Whose places are written beside the narrowest one.
_PLACED = (estate, account)
_OUTLINE = ("geometry", "min_lon", "min_lat", "max_lon", "max_lat")


class AreaJournal:
    """Writes areas and what lies in them; ``steps`` take all of it back."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self.steps: list[dict[str, Any]] = []

    def add(self, draft: AreaDraft) -> int:
        """Insert an area and return its id."""
        (made,) = areas.add_areas(self._connection, [draft])
        self.steps.append({"made": made})
        return made

    def change(self, area_id: int, **values: Any) -> None:
        """Write columns of an area."""
        if "geometry" in values:
            values |= bounds_of([values["geometry"]])[0]
        held = self._connection.execute(sa.select(area).where(area.c.id == area_id)).one()._mapping
        for name, value in values.items():
            if held[name] != value:
                self._note(area, name, [area_id], held[name], value)
        self._connection.execute(area.update().where(area.c.id == area_id).values(**values))

    def put(self, table: sa.Table, column: str, value: int | None, *where: sa.ColumnElement[bool]) -> None:
        """Write one column of the rows that have another value there."""
        query = sa.select(table.c.id, table.c[column]).where(*where, table.c[column].is_distinct_from(value))
        before: dict[int | None, list[int]] = {}
        for row in self._connection.execute(query.order_by(table.c.id)):
            before.setdefault(row[1], []).append(row[0])
        for held, ids in before.items():
            self._note(table, column, ids, held, value)
            _write(self._connection, table, column, value, ids)

    def place_estates(self, column: str, area_id: int, ids: list[int]) -> None:
        """Let estates lie in an area of a level, its column's."""
        for part in in_parts(ids):
            self.put(estate, column, area_id, estate.c.id.in_(part or ()))

    def _note(self, table: sa.Table, column: str, ids: list[int], before: Any, after: Any) -> None:
        cells = {"table": table.name, "column": column, "ids": ids, "before": _kept(before), "after": _kept(after)}
        self.steps.append(cells)

    def remove(self, area_id: int) -> None:
        """Delete an area that nothing refers to."""
        held = self._connection.execute(sa.select(area).where(area.c.id == area_id)).one()._mapping
        self.steps.append({"gone": {name: _kept(value) for name, value in held.items()}})
        self._connection.execute(area.delete().where(area.c.id == area_id))

    def refer_to(self, area_id: int, into: int) -> None:
        """Let everything that refers to an area refer to another one of its level."""
        self.put(area, "parent_id", into, area.c.parent_id == area_id)
        for table, column in referring():
            self.put(table, column, into, table.c[column] == area_id)

    def refile(self, everything: Mapping[int, Area], tops: Iterable[int]) -> None:
        """Write the wider areas of whatever lies in some areas or below them, as the hierarchy has them now."""
        wanted = set(tops)
        inside = [one for one in everything.values() if any(above.id in wanted for above in chain(everything, one.id))]
        for one in sorted(inside, key=lambda one: LEVELS.index(one.level)):
            if one.level not in LEVEL_COLUMNS:
                continue
            if one.id in wanted and one.parent_id is None:
                for level in LEVELS[: LEVELS.index(one.level)]:
                    if level in LEVEL_COLUMNS:
                        self.put(estate, LEVEL_COLUMNS[level], None, estate.c[LEVEL_COLUMNS[one.level]] == one.id)
            for above in chain(everything, one.parent_id):
                if above.level in LEVEL_COLUMNS:
                    column = LEVEL_COLUMNS[above.level]
                    self.put(estate, column, above.id, estate.c[LEVEL_COLUMNS[one.level]] == one.id)
                    # An account's part of town is named by its narrowest area alone, as a rule.
                    here = account.c[LEVEL_COLUMNS[one.level]] == one.id
                    self.put(account, column, above.id, here, account.c[column].is_not(None))

    def touched(self, table: str) -> set[int]:
        """Return the rows of a table that were changed."""
        return {number for step in self.steps if step.get("table") == table for number in step["ids"]}


def chain(everything: Mapping[int, Area], area_id: int | None) -> list[Area]:
    """Return an area and all it lies in, from narrow to wide."""
    found: list[Area] = []
    while area_id is not None and area_id in everything:
        found.append(everything[area_id])
        area_id = everything[area_id].parent_id
    return found


def referring() -> Iterator[tuple[sa.Table, str]]:
    """Yield the columns of other tables that name an area."""
    for table in _TABLES.values():
        for key in table.foreign_keys:
            if key.column.table is area and table is not area:
                yield table, key.parent.name


def is_needed(connection: sa.Connection, area_id: int) -> bool:
    """Tell whether anything refers to an area."""
    columns = [area.c.parent_id, *(table.c[name] for table, name in referring())]
    return any(
        connection.execute(sa.select(sa.literal(1)).where(column == area_id).limit(1)).first() for column in columns
    )


def has_lists(connection: sa.Connection, area_id: int) -> bool:
    """Tell whether an area has lists of its own."""
    query = sa.select(local_list.c.area_id).where(local_list.c.area_id == area_id, local_list.c.lines.is_not(None))
    return connection.execute(query.limit(1)).first() is not None


def _write(connection: sa.Connection, table: sa.Table, column: str, value: Any, ids: list[int]) -> int:
    written = 0
    values: dict[str, Any] = {column: value}
    if table is estate:
        # A file that somebody has open names the areas as they were.
        values["version"] = estate.c.version + 1
        mark_changed(connection, Register.ESTATES, ids)
    if table is demand:
        mark_changed(connection, Register.DEMANDS, ids)
    for part in in_parts(ids):
        written += connection.execute(table.update().where(table.c.id.in_(part or ())).values(**values)).rowcount
    return written


def _kept(value: Any) -> Any:
    return value.hex() if isinstance(value, bytes) else value


def _read(column: str, value: Any) -> Any:
    return bytes.fromhex(value) if column == "geometry" and value is not None else value


def take_back(connection: sa.Connection, steps: Iterable[Mapping[str, Any]], *, keeps_needed: bool = False) -> None:
    """Undo what a journal has written, last step first.

    Parameters
    ----------
    keeps_needed
        Whether areas that were made and are used by now stay; else they refuse the undoing.

    Raises
    ------
    ConflictError
        ``area.changed_since``: somebody has changed one of those areas, or uses it, since.
    """
    for step in reversed(list(steps)):
        if "made" in step:
            if not is_needed(connection, step["made"]):
                connection.execute(area.delete().where(area.c.id == step["made"]))
            elif not keeps_needed:
                raise ConflictError("area.changed_since")
        elif "gone" in step:
            connection.execute(area.insert().values({name: _read(name, value) for name, value in step["gone"].items()}))
        else:
            _put_back(connection, step)


def _put_back(connection: sa.Connection, step: Mapping[str, Any]) -> None:
    table, column = _TABLES[step["table"]], step["column"]
    query = sa.select(table.c.id, table.c[column]).where(table.c.id.in_(step["ids"]))
    held = {row[0]: row[1] for row in connection.execute(query)}
    unlike = [one for one in step["ids"] if one in held and _kept(held[one]) != step["after"]]
    if unlike and column not in _OUTLINE:
        raise ConflictError("area.changed_since")
    _write(connection, table, column, _read(column, step["before"]), [one for one in step["ids"] if one in held])


def keep_act(
    connection: sa.Connection, *, at: datetime, login: str, act: str, name: str, steps: Iterable[Mapping[str, Any]]
) -> None:
    """Keep an act by hand so that it can be taken back."""
    values = {"at": at, "login": login, "act": act, "name": name, "steps": list(steps)}
    connection.execute(area_act.insert().values(**values))


def last_act(connection: sa.Connection) -> AreaAct | None:
    """Return the last act by hand that stands."""
    query = sa.select(area_act).where(area_act.c.undone_at.is_(None)).order_by(area_act.c.id.desc()).limit(1)
    row = connection.execute(query).first()
    return read_row(AreaAct, row) if row else None


def undo_act(connection: sa.Connection, act_id: int, at: datetime) -> None:
    """Take an act by hand back.

    Raises
    ------
    ConflictError
        ``area.changed_since``.
    """
    claimed = connection.execute(
        area_act.update().where(area_act.c.id == act_id, area_act.c.undone_at.is_(None)).values(undone_at=at)
    )
    if claimed.rowcount != 1:
        raise ConflictError("area.changed_since")
    take_back(connection, connection.execute(sa.select(area_act.c.steps).where(area_act.c.id == act_id)).scalar_one())


def estates_in(connection: sa.Connection, one: Area) -> int:
    """Return how many estates lie in an area."""
    if one.level is AreaLevel.CITY:
        return 0
    query = sa.select(sa.func.count()).where(estate.c[LEVEL_COLUMNS[one.level]] == one.id)
    return int(connection.execute(query).scalar_one())


def names_of(connection: sa.Connection, table: str, ids: Iterable[int]) -> tuple[str, ...]:
    """Return the names of rows, by name."""
    named = _TABLES[table]
    query = sa.select(named.c.name).order_by(named.c.name)
    parts = (query.where(named.c.id.in_(part or ())) for part in in_parts(sorted(ids)))
    return tuple(sorted(name for part in parts for name in connection.execute(part).scalars()))


def counts_by_area(connection: sa.Connection) -> dict[int, tuple[int, int]]:
    """Return area → (estates in it, staff whose part of town it is or lies in)."""
    found: dict[int, list[int]] = {}
    for at, table in enumerate(_PLACED):
        for column in LEVEL_COLUMNS.values():
            key = table.c[column]
            for area_id, count in connection.execute(
                sa.select(key, sa.func.count()).where(key.is_not(None)).group_by(key)
            ):
                found.setdefault(area_id, [0, 0])[at] += count
    return {area_id: (counts[0], counts[1]) for area_id, counts in found.items()}
