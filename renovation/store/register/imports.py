"""Records of files taken in, and what undoing one needs to know."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

import shapely
import sqlalchemy as sa

from renovation.model.canonical import digest_of
from renovation.model.imports import ImportKind, ImportRecord, ImportSource, LeftEmpty
from renovation.model.scenarios import ScenarioState
from renovation.store.register_state import Register, mark_changed
from renovation.store.rows import in_parts, read_row
from renovation.store.schema import metadata
from renovation.store.schema.demands import demand
from renovation.store.schema.facilities import facility
from renovation.store.schema.places import building, estate, road
from renovation.store.schema.planning import consent, gate_fact, gate_history, payment, pot, project_funding
from renovation.store.schema.projects import item, project, project_figure, project_step
from renovation.store.schema.scenarios import scenario
from renovation.store.schema.staff import import_record

#: Any number that no other lock of the store has.
_PG_LOCK = 7_216_002


def add(
    connection: sa.Connection,
    *,
    at: datetime,
    login: str,
    kind: ImportKind,
    source: ImportSource,
    datum: str,
    mapping: Mapping[str, str],
    rows: int,
    left: Sequence[tuple[int, str, str]] = (),
) -> int:
    """Write a record and return its id; whoever else takes a file in waits until this one is kept or dropped."""
    if connection.dialect.name == "postgresql":
        # SQLite has one writer; here two lists with the same numbers would not see each other.
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_PG_LOCK)))
    made = connection.execute(
        import_record.insert().values(
            at=at,
            login=login,
            kind=kind.value,
            filename=source.filename[:200],
            sha256=source.sha256,
            datum=datum,
            mapping=dict(mapping),
            rows=rows,
            imported=0,
            before={"left": [list(one) for one in left]} if left else {},
        )
    )
    (import_id,) = made.inserted_primary_key or (0,)
    return int(import_id)


def note_before(connection: sa.Connection, import_id: int, before: Mapping[str, Any], *, imported: int) -> None:
    """Keep what an import has replaced, so that undoing it can put it back, and how many rows brought something."""
    held = connection.execute(sa.select(import_record.c.before).where(import_record.c.id == import_id)).scalar_one()
    values = {"before": {**held, **before}, "imported": imported}
    connection.execute(import_record.update().where(import_record.c.id == import_id).values(**values))


def before(connection: sa.Connection, import_id: int) -> dict[str, Any]:
    """Return what an import has replaced."""
    query = sa.select(import_record.c.before).where(import_record.c.id == import_id)
    return dict(connection.execute(query).scalar_one())


#: Where a record keeps what was there before, by what a list changes.
_CHANGED = ("estates", "demands", "facilities", "changed_areas", "buildings", "projects", "pots", "sources")


def _record(row: sa.Row) -> ImportRecord:
    return read_row(
        ImportRecord,
        row,
        source=read_row(ImportSource, row),
        left=tuple(LeftEmpty(*one) for one in row.before.get("left", ())),
        created_areas=len(row.before.get("areas", ())),
        updated=sum(len(row.before.get(name, ())) for name in _CHANGED),
    )


def get(connection: sa.Connection, import_id: int) -> ImportRecord | None:
    """Return a record."""
    row = connection.execute(sa.select(import_record).where(import_record.c.id == import_id)).first()
    return _record(row) if row else None


def newest(connection: sa.Connection, kind: ImportKind | None = None) -> tuple[ImportRecord, ...]:
    """Return records, newest first."""
    query = sa.select(import_record).order_by(import_record.c.id.desc()).limit(20)
    if kind is not None:
        query = query.where(import_record.c.kind == kind.value)
    return tuple(_record(row) for row in connection.execute(query))


def join(connection: sa.Connection, import_ids: Sequence[int]) -> None:
    """Make records parts of one workbook."""
    of_book = import_record.update().where(import_record.c.id.in_(import_ids))
    connection.execute(of_book.values(workbook_id=min(import_ids)))


def parts_of(connection: sa.Connection, record: ImportRecord) -> tuple[ImportRecord, ...]:
    """Return the records of the workbook that a record is part of, the last one first; else the record alone."""
    if record.workbook_id is None:
        return (record,)
    query = sa.select(import_record).where(import_record.c.workbook_id == record.workbook_id)
    return tuple(_record(row) for row in connection.execute(query.order_by(import_record.c.id.desc())))


def same_file(connection: sa.Connection, import_id: int, sha256: str) -> ImportRecord | None:
    """Return the earlier import of demands that took this very file and stands, if any."""
    query = sa.select(import_record).where(
        import_record.c.kind == ImportKind.DEMANDS.value,
        import_record.c.sha256 == sha256,
        import_record.c.undone_at.is_(None),
        import_record.c.id < import_id,
    )
    row = connection.execute(query.limit(1)).first()
    return _record(row) if row else None


def claim_undo(connection: sa.Connection, import_id: int, at: datetime) -> bool:
    """Mark an import as undone if nobody has yet; tell whether this call did."""
    done = connection.execute(
        import_record.update()
        .where(import_record.c.id == import_id, import_record.c.undone_at.is_(None))
        .values(undone_at=at)
    )
    return done.rowcount == 1


def _referring(target: sa.Table) -> list[sa.Column]:
    """Return the columns of other tables that refer to ``target`` and do not vanish with it."""
    return [
        key.parent
        for table in metadata.sorted_tables
        if table is not target
        for key in table.foreign_keys
        if key.column.table is target and (key.ondelete is None or table is building)
    ]


def seals(connection: sa.Connection, rows: Mapping[str, Collection[int]]) -> dict[str, list[list[Any]]]:
    """Return what rows say now, each as a digest: name of a table → ids and digests.

    A list may be taken back as long as its rows say what it left, whatever came and went in between.
    """
    return {name: [list(one) for one in _said(connection, name, ids).items()] for name, ids in rows.items()}


def _said(connection: sa.Connection, name: str, ids: Collection[int]) -> dict[int, str]:
    columns = [column for column in metadata.tables[name].columns if column.name != "version"]
    found = {}
    for part in in_parts(ids):
        for row in connection.execute(sa.select(*columns).where(columns[0].in_(part or ()))):
            found[row.id] = digest_of(*row)[:16]
    return found


def changed_since(connection: sa.Connection, kept: Mapping[str, Any], name: str) -> set[int]:
    """Return the rows of a table that say something else by now than an import left them saying, or are gone."""
    sealed = dict(kept.get("seals", {}).get(name, ()))
    now = _said(connection, name, sealed)
    return {number for number, seal in sealed.items() if now.get(number) != seal}


def estates_in_use(connection: sa.Connection, import_id: int) -> list[str]:
    """Return names of an import's estates, made or changed, that say something else since, or are hung on if made."""
    own = sa.select(estate.c.id).where(estate.c.import_id == import_id)
    used = [estate.c.id.in_(sa.select(column).where(column.in_(own))) for column in _referring(estate)]
    names = set(connection.scalars(sa.select(estate.c.name).where(estate.c.import_id == import_id, sa.or_(*used))))
    for part in in_parts(changed_since(connection, before(connection, import_id), estate.name)):
        names |= set(connection.scalars(sa.select(estate.c.name).where(estate.c.id.in_(part or ()))))
    return sorted(names)


def remove_estates(connection: sa.Connection, import_id: int) -> int:
    """Delete an import's estates; return how many."""
    mark_changed(connection, Register.ESTATES, None)
    return connection.execute(estate.delete().where(estate.c.import_id == import_id)).rowcount


def remove_findings(connection: sa.Connection, kept: Mapping[str, Any]) -> list[str]:
    """Delete what a list said of gates and consents; return the estates whose consent somebody has withdrawn since."""
    for part in in_parts(kept.get("consents", ())):
        withdrawn = sa.select(estate.c.name).join(consent, consent.c.estate_id == estate.c.id)
        withdrawn = withdrawn.where(consent.c.id.in_(part or ()), consent.c.withdrawn_on.is_not(None))
        if names := list(connection.execute(withdrawn).scalars()):
            return names
    for name, table in (("consents", consent), ("gate_facts", gate_fact), ("gate_notes", gate_history)):
        for part in in_parts(kept.get(name, ())):
            connection.execute(table.delete().where(table.c.id.in_(part or ())))
    return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """Where an import's objects lie: the estates it made, changed or brought demands to; shapes (WKB) of the rest."""

    estates: set[int]
    shapes: list[bytes]


def brought(connection: sa.Connection, record: ImportRecord) -> Brought:
    """Return where all lies that an import brought."""
    if record.kind is ImportKind.FACILITIES:
        places = connection.execute(
            sa.select(facility.c.lon, facility.c.lat).where(facility.c.import_id == record.id)
        ).all()
        return Brought(estates=set(), shapes=[shapely.to_wkb(shapely.Point(row.lon, row.lat)) for row in places])
    if record.kind is ImportKind.STREETS:
        lines = connection.scalars(sa.select(road.c.geometry).where(road.c.import_id == record.id))
        return Brought(estates=set(), shapes=list(lines))
    assert record.id is not None
    made = sa.select(estate.c.id).where(estate.c.import_id == record.id)
    asked = made.union(sa.select(demand.c.estate_id).where(demand.c.import_id == record.id))
    kept = before(connection, record.id)
    changed = {entry["id"] for entry in kept.get("estates", ())}
    asked_of = {entry["estate_id"] for entry in kept.get("demands", ())}
    through = set(kept.get("in_estates", ()))
    return Brought(estates=changed | asked_of | through | set(connection.scalars(asked)), shapes=[])


#: What hangs on a project and is brought with it by a list.
_OF_PROJECTS = (project_step, project_figure, project_funding)


def last_of_projects(connection: sa.Connection) -> dict[str, int]:
    """Return the last id of each table whose rows a list of projects brings."""
    return {
        table.name: connection.execute(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))).scalar_one()
        for table in _OF_PROJECTS
    }


def rows_of_projects_since(
    connection: sa.Connection, last: Mapping[str, int], project_ids: Sequence[int]
) -> dict[str, list[int]]:
    """Return, by table, the ids of what was written for these projects after the ids given."""
    found: dict[str, list[int]] = {}
    for table in _OF_PROJECTS:
        found[table.name] = []
        for part in in_parts(project_ids):
            query = sa.select(table.c.id).where(table.c.id > last[table.name], table.c.project_id.in_(part or ()))
            found[table.name] += connection.scalars(query)
    return found


def take_back_projects(connection: sa.Connection, kept: Mapping[str, Any]) -> list[str]:
    """Delete what a list of projects made and put back what it changed; return the projects that stand in the way.

    Those are projects that somebody has changed since, or on which anything hangs by now.
    """
    made = kept["made_projects"]
    used = changed_since(connection, kept, project.name)
    codes: dict[int, str] = {}
    for part in in_parts([*made, *(entry["id"] for entry in kept["projects"])]):
        rows = connection.execute(sa.select(project.c.id, project.c.code).where(project.c.id.in_(part or ())))
        codes |= {row.id: row.code for row in rows}
    own = {(name, number) for name, ids in kept["made_rows"].items() for number in ids}
    for column in _all_referring(project):
        keys = list(column.table.primary_key.columns)
        for part in in_parts(made):
            for row in connection.execute(sa.select(column, *keys).where(column.in_(part or ()))):
                used |= set() if (column.table.name, row[1]) in own else {row[0]}
    others = changed_since(connection, kept, project_funding.name)
    used |= {entry["id"] for entry in kept["projects"] for line in entry["funding"] if line["id"] in others}
    for part in in_parts(others):
        used |= set(
            connection.scalars(sa.select(project_funding.c.project_id).where(project_funding.c.id.in_(part or ())))
        )
    for part in in_parts(kept["made_rows"][project_funding.name]):
        used |= set(connection.scalars(sa.select(payment.c.project_id).where(payment.c.funding_id.in_(part or ()))))
    # A scenario names its projects in what it was worked out from.
    planned = " ".join(connection.scalars(sa.select(sa.cast(scenario.c.basis, sa.Text))))
    used |= {number for number in made if f'"{codes.get(number)}"' in planned}
    if used:
        return sorted(codes.get(number, "") for number in used)
    for table in _OF_PROJECTS:
        for part in in_parts(kept["made_rows"][table.name]):
            connection.execute(table.delete().where(table.c.id.in_(part or ())))
    for part in in_parts(made):
        connection.execute(project.delete().where(project.c.id.in_(part or ())))
    for entry in kept["projects"]:
        _put_back(connection, project, entry["id"], entry["columns"])
        for line in entry["funding"]:
            _put_back(connection, project_funding, line["id"], {"pledged": line["pledged"]})
    for code in kept["made_items"]:
        if connection.execute(sa.select(project.c.id).where(project.c.item_code == code).limit(1)).first() is None:
            connection.execute(item.delete().where(item.c.code == code))
    return []


def _put_back(connection: sa.Connection, table: sa.Table, number: int, columns: Mapping[str, Any]) -> None:
    """Write columns as they were, as one more version: whoever has the row open must not write over it unseen."""
    values = {**columns, "version": table.c.version + 1}
    connection.execute(table.update().where(table.c.id == number).values(values))


def take_back_money(connection: sa.Connection, kept: Mapping[str, Any]) -> list[str]:
    """Delete the pots and sources that a list made and put back those it changed; return what stands in the way.

    Those are pots and sources that somebody has changed since, and new ones on which anything hangs by now.
    """
    spending = {
        int(pot_id)
        for programme in connection.scalars(
            sa.select(scenario.c.programme).where(scenario.c.state == ScenarioState.ADOPTED.value)
        )
        for line in programme["chosen"]
        for pot_id, _ in line["payments"]
    }
    for table, name in ((project_funding, "sources"), (pot, "pots")):
        new, changed = kept.get(f"made_{name}", ()), kept.get(name, ())
        used = changed_since(connection, kept, table.name) | (spending & set(new) if table is pot else set())
        for column in _all_referring(table):
            for part in in_parts(new):
                used |= set(connection.scalars(sa.select(column).where(column.in_(part or ()))))
        if used:
            return _money_named(connection, table, used)
        for part in in_parts(new):
            connection.execute(table.delete().where(table.c.id.in_(part or ())))
        for entry in changed:
            columns = dict(entry["columns"])
            columns |= {"hours": Fraction(columns["hours"])} if "hours" in columns else {}
            _put_back(connection, table, entry["id"], columns)
    return []


def _money_named(connection: sa.Connection, table: sa.Table, ids: set[int]) -> list[str]:
    """Return the names of pots, or the projects of sources."""
    query = sa.select(pot.c.name).where(pot.c.id.in_(ids))
    if table is project_funding:
        owners = project.join(project_funding, project_funding.c.project_id == project.c.id)
        query = sa.select(project.c.code).select_from(owners).where(project_funding.c.id.in_(ids))
    # What is gone has no name any more.
    return sorted(set(connection.scalars(query))) or ["—"]


def _all_referring(target: sa.Table) -> list[sa.Column]:
    """Return the columns of other tables that refer to ``target``, those that would vanish with it too."""
    return [
        key.parent
        for table in metadata.sorted_tables
        for key in table.foreign_keys
        if table is not target and key.column.table is target
    ]


def remove_roads(connection: sa.Connection, import_id: int) -> int:
    """Delete an import's roads; return how many."""
    return connection.execute(road.delete().where(road.c.import_id == import_id)).rowcount
