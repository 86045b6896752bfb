"""What a store holds of what a district begins with: a few counts."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from renovation.model.scope import EVERYWHERE, Scope
from renovation.store.schema.panels import annual_batch
from renovation.store.schema.places import area, estate
from renovation.store.schema.planning import gate_fact, pot
from renovation.store.schema.projects import price
from renovation.store.schema.staff import account, local_list
from renovation.store.scoping import within


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUpCounts:
    """How much there is, and how much of it lacks something.

    Attributes
    ----------
    outlined
        Areas with an outline.
    without_place
        Estates with neither outline nor point.
    without_gates
        Estates of which no gate was ever looked into.
    lists
        States of lists that the place has made its own.
    books
        Price books of the place's own.
    """

    areas: int
    outlined: int
    estates: int
    without_place: int
    without_gates: int
    lists: int
    books: int
    pots: int
    batches: int
    accounts: int


def holdings(connection: sa.Connection, scope: Scope = EVERYWHERE, *, since: int = 0) -> SetUpCounts:
    """Count, estates inside a scope, pots and batches from a year on."""

    def count(table: sa.Table, *where: sa.ColumnElement[bool]) -> int:
        return int(connection.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())

    places = within([scope])
    looked_into = sa.exists().where(gate_fact.c.estate_id == estate.c.id)
    books = sa.select(price.c.locality, price.c.year).distinct().subquery()
    return SetUpCounts(
        areas=count(area),
        outlined=count(area, area.c.min_lon.is_not(None)),
        estates=count(estate, *places),
        without_place=count(estate, estate.c.min_lon.is_(None), *places),
        without_gates=count(estate, ~looked_into, *places),
        # The first state of the town's lists came with the program.
        lists=count(local_list, sa.or_(local_list.c.version > 1, local_list.c.area_id != 0)),
        books=int(connection.execute(sa.select(sa.func.count()).select_from(books)).scalar_one()),
        pots=count(pot, pot.c.year >= since),
        batches=count(annual_batch, annual_batch.c.year >= since),
        accounts=count(account, account.c.active),
    )
