"""Estates: their files, deficits and history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from renovation.model.names import name_key, search_words
from renovation.model.places import (
    Change,
    Deficit,
    DeficitRecord,
    Estate,
    EstateDraft,
    EstateFacts,
    EstateFigures,
    EstateFilter,
    RenovationStatus,
)
from renovation.model.scope import EVERYWHERE, Scope
from renovation.store.register_state import Register, mark_changed
from renovation.store.rows import change_row, in_parts, keys_of, read_row, the_row, values_of
from renovation.store.schema import metadata
from renovation.store.schema.places import estate, estate_change, estate_deficit
from renovation.store.scoping import within
from renovation.store.spatial import bounds_of, in_window

Window = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Namesake:
    """An estate as far as two of one name are told apart: by the areas that both are known to lie in."""

    id: int
    code: str
    name: str
    county_id: int | None
    street_id: int | None
    community_id: int | None


def may_coincide(one: Any, other: Any) -> bool:
    """Tell whether nothing known of the areas of two places says that they are apart."""
    pairs = ((getattr(one, name), getattr(other, name)) for name in ("county_id", "street_id", "community_id"))
    return all(this is None or that is None or this == that for this, that in pairs)


def joined_deficits(deficits: Iterable[Deficit]) -> str:
    """Return the text of the ``deficits`` column: in the order of the enum, between bars."""
    present = set(deficits)
    return "".join(f"|{deficit.value}" for deficit in Deficit if deficit in present) + ("|" if present else "")


def split_deficits(text: str) -> frozenset[Deficit]:
    """Undo :func:`joined_deficits`."""
    return frozenset(Deficit(name) for name in text.split("|") if name)


def _values(facts: EstateFacts) -> dict[str, Any]:
    return values_of(estate, facts) | {"deficits": joined_deficits(facts.deficits)}


def _estate(row: sa.Row) -> Estate:
    facts = read_row(EstateFacts, row, deficits=split_deficits(row.deficits))
    return read_row(Estate, row, facts=facts)


def conditions(wanted: EstateFilter, *, allowed: Scope | None = None) -> list[sa.ColumnElement[bool]]:
    """Return what narrows ``estate`` to a filter, and to what the actor may see.

    Types, forms and statuses widen each other; deficits narrow: an estate must have every one of them.
    """
    found = within([wanted.scope, allowed or EVERYWHERE])
    found += [estate.c.search_key.contains(word, autoescape=True) for word in search_words(wanted.query)]
    if wanted.types:
        found.append(estate.c.estate_type.in_([kind.value for kind in wanted.types]))
    if wanted.management_forms:
        found.append(estate.c.management_form.in_([form.value for form in wanted.management_forms]))
    if wanted.statuses:
        found.append(estate.c.status.in_([status.value for status in wanted.statuses]))
    if wanted.built_from is not None:
        found.append(estate.c.built_year >= wanted.built_from)
    if wanted.built_to is not None:
        found.append(estate.c.built_year <= wanted.built_to)
    found += [estate.c.deficits.contains(f"|{deficit.value}|", autoescape=True) for deficit in wanted.deficits]
    return found


def find(
    connection: sa.Connection,
    wanted: EstateFilter,
    *,
    allowed: Scope | None = None,
    window: Window | None = None,
    limit: int | None = None,
) -> tuple[Estate, ...]:
    """Return the estates of a filter by code."""
    query = sa.select(estate).where(*conditions(wanted, allowed=allowed)).order_by(estate.c.code)
    if window is not None:
        query = query.where(in_window(connection, estate, window))
    return tuple(_estate(row) for row in connection.execute(query.limit(limit)))


def figures(connection: sa.Connection, wanted: EstateFilter, *, allowed: Scope | None = None) -> EstateFigures:
    """Add up a filter's estates."""
    query = sa.select(
        sa.func.count().label("estates"),
        sa.func.coalesce(sa.func.sum(estate.c.buildings), 0).label("buildings"),
        sa.func.coalesce(sa.func.sum(estate.c.households), 0).label("households"),
        sa.func.coalesce(sa.func.sum(estate.c.floor_area_m2), 0.0).label("floor_area_m2"),
        sa.func.coalesce(sa.func.sum(sa.case((estate.c.min_lon.is_(None), 1), else_=0)), 0).label("without_outline"),
    ).where(*conditions(wanted, allowed=allowed))
    return EstateFigures(**connection.execute(query).one()._mapping)


def get(connection: sa.Connection, estate_id: int, *, allowed: Scope | None = None) -> Estate:
    """Return one estate.

    Raises
    ------
    NotFoundError
        ``estate.not_found``, also when it lies outside ``allowed``.
    """
    query = sa.select(estate).where(estate.c.id == estate_id, *within([allowed or EVERYWHERE]))
    row = the_row(connection, query, "estate.not_found", id=estate_id)
    return _estate(row)


def place_of(connection: sa.Connection, estate_id: int) -> Scope:
    """Return where an estate lies; no secret, whoever asks.

    Raises
    ------
    NotFoundError
        ``estate.not_found``.
    """
    return get(connection, estate_id).place


def names(connection: sa.Connection, ids: Iterable[int] | None = None) -> dict[int, str]:
    """Return the names of estates, of all of them when ``ids`` is left out."""
    query = sa.select(estate.c.id, estate.c.name)
    parts = (query if part is None else query.where(estate.c.id.in_(part)) for part in in_parts(ids))
    return {row.id: row.name for part in parts for row in connection.execute(part)}


def add_estates(
    connection: sa.Connection,
    drafts: Sequence[EstateDraft],
    *,
    collected_on: date,
    collector: str,
    import_id: int | None = None,
) -> list[int]:
    """Insert estates with their deficits and return their ids in the order given."""
    if not drafts:
        return []
    rows = [
        _values(draft.facts) | values_of(estate, draft) | box | {"import_id": import_id}
        for draft, box in zip(drafts, bounds_of([draft.geometry for draft in drafts]), strict=True)
    ]
    statement = estate.insert().returning(estate.c.id, sort_by_parameter_order=True)
    ids = list(connection.execute(statement, rows).scalars())
    mark_changed(connection, Register.ESTATES, ids)
    found = [
        {
            "estate_id": estate_id,
            "deficit": deficit.value,
            "present": True,
            "collected_on": collected_on,
            "collector": collector,
        }
        for estate_id, draft in zip(ids, drafts, strict=True)
        for deficit in Deficit
        if deficit in draft.facts.deficits
    ]
    if found:
        connection.execute(estate_deficit.insert(), found)
    return ids


def update(connection: sa.Connection, changed: Estate) -> Estate:
    """Store an estate's new state if nobody stored another since ``changed.version``; return it with its new version.

    Raises
    ------
    ConflictError
        ``estate.changed``: the stored version has moved on.
    """
    values = _values(changed.facts) | bounds_of([changed.geometry])[0]
    for name in ("code", "name", "county_id", "street_id", "community_id", "grid_id", "geometry"):
        values[name] = getattr(changed, name)
    values |= keys_of(estate, values)
    mark_changed(connection, Register.ESTATES, [changed.id])
    change_row(connection, estate, changed.id, changed.version, "estate.changed", values=values, name=changed.name)
    return get(connection, changed.id)


#: What goes with an estate that nothing else hangs on.
_OWN = frozenset({"estate_deficit", "estate_change", "demand_count", "arrival"})


def is_used(connection: sa.Connection, estate_id: int) -> bool:
    """Tell whether anything but its own history hangs on an estate."""
    columns = [
        key.parent
        for table in metadata.sorted_tables
        if table.name not in _OWN
        for key in table.foreign_keys
        if key.column.table is estate
    ]
    return any(
        connection.execute(sa.select(sa.literal(1)).where(column == estate_id).limit(1)).first() for column in columns
    )


def delete(connection: sa.Connection, estate_id: int) -> None:
    """Delete an estate with its history."""
    mark_changed(connection, Register.ESTATES, [estate_id])
    connection.execute(estate.delete().where(estate.c.id == estate_id))


def progress(connection: sa.Connection, estate_id: int) -> tuple[RenovationStatus, RenovationStatus | None]:
    """Return where an estate stands, and what it is of itself while a batch, a programme or works hold it."""
    row = connection.execute(sa.select(estate.c.status, estate.c.own_status).where(estate.c.id == estate_id)).one()
    return RenovationStatus(row.status), None if row.own_status is None else RenovationStatus(row.own_status)


def set_progress(
    connection: sa.Connection, estate_id: int, status: RenovationStatus, own: RenovationStatus | None
) -> None:
    """Write where an estate stands, and what it is of itself."""
    mark_changed(connection, Register.ESTATES, [estate_id])
    values = {"status": status.value, "own_status": None if own is None else own.value}
    connection.execute(estate.update().where(estate.c.id == estate_id).values(**values, version=estate.c.version + 1))


def add_change(
    connection: sa.Connection,
    estate_id: int,
    *,
    at: datetime,
    login: str,
    fields: Mapping[str, tuple[str, str]],
) -> None:
    """Write what an edit changed into the estate's history."""
    connection.execute(
        estate_change.insert().values(
            estate_id=estate_id, at=at, login=login, fields={name: list(pair) for name, pair in fields.items()}
        )
    )


def changes(connection: sa.Connection, estate_id: int) -> tuple[Change, ...]:
    """Return an estate's history, newest first."""
    query = (
        sa.select(estate_change)
        .where(estate_change.c.estate_id == estate_id)
        .order_by(estate_change.c.at.desc(), estate_change.c.id.desc())
    )
    return tuple(
        Change(
            at=row.at.isoformat(),
            by=row.login,
            fields={name: (pair[0], pair[1]) for name, pair in row.fields.items()},
        )
        for row in connection.execute(query)
    )


def add_deficits(connection: sa.Connection, estate_id: int, records: Iterable[DeficitRecord]) -> None:
    """Write what a survey found; the ``deficits`` column is kept by :func:`update`."""
    rows = [
        {
            "estate_id": estate_id,
            "deficit": record.deficit.value,
            "present": record.present,
            "collected_on": record.collected_on,
            "collector": record.collector,
        }
        for record in records
    ]
    if rows:
        connection.execute(estate_deficit.insert(), rows)


def deficit_records(connection: sa.Connection, estate_id: int) -> tuple[DeficitRecord, ...]:
    """Return the newest finding of each deficit that was ever looked at, in the order of the enum."""
    query = sa.select(estate_deficit).where(estate_deficit.c.estate_id == estate_id).order_by(estate_deficit.c.id)
    newest = {
        row.deficit: DeficitRecord(
            deficit=Deficit(row.deficit),
            present=row.present,
            collected_on=row.collected_on,
            collector=row.collector,
        )
        for row in connection.execute(query)
    }
    return tuple(newest[deficit.value] for deficit in Deficit if deficit.value in newest)


def last_deficit(connection: sa.Connection) -> int:
    """Return the number of the newest finding of all."""
    return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(estate_deficit.c.id), 0))).scalar_one())


def remove_deficits_after(connection: sa.Connection, estate_id: int, number: int) -> None:
    """Forget an estate's findings that are newer than a number."""
    connection.execute(
        estate_deficit.delete().where(estate_deficit.c.estate_id == estate_id, estate_deficit.c.id > number)
    )


def columns_of(connection: sa.Connection, estate_id: int) -> dict[str, Any]:
    """Return an estate's columns as JSON can hold them: shares as "n/d", geometry as hexadecimal WKB."""
    row = connection.execute(sa.select(estate).where(estate.c.id == estate_id)).one()
    return {
        name: str(value) if isinstance(value, Fraction) else value.hex() if isinstance(value, bytes) else value
        for name, value in row._mapping.items()
    }


def put_back(connection: sa.Connection, estate_id: int, columns: Mapping[str, Any]) -> None:
    """Write columns that :func:`columns_of` has kept, as one more version."""
    values = {
        name: bytes.fromhex(value) if name == "geometry" and value is not None else value
        for name, value in columns.items()
    }
    mark_changed(connection, Register.ESTATES, [estate_id])
    connection.execute(estate.update().where(estate.c.id == estate_id).values(**values, version=estate.c.version + 1))


def places_to_fill(connection: sa.Connection) -> Sequence[sa.Row]:
    """Return id, areas and geometry of the estates that lack one of their areas."""
    levels = (estate.c.county_id, estate.c.street_id, estate.c.community_id, estate.c.grid_id)
    query = sa.select(estate.c.id, *levels, estate.c.geometry).order_by(estate.c.id)
    return connection.execute(query.where(sa.or_(*(column.is_(None) for column in levels)))).all()


def county_of_areas(connection: sa.Connection) -> dict[int, int]:
    """Return area → the county in which all its estates lie, for streets, communities and grids with one."""
    county, found = estate.c.county_id, {}
    for key in (estate.c.grid_id, estate.c.community_id, estate.c.street_id):
        query = sa.select(key, sa.func.min(county)).where(key.is_not(None)).group_by(key)
        query = query.having(sa.func.min(county) == sa.func.max(county))
        found.update({row[0]: row[1] for row in connection.execute(query)})
    return found


def by_codes(connection: sa.Connection, codes: Iterable[str]) -> dict[str, Estate]:
    """Return the estates of these codes."""
    parts = (sa.select(estate).where(estate.c.code.in_(part or ())) for part in in_parts(codes))
    return {row.code: _estate(row) for part in parts for row in connection.execute(part)}


def existing_codes(connection: sa.Connection) -> dict[str, int]:
    """Return every estate's id by code."""
    return {row.code: row.id for row in connection.execute(sa.select(estate.c.code, estate.c.id))}


def outlined(connection: sa.Connection, window: Window) -> list[tuple[int, str, str, bytes]]:
    """Return (id, code, name, geometry) of the estates whose bounds meet a window."""
    query = sa.select(estate.c.id, estate.c.code, estate.c.name, estate.c.geometry)
    query = query.where(estate.c.geometry.is_not(None), in_window(connection, estate, window)).order_by(estate.c.id)
    return [(row.id, row.code, row.name, row.geometry) for row in connection.execute(query)]


def namesake_of(
    alike: Mapping[str, Sequence[Namesake]], name: str, place: Any, *, besides: int | None = None
) -> Namesake | None:
    """Return the estate among :func:`namesakes` that an estate of a name at a place cannot be told from."""
    others = (one for one in alike.get(name_key(name), ()) if one.id != besides)
    return next((one for one in others if may_coincide(one, place)), None)


def namesakes(connection: sa.Connection, names: Iterable[str]) -> dict[str, list[Namesake]]:
    """Return the estates that are called so, however it is written: key of the name → estates."""
    columns = [estate.c[column] for column in Namesake.__slots__]
    found: dict[str, list[Namesake]] = {}
    for part in in_parts({name_key(name) for name in names}):
        query = sa.select(estate.c.name_key, *columns).where(estate.c.name_key.in_(part or [])).order_by(estate.c.id)
        for row in connection.execute(query):
            found.setdefault(row.name_key, []).append(read_row(Namesake, row))
    return found
