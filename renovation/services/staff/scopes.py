"""Which part of town an account sees: a county, street, community, grid or estate, and everything below it."""

from __future__ import annotations

from dataclasses import fields

from renovation.errors import ConflictError, DeniedError, NotFoundError
from renovation.model.accounts import Account, Action, Actor
from renovation.model.places import AreaLevel
from renovation.model.scope import Scope
from renovation.services.acts import acting
from renovation.store import Connection, Store
from renovation.store.register import areas, estates
from renovation.store.staff import accounts

_LEVELS = {
    "county_id": AreaLevel.COUNTY,
    "street_id": AreaLevel.STREET,
    "community_id": AreaLevel.COMMUNITY,
    "grid_id": AreaLevel.GRID,
}


def change_scope(store: Store, actor: Actor | None, account_id: int, scope: Scope) -> Account:
    """Let an account see a part of town alone; it counts from the next click.

    Parameters
    ----------
    scope
        Its narrowest place; the wider ones follow from it and may be left out.

    Raises
    ------
    ConflictError
        ``account.own_scope``: nobody narrows or widens their own sight.
    DeniedError
        ``account.scope_outside``: the place lies outside what the actor sees.
    NotFoundError
        ``account.place_unknown``.
    """
    with acting(store, actor, Action.MANAGE_ACCOUNTS) as unit:
        if account_id == unit.actor.account_id:
            raise ConflictError("account.own_scope")
        chain = _chain(unit.connection, scope)
        for item in fields(Scope):
            wanted = getattr(unit.actor.scope, item.name)
            if wanted is not None and getattr(chain, item.name) != wanted:
                raise DeniedError("account.scope_outside")
        accounts.get(unit.connection, account_id)
        values = {item.name: getattr(scope, item.name) for item in fields(Scope)}
        changed = accounts.change(unit.connection, account_id, **values)
        said = {name: value for name, value in values.items() if value is not None}
        unit.log("account.change_scope", "account", account_id, login=changed.login, **said)
        unit.commit()
    return changed


def _chain(connection: Connection, scope: Scope) -> Scope:
    """Return a scope with every place above its narrowest one."""
    if scope.estate_id is not None:
        estate = estates.get(connection, scope.estate_id)
        return Scope(
            county_id=estate.county_id,
            street_id=estate.street_id,
            community_id=estate.community_id,
            grid_id=estate.grid_id,
            estate_id=estate.id,
        )
    found: dict[str, int] = {}
    narrow = scope.grid_id or scope.community_id or scope.street_id or scope.county_id
    while narrow is not None:
        area = areas.get_area(connection, narrow)
        if area is None:
            raise NotFoundError("account.place_unknown")
        found |= {name: area.id for name, level in _LEVELS.items() if level is area.level}
        narrow = area.parent_id
    return Scope(**found)
