"""Which part of town an account sees, on screen."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Account, Actor
from renovation.model.places import AreaLevel, EstateFilter
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.register import estates, places
from renovation.services.staff.scopes import change_scope
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import store
from renovation.ui.words import pair, plain, say

_LEVELS = (
    ("county_id", AreaLevel.COUNTY),
    ("street_id", AreaLevel.STREET),
    ("community_id", AreaLevel.COMMUNITY),
    ("grid_id", AreaLevel.GRID),
)


def scope_words(actor: Actor, scope: Scope) -> str:
    """Return the name of a scope."""
    if scope.estate_id is not None:
        return estates.estate_names(store(), actor, [scope.estate_id]).get(scope.estate_id, "–")
    return " › ".join(places.trail(store(), actor, scope)) or say("account.scope_everywhere")


def scope_form(actor: Actor, account: Account) -> None:
    """Show what the account sees, and let an administrator choose a narrower or wider part."""
    st.markdown(pair(say("account.scope"), f"**{plain(scope_words(actor, account.scope))}**"))
    if account.id == actor.account_id:
        return
    with st.expander(say("account.scope_change"), icon=":material/account_tree:"):
        parent: int | None = None
        chosen = EVERYWHERE
        for field, level in _LEVELS:
            found = places.list_areas(store(), actor, level=level, parent_id=parent)
            key = f"account.scope.{account.id}.{field}.{parent}"
            picked = _choose(say(f"enum.AreaLevel.{level.value}"), {area.id: area.name for area in found}, key)
            if picked is None:
                break
            parent, chosen = picked, Scope(**{field: picked})
        if chosen != EVERYWHERE:
            inside = estates.find_estates(store(), actor, EstateFilter(scope=chosen))
            names = {estate.id: estate.name for estate in inside}
            picked = _choose(say("account.scope_estate"), names, f"account.scope.{account.id}.estate.{parent}")
            chosen = chosen if picked is None else Scope(estate_id=picked)
        if st.button(say("account.scope_save"), type="primary", key=f"account.scope.{account.id}.save"):
            with refusals():
                change_scope(store(), actor, account.id, chosen)
                st.rerun()


def _choose(label: str, names: dict[int, str], key: str) -> int | None:
    return st.selectbox(
        label,
        list(names),
        index=None,
        format_func=lambda one: names[one],
        placeholder=say("shell.scope.all"),
        key=key,
    )
