"""Narrow a statement, or a set of estates, to a part of the hierarchy of places."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from renovation.model.scope import Scope
from renovation.store.schema.places import estate


def within(scopes: Iterable[Scope]) -> list[sa.ColumnElement[bool]]:
    """Return the conditions on table ``estate`` that keep what lies in every scope given."""
    conditions: list[sa.ColumnElement[bool]] = []
    for scope in scopes:
        for column, wanted in (
            (estate.c.county_id, scope.county_id),
            (estate.c.street_id, scope.street_id),
            (estate.c.community_id, scope.community_id),
            (estate.c.grid_id, scope.grid_id),
            (estate.c.id, scope.estate_id),
        ):
            if wanted is not None:
                conditions.append(column == wanted)
    return conditions


def inside(connection: sa.Connection, scope: Scope, estate_ids: Iterable[int]) -> set[int]:
    """Return which of these estates lie in a scope; for the whole town nobody is asked."""
    wanted = set(estate_ids)
    conditions = within([scope])
    if not conditions or not wanted:
        return wanted
    return set(connection.scalars(sa.select(estate.c.id).where(estate.c.id.in_(wanted), *conditions)))
