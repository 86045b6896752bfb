"""The catalogue of renovation items and the price book that is in force."""

from __future__ import annotations

from decimal import Decimal

from renovation.errors import NotFoundError
from renovation.imports.projects.catalogue import read_catalogue
from renovation.model.accounts import Action, Actor
from renovation.model.items import Item, OwnItem, PriceBook
from renovation.model.names import name_key
from renovation.rules.money.pricing import CostRange, price, price_book_from_catalogue, quantity_of
from renovation.services.doors import reading
from renovation.store import Connection, Store, settings
from renovation.store.projects import items as items_store

#: Which price book is in force: ``[locality, year]``, a setting of the installation.
BOOK_SETTING = "prices.book"
#: Before a locality has loaded its own, the ranges of the shipped catalogue, every one an assumption.
SHIPPED_BOOK = ("目录暂估价", 2026)


def kept_catalogue(connection: Connection) -> tuple[Item, ...]:
    """Return the catalogue, the shipped one until another has been kept. For services inside a transaction."""
    return items_store.items(connection) or read_catalogue()


def keep_catalogue(connection: Connection) -> None:
    """Keep the shipped catalogue if none is kept, so that projects can name its items."""
    if not items_store.is_kept(connection):
        items_store.save(connection, read_catalogue())


def item_of(connection: Connection, code: str) -> Item:
    """Return an item of the catalogue. For services inside a transaction.

    Raises
    ------
    NotFoundError
        ``item.unknown``.
    """
    found = items_store.of_code(connection, code) or next((one for one in read_catalogue() if one.code == code), None)
    if found is None:
        raise NotFoundError("item.unknown", item=code)
    return found


def own_item(connection: Connection, wanted: OwnItem) -> Item:
    """Return the item of the locality's own that is called so and counted so, and keep it where there is none yet."""
    keep_catalogue(connection)
    for item in items_store.items(connection):
        if item.own and name_key(item.name_zh) == name_key(wanted.name) and item.unit == wanted.unit:
            return item
    return items_store.add_own(connection, wanted)


def current_book(connection: Connection) -> PriceBook:
    """Return the price book in force. For services inside a transaction."""
    locality, year = settings.get(connection, BOOK_SETTING, SHIPPED_BOOK)
    kept = items_store.book(connection, locality, year)
    return kept or price_book_from_catalogue(kept_catalogue(connection), locality=locality, year=year)


def catalogue(store: Store, actor: Actor) -> tuple[Item, ...]:
    """Return the catalogue in its order."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return kept_catalogue(door.connection)


def price_book(store: Store, actor: Actor) -> PriceBook:
    """Return the price book in force."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return current_book(door.connection)


def price_project(store: Store, actor: Actor, item_code: str, quantity: Decimal | int | str) -> CostRange:
    """Return what a quantity of an item costs by the price book in force.

    Raises
    ------
    NotFoundError
        ``price.missing``.
    """
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return price(current_book(door.connection), item_code, quantity_of(quantity))
