"""Which part of town an account sees: a county, street, community, grid or estate, and everything below it."""

from __future__ import annotations

from dataclasses import fields

from renovation.errors import ConflictError, DeniedError
from renovation.model.accounts import Account, Action, Actor
from renovation.model.scope import Scope
from renovation.services.acts import acting
from renovation.store import Store
from renovation.store.staff import accounts


def change_scope(store: Store, actor: Actor | None, account_id: int, scope: Scope) -> Account:
    """Let an account see a part of town alone, and end its sessions.

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
        if not unit.covers(scope):
            raise DeniedError("account.scope_outside")
        unit.account(account_id)
        values = {item.name: getattr(scope, item.name) for item in fields(Scope)}
        changed = accounts.change(unit.connection, account_id, **values)
        accounts.end_sessions_of(unit.connection, account_id)
        said = {name: value for name, value in values.items() if value is not None}
        unit.log("account.change_scope", "account", account_id, login=changed.login, **said)
        unit.commit()
    return changed
