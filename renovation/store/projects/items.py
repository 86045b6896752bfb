"""The catalogue of items and the price books in the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

import sqlalchemy as sa

from renovation.model.items import Beneficiary, GeometryKind, Item, ItemClass, PriceBook, PriceEntry
from renovation.store.schema.projects import item, price


def _content(one: Item) -> dict[str, Any]:
    content = asdict(one)
    del content["code"]
    return content


def _item(code: str, content: dict[str, Any]) -> Item:
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in content.items()
    }
    values["item_class"] = ItemClass(values["item_class"])
    values["geometry"] = GeometryKind(values["geometry"])
    values["beneficiaries"] = tuple(Beneficiary(name) for name in values["beneficiaries"])
    return Item(code=code, **values)


def save(connection: sa.Connection, items: Iterable[Item]) -> None:
    """Keep a catalogue: known codes are renewed, new ones added, none taken away (projects may use them)."""
    for position, one in enumerate(items):
        values = {"position": position, "content": _content(one)}
        done = connection.execute(item.update().where(item.c.code == one.code).values(**values))
        if done.rowcount == 0:
            connection.execute(item.insert().values(code=one.code, **values))


def items(connection: sa.Connection) -> tuple[Item, ...]:
    """Return the catalogue in its order; empty when none has been kept yet."""
    return tuple(_item(row.code, row.content) for row in connection.execute(sa.select(item).order_by(item.c.position)))


def save_book(connection: sa.Connection, book: PriceBook) -> None:
    """Keep a price book in the place of the one of that locality and year."""
    remove_book(connection, book.locality, book.year)
    for entry in book.entries:
        connection.execute(
            price.insert().values(
                locality=book.locality,
                year=book.year,
                item_code=entry.code,
                unit_cost_low=entry.low,
                unit_cost_likely=entry.likely,
                unit_cost_high=entry.high,
                source=entry.source,
                source_date=entry.day.isoformat() if entry.day else "",
                confirmed=entry.confirmed,
            )
        )


def book(connection: sa.Connection, locality: str, year: int) -> PriceBook | None:
    """Return the price book of a locality and year; ``None`` when none is kept."""
    query = sa.select(price).where(price.c.locality == locality, price.c.year == year).order_by(price.c.id)
    entries = tuple(
        PriceEntry(
            code=row.item_code,
            low=row.unit_cost_low,
            likely=row.unit_cost_likely,
            high=row.unit_cost_high,
            source=row.source,
            day=date.fromisoformat(row.source_date) if row.source_date else None,
            confirmed=row.confirmed,
        )
        for row in connection.execute(query)
    )
    return PriceBook(locality=locality, year=year, entries=entries) if entries else None


def remove_book(connection: sa.Connection, locality: str, year: int) -> None:
    """Delete the price book of a locality and year."""
    connection.execute(price.delete().where(price.c.locality == locality, price.c.year == year))


def books(connection: sa.Connection) -> tuple[tuple[str, int], ...]:
    """Return (locality, year) of every price book, newest first."""
    query = sa.select(price.c.locality, price.c.year).distinct().order_by(price.c.year.desc(), price.c.locality)
    return tuple((row.locality, row.year) for row in connection.execute(query))
