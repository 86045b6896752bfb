"""Kept batches in the store, one a year."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from renovation.model.canonical import from_plain, plain
from renovation.model.programme import AnnualBatch
from renovation.store.schema.panels import annual_batch


def _kept(row: Any) -> AnnualBatch:
    return replace(from_plain(AnnualBatch, row.content), saved_at=row.saved_at, saved_by=row.login)


def listed(connection: sa.Connection) -> tuple[AnnualBatch, ...]:
    """Return every kept batch, the newest year first."""
    return tuple(_kept(row) for row in connection.execute(sa.select(annual_batch).order_by(annual_batch.c.year.desc())))


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
