"""Projects in the store, and the demands they answer."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

import shapely
import sqlalchemy as sa

from renovation.model.canonical import from_plain, plain
from renovation.model.lives import HOLDS_ESTATE, LETS_GO, PROJECT_LIFE, ProjectAct
from renovation.model.names import search_words
from renovation.model.projects import (
    AnsweredDemand,
    CostFigure,
    Occasion,
    Project,
    ProjectDraft,
    ProjectFilter,
    ProjectRow,
    ProjectStatus,
    ProjectStep,
)
from renovation.model.scope import Scope
from renovation.store.rows import change_row, keys_of, read_row, the_row, values_of
from renovation.store.schema.demands import demand
from renovation.store.schema.places import area, building, estate
from renovation.store.schema.projects import project, project_demand, project_figure, project_step
from renovation.store.schema.scenarios import work_plan
from renovation.store.scoping import within

_COLUMNS = [project.c[name] for name in Project.__slots__ if name != "demand_ids"]


def _project(row: Any, demand_ids: Iterable[int]) -> Project:
    return read_row(Project, row, demand_ids=tuple(demand_ids))


def _links(connection: sa.Connection, ids: Iterable[int] | None = None) -> dict[int, list[int]]:
    query = sa.select(project_demand).order_by(project_demand.c.demand_id)
    if ids is not None:
        query = query.where(project_demand.c.project_id.in_(list(ids)))
    found: dict[int, list[int]] = {}
    for row in connection.execute(query):
        found.setdefault(row.project_id, []).append(row.demand_id)
    return found


def _values(draft: ProjectDraft, unit: str) -> dict[str, Any]:
    values: dict[str, Any] = {name: getattr(draft, name) for name in ProjectDraft.__slots__}
    values |= {
        "quantity": str(draft.quantity),
        "unit": unit,
        "lon": None,
        "lat": None,
    }
    if draft.geometry:
        point = shapely.from_wkb(draft.geometry).representative_point()
        values |= {"lon": point.x, "lat": point.y}
    return values | keys_of(project, values)


def add(
    connection: sa.Connection,
    draft: ProjectDraft,
    *,
    unit: str,
    at: datetime,
    login: str = "",
    point: tuple[float, float] | None = None,
    synthetic: bool = False,
) -> Project:
    """Keep a new project, with the first line of its history; its code follows from its number.

    Parameters
    ----------
    point
        Where to show it (lon, lat, EPSG:4490) when nothing is drawn.
    """
    values = _values(draft, unit)
    if values["lon"] is None and point is not None:
        values |= {"lon": point[0], "lat": point[1]}
    made = connection.execute(
        project.insert().values(
            **values, code=uuid.uuid4().hex[:20], status=PROJECT_LIFE.begins.value, synthetic=synthetic, created_at=at
        )
    )
    identity = int(made.inserted_primary_key[0])  # type: ignore[index]
    connection.execute(project.update().where(project.c.id == identity).values(code=f"P{identity:04d}"))
    made_now = get(connection, identity)
    add_step(connection, made_now, PROJECT_LIFE.born, made_now.status, at=at, login=login)
    return made_now


def add_step(
    connection: sa.Connection,
    one: Project,
    act: ProjectAct,
    after: ProjectStatus,
    *,
    at: datetime,
    login: str,
    occasion: Occasion | None = None,
) -> None:
    """Write a line of a project's history; ``one`` is the project before the act."""
    said = {name: value for name, value in plain(occasion or Occasion()).items() if value not in ("", None)}
    values = {"act": act.value, "status_before": one.status.value, "status_after": after.value, "said": said}
    connection.execute(project_step.insert().values(project_id=one.id, at=at, login=login, **values))


def steps(connection: sa.Connection, project_ids: Iterable[int] | None = None) -> tuple[ProjectStep, ...]:
    """Return the history of projects, or of every one, oldest first."""
    query = sa.select(project_step).order_by(project_step.c.id)
    if project_ids is not None:
        query = query.where(project_step.c.project_id.in_(list(project_ids)))
    return tuple(
        ProjectStep(
            project_id=row.project_id,
            at=row.at,
            by=row.login,
            act=row.act,
            before=ProjectStatus(row.status_before),
            after=ProjectStatus(row.status_after),
            occasion=from_plain(Occasion, row.said),
        )
        for row in connection.execute(query)
    )


def holding(connection: sa.Connection, estate_id: int) -> bool:
    """Tell whether a project of an estate stands in an adopted programme or is in works."""
    query = sa.select(project.c.id).where(
        project.c.estate_id == estate_id, project.c.status.in_([one.value for one in HOLDS_ESTATE])
    )
    return connection.execute(query.limit(1)).first() is not None


def get(connection: sa.Connection, project_id: int, *, scopes: Iterable[Scope] = ()) -> Project:
    """Return a project with the demands it answers.

    Raises
    ------
    NotFoundError
        ``project.not_found``: none under this id, or it lies outside the scopes.
    """
    query = sa.select(*_COLUMNS).join(estate, estate.c.id == project.c.estate_id)
    row = the_row(
        connection, query.where(project.c.id == project_id, *within(scopes)), "project.not_found", id=project_id
    )
    return _project(row, _links(connection, [project_id]).get(project_id, ()))


def estates_of(connection: sa.Connection, project_ids: Iterable[int]) -> dict[int, int]:
    """Return project → the estate it lies in; unknown ids are left out."""
    query = sa.select(project.c.id, project.c.estate_id).where(project.c.id.in_(set(project_ids)))
    return {row.id: row.estate_id for row in connection.execute(query)}


def change(connection: sa.Connection, one: Project, **values: Any) -> Project:
    """Write fields of a project if nobody else has changed it meanwhile.

    Raises
    ------
    ConflictError
        ``project.changed``.
    """
    written = values | keys_of(project, values)
    change_row(connection, project, one.id, one.version, "project.changed", values=written, code=one.code)
    return get(connection, one.id)


def columns_of(connection: sa.Connection, project_id: int, names: Iterable[str]) -> dict[str, Any]:
    """Return columns of a project as they stand, its key of search with its name."""
    wanted = [project.c[name] for name in {*names, *(("name_key",) if "name" in set(names) else ())}]
    if not wanted:
        return {}
    row = connection.execute(sa.select(*wanted).where(project.c.id == project_id)).one()
    return dict(row._mapping)


def edit(
    connection: sa.Connection, one: Project, draft: ProjectDraft, *, unit: str, point: tuple[float, float] | None = None
) -> Project:
    """Write a draft over a project, if nobody else has changed it meanwhile."""
    values = _values(draft, unit)
    if values["lon"] is None and point is not None:
        values |= {"lon": point[0], "lat": point[1]}
    return change(connection, one, **values)


def add_figure(connection: sa.Connection, project_id: int, figure: CostFigure, *, at: datetime) -> None:
    """Keep what a project costs by an estimate or its review; earlier ones stay."""
    values = values_of(project_figure, figure) | {"project_id": project_id, "recorded_at": at}
    connection.execute(project_figure.insert().values(values))


def figures(connection: sa.Connection, project_id: int) -> tuple[CostFigure, ...]:
    """Return what was recorded of a project's cost, the oldest first."""
    query = sa.select(project_figure).where(project_figure.c.project_id == project_id).order_by(project_figure.c.id)
    return tuple(read_row(CostFigure, row) for row in connection.execute(query))


def link(connection: sa.Connection, project_id: int, demand_ids: Iterable[int]) -> None:
    """Record which demands a project answers."""
    for demand_id in demand_ids:
        connection.execute(project_demand.insert().values(project_id=project_id, demand_id=demand_id))


def unlink(connection: sa.Connection, project_id: int, demand_ids: Iterable[int]) -> None:
    """Take demands away from a project."""
    connection.execute(
        project_demand.delete().where(
            project_demand.c.project_id == project_id, project_demand.c.demand_id.in_(list(demand_ids))
        )
    )


def taken_up_elsewhere(connection: sa.Connection, demand_id: int, *, besides: int) -> bool:
    """Tell whether another project answers a demand that has not been withdrawn and has not lost its poll."""
    query = (
        sa.select(project.c.id)
        .join(project_demand, project_demand.c.project_id == project.c.id)
        .where(
            project_demand.c.demand_id == demand_id,
            project.c.id != besides,
            project.c.status.not_in([status.value for status in LETS_GO]),
        )
    )
    return connection.execute(query).first() is not None


def late_on(day: date) -> sa.ColumnElement[bool]:
    """Return the condition that keeps projects whose works, by their plan, should have begun or ended by that day."""
    month = f"{day:%Y-%m}"
    due_months = ((ProjectStatus.IN_PROGRAMME, work_plan.c.starts), (ProjectStatus.IN_WORKS, work_plan.c.ends))
    return sa.or_(
        *(
            (project.c.status == status.value)
            & project.c.id.in_(sa.select(work_plan.c.project_id).where(due != "", due < month))
            for status, due in due_months
        )
    )


def _conditions(wanted: ProjectFilter, scopes: Iterable[Scope]) -> list[sa.ColumnElement[bool]]:
    asked = within([wanted.scope, *scopes])
    if wanted.statuses:
        asked.append(project.c.status.in_([status.value for status in wanted.statuses]))
    if wanted.item_codes:
        asked.append(project.c.item_code.in_(list(wanted.item_codes)))
    if wanted.late_on is not None:
        asked.append(late_on(wanted.late_on))
    for word in search_words(wanted.query):
        looked_through = [column.contains(word, autoescape=True) for column in (project.c.name_key, estate.c.name_key)]
        asked.append(sa.or_(*looked_through, project.c.code.contains(word.upper(), autoescape=True)))
    return asked


def listed(
    connection: sa.Connection,
    wanted: ProjectFilter,
    *,
    scopes: Iterable[Scope] = (),
    limit: int | None = None,
    offset: int = 0,
) -> tuple[ProjectRow, ...]:
    """Return the projects a filter keeps, newest first, with the names of their places."""
    county, street = area.alias("county"), area.alias("street")
    behind = (
        sa.select(
            project_demand.c.project_id,
            sa.func.count().label("demands"),
            sa.func.sum(demand.c.supporters).label("supporters"),
        )
        .join(demand, demand.c.id == project_demand.c.demand_id)
        .group_by(project_demand.c.project_id)
        .subquery()
    )
    query = (
        sa.select(
            *_COLUMNS,
            estate.c.name.label("estate_name"),
            sa.func.coalesce(county.c.name, "").label("county_name"),
            sa.func.coalesce(street.c.name, "").label("street_name"),
            sa.func.coalesce(behind.c.demands, 0).label("demands"),
            sa.func.coalesce(behind.c.supporters, 0).label("supporters"),
        )
        .join(estate, estate.c.id == project.c.estate_id)
        .outerjoin(county, county.c.id == estate.c.county_id)
        .outerjoin(street, street.c.id == estate.c.street_id)
        .outerjoin(behind, behind.c.project_id == project.c.id)
        .where(*_conditions(wanted, scopes))
        .order_by(project.c.id.desc())
        .limit(limit)
        .offset(offset or None)
    )
    rows = connection.execute(query).all()
    links = _links(connection, None if len(rows) > 500 else [row.id for row in rows])
    return tuple(read_row(ProjectRow, row, project=_project(row, links.get(row.id, ()))) for row in rows)


def count(connection: sa.Connection, wanted: ProjectFilter, *, scopes: Iterable[Scope] = ()) -> int:
    """Return how many projects a filter keeps."""
    query = sa.select(sa.func.count()).select_from(project.join(estate, estate.c.id == project.c.estate_id))
    return int(connection.execute(query.where(*_conditions(wanted, scopes))).scalar_one())


def codes(connection: sa.Connection) -> set[str]:
    """Return the code of every project."""
    return set(connection.execute(sa.select(project.c.code)).scalars())


def answered_demands(connection: sa.Connection, project_id: int) -> tuple[AnsweredDemand, ...]:
    """Return the demands a project answers, by building."""
    query = (
        sa.select(
            demand.c.id,
            demand.c.receipt,
            demand.c.text,
            demand.c.status,
            sa.func.coalesce(building.c.name, "").label("building_name"),
            demand.c.supporters,
            demand.c.step_free,
        )
        .join(project_demand, project_demand.c.demand_id == demand.c.id)
        .outerjoin(building, building.c.id == demand.c.building_id)
        .where(project_demand.c.project_id == project_id)
        .order_by("building_name", demand.c.id)
    )
    return tuple(AnsweredDemand(**row._mapping) for row in connection.execute(query))
