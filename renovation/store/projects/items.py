"""The catalogue of items and the price books in the store."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import sqlalchemy as sa

from renovation.model.canonical import from_plain, plain
from renovation.model.items import Item, OwnItem, PriceBook, PriceEntry
from renovation.store.rows import put_row, values_of
from renovation.store.schema.projects import item, price


def save(connection: sa.Connection, items: Iterable[Item]) -> None:
    """Keep a catalogue: known codes are renewed, new ones added, none taken away (projects may use them)."""
    for position, one in enumerate(items):
        put_row(connection, item, {"code": one.code}, {"position": position, "content": plain(one)})


def add_own(connection: sa.Connection, one: OwnItem) -> Item:
    """Keep an item of the locality's own behind the catalogue, under the next code beginning with Z."""
    own = sa.select(item.c.code).where(item.c.code.like("Z%"))
    last = connection.scalar(own.order_by(sa.func.length(item.c.code).desc(), item.c.code.desc()).limit(1))
    made = one.as_item(f"Z{int(last[1:]) + 1 if last else 1:02d}")
    behind = connection.execute(sa.select(sa.func.coalesce(sa.func.max(item.c.position), -1) + 1)).scalar_one()
    connection.execute(item.insert().values(code=made.code, position=behind, content=plain(made)))
    return made


def is_kept(connection: sa.Connection) -> bool:
    """Tell whether a catalogue is kept."""
    return connection.execute(sa.select(item.c.code).limit(1)).first() is not None


def of_code(connection: sa.Connection, code: str) -> Item | None:
    """Return an item that is kept."""
    content = connection.scalar(sa.select(item.c.content).where(item.c.code == code))
    return None if content is None else from_plain(Item, content)


def items(connection: sa.Connection) -> tuple[Item, ...]:
    """Return the catalogue in its order; empty when none has been kept yet."""
    return tuple(from_plain(Item, row.content) for row in connection.execute(sa.select(item).order_by(item.c.position)))


def save_book(connection: sa.Connection, book: PriceBook) -> None:
    """Keep a price book in the place of the one of that locality and year."""
    remove_book(connection, book.locality, book.year)
    for entry in book.entries:
        connection.execute(
            price.insert().values(
                values_of(price, entry)
                | {
                    "locality": book.locality,
                    "year": book.year,
                    "item_code": entry.code,
                    "unit_cost_low": entry.low,
                    "unit_cost_likely": entry.likely,
                    "unit_cost_high": entry.high,
                    "source_date": entry.day.isoformat() if entry.day else "",
                }
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
