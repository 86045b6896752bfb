"""Kept batches in the store, one a year."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.canonical import from_plain, plain
from renovation.model.programme import AnnualBatch, BatchStanding
from renovation.store.schema.panels import annual_batch


def _kept(row: Any) -> AnnualBatch:
    return replace(from_plain(AnnualBatch, row.content), saved_at=row.saved_at, saved_by=row.login)


def listed(connection: sa.Connection, year: int | None = None) -> tuple[AnnualBatch, ...]:
    """Return every kept batch, or that of a year, the newest year first."""
    query = sa.select(annual_batch).order_by(annual_batch.c.year.desc())
    if year is not None:
        query = query.where(annual_batch.c.year == year)
    return tuple(_kept(row) for row in connection.execute(query))


def save(connection: sa.Connection, batch: AnnualBatch, *, at: datetime, login: str) -> bool:
    """Keep a year's batch, in the place of an earlier one of that year; tell whether there was one."""
    year = batch.settings.year
    values = {"content": plain(replace(batch, saved_at=None, saved_by="")), "saved_at": at, "login": login}
    done = connection.execute(
        annual_batch.update().where(annual_batch.c.year == year).values(**values, version=annual_batch.c.version + 1)
    )
    if done.rowcount == 0:
        connection.execute(annual_batch.insert().values(year=year, **values, version=1))
    return bool(done.rowcount)


def holds(connection: sa.Connection, estate_id: int) -> bool:
    """Tell whether an estate stands in the batch of a year."""
    chosen = BatchStanding.IN_BATCH.value
    return any(
        line["estate_id"] == estate_id and line["standing"] == chosen
        for content in connection.execute(sa.select(annual_batch.c.content)).scalars()
        for line in content["lines"]
    )
