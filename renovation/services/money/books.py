"""The money of every project, read once for one answer."""

from __future__ import annotations

from datetime import date

from renovation.rules.money.books import Books
from renovation.services.projects.items import kept_catalogue
from renovation.store import Connection
from renovation.store.money import planning_places, pledges, pots
from renovation.store.programme import scenarios


def hold_books(connection: Connection, day: date) -> Books:
    """Read the book for an act that promises or pays money: whoever does so next waits until this act is over.

    Read once and written as the act goes on, it decides on every line of a list as if each were an act of its own.
    """
    pots.hold_money(connection)
    return read_books(connection, day)


def read_books(connection: Connection, day: date, *, besides: int | None = None) -> Books:
    """Read what the pots, every source, every pledge and the adopted programmes say. For services inside a transaction.

    Parameters
    ----------
    besides
        Leave out what the programme adopted for the years from this one on pays: a batch or a scenario of that year is
        thought of in its place.
    """
    return Books(
        day=day,
        projects=planning_places.projects(connection),
        contributions=pots.contributions(connection),
        pledges=pledges.pledges(connection),
        pots=pots.pots(connection),
        rules=pots.rules(connection),
        classes={item.code: item.item_class for item in kept_catalogue(connection)},
        payments=scenarios.planned_payments(connection, besides=besides),
    )
