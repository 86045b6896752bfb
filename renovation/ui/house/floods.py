"""The desk where staff look through what came without an account, and take a flood out in one act."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from renovation.model.accounts import Actor
from renovation.services.demands.demands import estate_choices
from renovation.services.house import floods
from renovation.services.house.floods import Flood, FloodAct, FloodFilter
from renovation.text.formats import format_moment
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.grid import NOTHING, grid
from renovation.ui.frame.state import store
from renovation.ui.words import language, say, told

_HOURS = (1, 6, 24, 72, floods.MOST_HOURS)


def flood_desk(actor: Actor) -> None:
    """Ask what to look at, show it, and offer to merge or drop it."""
    st.markdown(say("flood.what"))
    _ended(actor)
    wanted = _filter(actor)
    found = floods.find_flood(store(), actor, wanted)
    if not found.rows:
        st.info(say("flood.nothing"), icon=":material/waves:")
        return
    st.markdown(
        told("flood.found", count=len(found.rows), browsers=len(found.browsers), addresses=len(found.addresses))
    )
    grid(
        {
            "at": [format_moment(row.at, language()) for row in found.rows],
            "kind": [say(f"enum.Sent.{row.kind.value}") for row in found.rows],
            "estate": [row.estate for row in found.rows],
            "text": [row.text for row in found.rows],
            "browser": [row.browser or NOTHING for row in found.rows],
            "address": [row.address or NOTHING for row in found.rows],
            "number": [row.number for row in found.rows],
        },
        words="flood",
        key="floods",
    )
    st.caption(say("flood.signs"))
    _acts(actor, wanted, found)


def _filter(actor: Actor) -> FloodFilter:
    when, where, browser, address = st.columns(4)
    hours = when.selectbox(
        say("flood.hours"), _HOURS, index=2, format_func=lambda one: say("flood.last", hours=one), key="floods.hours"
    )
    names = {one.id: one.name for one in estate_choices(store(), actor)}
    estate = where.selectbox(
        say("flood.estate"),
        list(names),
        index=None,
        format_func=lambda one: names[one],
        placeholder=say("flood.every"),
        key="floods.estate",
    )
    first = floods.find_flood(store(), actor, FloodFilter(hours=hours, estate_id=estate))
    picked = [
        column.selectbox(
            say(f"flood.{name}"),
            [sign for sign, _ in counts if sign],
            index=None,
            format_func=partial(_times, dict(counts)),
            placeholder=say("flood.every"),
            key=f"floods.{name}",
        )
        for column, name, counts in (
            (browser, "browser", first.browsers),
            (address, "address", first.addresses),
        )
    ]
    return FloodFilter(hours=hours, estate_id=estate, browser=picked[0] or "", address=picked[1] or "")


def _ended(actor: Actor) -> None:
    """Offer to bring back what was taken out."""
    ended = floods.ended_floods(store(), actor)
    if not ended:
        return
    with st.expander(say("flood.ended", count=len(ended)), icon=":material/undo:"):
        st.caption(say("flood.ended_what"))
        for one in ended:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.markdown(told("flood.ended_one", at=format_moment(one.at, language()), count=one.count))
                if st.button(say("flood.undo"), key=f"floods.undo.{one.at.isoformat()}"):
                    with refusals():
                        back = floods.undo_flood(store(), actor, one.at)
                        st.cache_data.clear()
                        done(told("flood.undone", count=back))


def _times(counts: Mapping[str, int], sign: str) -> str:
    return f"{sign} × {counts.get(sign, 0)}"


def _acts(actor: Actor, wanted: FloodFilter, found: Flood) -> None:
    for what, icon in ((FloodAct.MERGE, "merge"), (FloodAct.DROP, "delete_sweep")):
        words = say(f"flood.{what.value}", count=len(found.rows))
        if confirmed(f"floods.{what.value}", words, say(f"flood.{what.value}_sure"), icon=icon):
            with refusals():
                seen = {row.object_id for row in found.rows}
                taken = floods.end_flood(store(), actor, wanted, what, only=seen)
                st.cache_data.clear()
                done(told("flood.done", count=taken))
