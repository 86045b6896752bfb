"""Where projects and estates lie, by the names that pots and lists of the programme go by."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from renovation.model.funding import FundedProject
from renovation.model.places import EstatePlace
from renovation.model.scope import Scope
from renovation.store.rows import read_row
from renovation.store.schema.places import area, estate
from renovation.store.schema.projects import project
from renovation.store.scoping import within


def _named(source: sa.FromClause, *columns: sa.ColumnElement[Any]) -> sa.Select[Any]:
    county, street, community = (area.alias(name) for name in ("county", "street", "community"))
    return (
        sa.select(
            *columns,
            estate.c.id.label("estate_id"),
            estate.c.name.label("estate_name"),
            sa.func.coalesce(county.c.name, "").label("county_name"),
            sa.func.coalesce(street.c.name, "").label("street_name"),
            sa.func.coalesce(community.c.name, "").label("community_name"),
        )
        .select_from(source)
        .outerjoin(county, county.c.id == estate.c.county_id)
        .outerjoin(street, street.c.id == estate.c.street_id)
        .outerjoin(community, community.c.id == estate.c.community_id)
    )


# Building a statement takes longer than running it on a small town, and these run in every verb of money.
_ESTATES = _named(estate).order_by(estate.c.code)
_PROJECTS = _named(
    project.join(estate, estate.c.id == project.c.estate_id),
    *(project.c[name] for name in ("id", "code", "name", "item_code", "cost", "status")),
).order_by(project.c.id)


def _estate(row: sa.Row[Any]) -> EstatePlace:
    return EstatePlace(
        id=row.estate_id,
        name=row.estate_name,
        county=row.county_name,
        street=row.street_name,
        community=row.community_name,
    )


def estates(connection: sa.Connection, *, scopes: Iterable[Scope] = ()) -> dict[int, EstatePlace]:
    """Return where the estates inside the scopes lie, by id, in the order of their codes."""
    query = _ESTATES.where(*within(scopes))
    return {row.estate_id: _estate(row) for row in connection.execute(query)}


def projects(
    connection: sa.Connection, ids: Iterable[int] | None = None, *, scopes: Iterable[Scope] = ()
) -> dict[int, FundedProject]:
    """Return the projects inside the scopes by id; all of them when ``ids`` is left out."""
    wanted = None if ids is None else set(ids)
    query = _PROJECTS.where(*within(scopes))
    if wanted is not None and len(wanted) <= 500:
        query = query.where(project.c.id.in_(wanted))
    return {
        row.id: read_row(FundedProject, row, estate=_estate(row))
        for row in connection.execute(query)
        if wanted is None or row.id in wanted
    }
