"""One scope selector 区 › 街道 › 社区 › 网格 › 小区, kept across pages and obeyed by map, list, chart and export alike.

Where it is chosen it also stands in the address (``?scope=county.street.community.estate.grid``), so that a link keeps
it.
"""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.places import AreaLevel, EstateFilter
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.register import estates, places
from renovation.ui.frame.state import store
from renovation.ui.words import say

_SCOPE = "renovation.scope"
_ALL = 0
_LEVELS = (
    ("county_id", AreaLevel.COUNTY, "county"),
    ("street_id", AreaLevel.STREET, "street"),
    ("community_id", AreaLevel.COMMUNITY, "community"),
    ("grid_id", AreaLevel.GRID, "grid"),
)
#: The grid stands last in an address, so that addresses written before it was chosen still say the same.
_FIELDS = ("county_id", "street_id", "community_id", "estate_id", "grid_id")


def _from_address() -> Scope:
    parts = str(st.query_params.get("scope", "")).split(".")
    numbers = [
        int(part) if part.isascii() and part.isdigit() and len(part) < 10 else None for part in parts[: len(_FIELDS)]
    ]
    return Scope(**dict(zip(_FIELDS, numbers, strict=False)))


def current_scope() -> Scope:
    """Return the scope chosen on this tab."""
    if _SCOPE not in st.session_state:
        st.session_state[_SCOPE] = _from_address()
    scope: Scope = st.session_state[_SCOPE]
    return scope


def set_scope(scope: Scope) -> None:
    """Choose a scope, for example by a click on the map."""
    st.session_state[_SCOPE] = scope


def _write_address(scope: Scope) -> None:
    if scope == EVERYWHERE:
        st.query_params.pop("scope", None)
    else:
        st.query_params["scope"] = ".".join(str(getattr(scope, name) or "") for name in _FIELDS).rstrip(".")


def _choose(label: str, names: dict[int, str], chosen: int | None) -> int | None:
    # Everything is a choice of its own: an empty one would offer to be cleared.
    options = [_ALL, *names]
    # The key holds what stands above, so a narrower list starts afresh when the wider choice changes.
    picked = st.selectbox(
        label,
        options,
        index=options.index(chosen) if chosen in names else 0,
        format_func=lambda option: say("shell.scope.all") if option == _ALL else names[option],
        key=f"renovation.scope.{label}.{hash(tuple(names))}",
    )
    return picked or None


def scope_bar(actor: Actor, *, with_estate: bool = True) -> Scope:
    """Draw the selector and return the scope chosen.

    Parameters
    ----------
    with_estate
        Whether the last step, one estate, is offered.
    """
    scope = current_scope()
    counties = places.list_areas(store(), actor, level=AreaLevel.COUNTY)
    if not counties and scope == EVERYWHERE:
        # Before the first areas there is nothing to choose among.
        return scope
    chosen: dict[str, int | None] = {}
    with st.container(key="renovation_scope"):
        columns = st.columns(len(_LEVELS) + with_estate)
    parent: int | None = None
    known = True
    for (field, level, word), column in zip(_LEVELS, columns, strict=False):
        with column:
            if field != "county_id" and not known:
                names: dict[int, str] = {}
            else:
                found = places.list_areas(store(), actor, level=level, parent_id=parent) if parent else counties
                names = {area.id: area.name for area in found}
            chosen[field] = _choose(say(f"shell.scope.{word}"), names, getattr(scope, field))
        parent = chosen[field]
        known = parent is not None
    if with_estate:
        with columns[-1]:
            within = Scope(**chosen)
            # A grid is offered its estates; without one, those of the community.
            found_estates = (
                estates.find_estates(store(), actor, EstateFilter(scope=within))
                if within.community_id is not None
                else ()
            )
            names = {estate.id: estate.name for estate in found_estates}
            chosen["estate_id"] = _choose(say("shell.scope.estate"), names, scope.estate_id)
    result = Scope(**chosen)
    if result != scope or "scope" in st.query_params:
        # Not on coming to a page: a changed address is a step of its own on the browser's way back.
        _write_address(result)
    set_scope(result)
    return result
