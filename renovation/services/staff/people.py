"""Who is meant by a login: the name that screens and papers show."""

from __future__ import annotations

from collections.abc import Mapping

from renovation.model.accounts import Action, Actor
from renovation.services.doors import reading
from renovation.store import Store
from renovation.store.staff import accounts


def names(store: Store, actor: Actor) -> Mapping[str, str]:
    """Return the name of everybody who has, or had, an account, by login."""
    with reading(store, actor, Action.SEE_REGISTER) as door:
        return {one.login: one.name for one in accounts.everyone(door.connection) if one.name}
