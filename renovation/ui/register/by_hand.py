"""What somebody enters by hand: a place clicked or typed, a new estate, its deletion, and facilities."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from renovation.model.accounts import PUBLIC, Actor
from renovation.model.areas import LEVELS
from renovation.model.clock import today
from renovation.model.places import Area, Datum, Estate, EstateFacts, EstateType, Facility, FacilityDraft
from renovation.services.register import by_hand, facilities, places
from renovation.services.register.by_hand import NewEstate, Pin, typed_place
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.grid import grid
from renovation.ui.frame.shell import go
from renovation.ui.frame.state import store
from renovation.ui.map import MapEvent, MapLayer, Mark, PointLayer, Style, draw_map
from renovation.ui.map.base import base_layers, middle_of
from renovation.ui.register.estates import choose, enum_label, known_estates
from renovation.ui.words import plain, say, told

_PIN = Style(fill="#B3261E", line="#FFFFFF", mark=Mark.PIN, size=12, opacity=1)
_SPOT = Style(words="", fill="#14606E", line="#FFFFFF", size=6, opacity=1)
_DATUMS = (Datum.CGCS2000, Datum.WGS84, Datum.GCJ02, Datum.BD09)
_CHOSEN = "facilities.chosen"


def place_field(form: Draft, layers: Sequence[MapLayer], *, key: str, held: Pin | None = None) -> Pin | None:
    """Ask for a place, typed or clicked on the map, and return it (EPSG:4490)."""

    def on_click(event: MapEvent) -> None:
        form.put("pin", (event.lon, event.lat))
        form.put("typed", "")

    words, datum = st.columns(2)
    typed = words.text_input(
        say("by_hand.place"), max_chars=80, placeholder=say("by_hand.place_hint"), **form.field("typed", "")
    )
    system = datum.selectbox(
        say("by_hand.place_datum"), _DATUMS, format_func=enum_label, **form.field("datum", Datum.CGCS2000)
    )
    assert system is not None
    pin: Pin | None = form.get("pin", held)
    if typed.strip():
        with refusals() as met:
            pin = typed_place(typed, system.value)
        if met.error:
            pin = None
    mark = PointLayer(
        name="pin",
        ids=["pin"] * (pin is not None),
        lons=[pin[0]] if pin else [],
        lats=[pin[1]] if pin else [],
        styles={"": _PIN},
        selectable=False,
    )
    # What was typed is looked at from near; a map to click on begins with the estates there are, or the boundaries.
    looked_at = pin if typed.strip() else held
    known = [layer.name for layer in layers if layer.name.startswith("known_") and len(layer.ids)]
    draw_map(
        [*layers, mark],
        key=key,
        on_click=on_click,
        picking=True,
        legend=False,
        height=340,
        center=looked_at,
        zoom=16 if looked_at else None,
        fit=known or None,
        view=typed,
    )
    if not any(len(layer.ids) for layer in layers):
        st.caption(say("by_hand.empty_map"))
    return pin


def area_choices(actor: Actor) -> dict[int, str]:
    """Return the areas an estate may be said to lie in, each with what it lies in, wide before narrow."""
    everything = {one.id: one for one in places.list_areas(store(), actor)}

    def title(one: Area) -> str:
        above = everything.get(one.parent_id or 0)
        return one.name if above is None else f"{title(above)} › {one.name}"

    shown = [one for one in everything.values() if one.level is not LEVELS[0]]
    return {one.id: title(one) for one in sorted(shown, key=title)}


def new_estate(actor: Actor, *, is_open: bool = False) -> None:
    """Let somebody enter an estate with its place."""
    name = "estate.new"
    with (
        st.expander(
            say("by_hand.new_estate"), icon=":material/add_location_alt:", expanded=is_open or begun(actor, name)
        ),
        draft(actor, name) as form,
    ):
        one, two = st.columns([2, 3], gap="medium")
        with one:
            called = st.text_input(say("estate.column.name"), max_chars=100, **form.field("name", ""))
            areas = area_choices(actor)
            area = st.selectbox(
                say("by_hand.area"),
                list(areas),
                index=None,
                format_func=lambda one: areas[one],
                placeholder=say("by_hand.area_hint"),
                **form.field("area", among=[None, *areas]),
            )
            code = st.text_input(
                say("estate.column.code"), max_chars=40, placeholder=say("by_hand.code_hint"), **form.field("code", "")
            )
            year, homes = st.columns(2)
            built = year.number_input(
                say("estate.column.built_year"), 1900, today().year, None, step=1, **form.field("built_year")
            )
            households = homes.number_input(
                say("estate.column.households"), 0, 1_000_000, None, step=1, **form.field("households")
            )
            kind = st.selectbox(
                say("estate.column.estate_type"),
                list(EstateType),
                index=None,
                format_func=enum_label,
                placeholder=say("estate.list.unknown"),
                **form.field("type"),
            )
        with two:
            pin = place_field(form, [*base_layers(), *known_estates(actor)], key=form.key("map"))
            if pin is None:
                st.caption(say("by_hand.no_place"))
        if not st.button(say("by_hand.save_estate"), type="primary", icon=":material/save:", key=form.key("save")):
            return
        with form.saving():
            facts = EstateFacts(built_year=built, households=households, estate_type=kind)
            new = NewEstate(name=called, code=code, area_id=area, pin=pin, facts=facts)
            made = by_hand.create_estate(store(), actor, new)
            choose(made.id)
            form.done(told("by_hand.estate_made", name=made.name, code=made.code))


def move_form(estate: Estate, actor: Actor) -> None:
    """Let somebody give an estate without an outline its place, clicked or typed."""
    held = middle_of(estate.geometry)
    with draft(actor, f"estate.place.{estate.id}", base=estate, border=True) as form:
        st.markdown(f"**{say('by_hand.move_title')}**")
        pin = place_field(form, [*base_layers(), *known_estates(actor)], key=form.key("map"), held=held)
        if st.button(
            say("by_hand.move_save"),
            icon=":material/save:",
            disabled=pin is None or pin == held,
            key=form.key("save"),
        ):
            assert pin is not None
            with form.saving():
                by_hand.place_estate(store(), actor, estate.id, pin, version=form.base.version)
                form.done(say("estate.file.saved"))


def delete_form(estate: Estate, actor: Actor) -> None:
    """Let somebody delete an estate that was entered by mistake."""
    with (
        st.expander(say("by_hand.delete_estate"), icon=":material/delete:"),
        draft(actor, f"estate.delete.{estate.id}") as form,
    ):
        st.caption(say("by_hand.delete_what"))
        reason = st.text_input(say("by_hand.reason"), max_chars=200, **form.field("reason", ""))
        if st.button(say("by_hand.delete_estate"), icon=":material/delete:", key=form.key("delete")):
            with form.saving():
                by_hand.delete_estate(store(), actor, estate.id, reason)
                form.forget()
                choose(None)
                go("estates")


def facility_list(actor: Actor, *, may_edit: bool) -> None:
    """List the facilities on a map and in a table; the one chosen can be changed."""
    found = facilities.list_facilities(store(), PUBLIC)
    if not found:
        st.info(say("by_hand.no_facilities" if may_edit else "shell.none_yet"), icon=":material/storefront:")
    else:
        _facility_map(found)
        grid(
            {
                "kind": [one.kind for one in found],
                "name": [one.name for one in found],
                "code": [one.code for one in found],
                "place": [f"{one.lon:.5f}, {one.lat:.5f}" for one in found],
            },
            words="facility.field",
            ids=[one.id for one in found],
            pick="one" if may_edit else "",
            keep=_CHOSEN if may_edit else "",
            key="facilities",
        )
    if not may_edit:
        return
    chosen = next((one for one in found if one.id == st.session_state.get(_CHOSEN)), None)
    if chosen is not None:
        with st.container(border=True):
            _facility_form(actor, found, chosen)
            _delete_facility(actor, chosen)
    elif found:
        st.caption(say("by_hand.choose_facility"))
    name = "facility.new"
    with st.expander(say("by_hand.new_facility"), icon=":material/add:", expanded=not found or begun(actor, name)):
        _facility_form(actor, found, None)


def _facility_map(found: Sequence[Facility]) -> None:
    layer = PointLayer(
        name="facilities",
        ids=[str(one.id) for one in found],
        lons=[one.lon for one in found],
        lats=[one.lat for one in found],
        tooltips=[f"{one.name or one.kind}\n{one.kind}" for one in found],
        styles={"": _SPOT},
        cluster=len(found) > 200,
    )
    chosen = st.session_state.get(_CHOSEN)

    def on_click(event: MapEvent) -> None:
        if event.id is not None:
            st.session_state[_CHOSEN] = int(event.id)

    draw_map(
        [*base_layers(), layer],
        key="facilities.map",
        fit=("facilities",),
        view=str(len(found)),
        selected=None if chosen is None else str(chosen),
        on_click=on_click,
        height=320,
        legend=False,
    )


def _facility_form(actor: Actor, found: Sequence[Facility], one: Facility | None) -> None:
    name = "facility.new" if one is None else f"facility.{one.id}"
    with draft(actor, name, base=one) as form:
        left, right = st.columns([2, 3], gap="medium")
        with left:
            kinds = sorted({other.kind for other in found})
            kind = st.selectbox(
                say("by_hand.kind"),
                kinds,
                index=None,
                accept_new_options=True,
                placeholder=say("by_hand.kind_new"),
                **form.field("kind", one.kind if one else None),
            )
            called = st.text_input(say("by_hand.name"), max_chars=100, **form.field("name", one.name if one else ""))
            code = st.text_input(say("by_hand.code"), max_chars=60, **form.field("code", one.code if one else ""))
        with right:
            held = (one.lon, one.lat) if one else None
            pin = place_field(form, [*base_layers(), *known_estates(actor)], key=form.key("map"), held=held)
        if not st.button(say("by_hand.save_facility"), type="primary", icon=":material/save:", key=form.key("save")):
            return
        if pin is None:
            st.error(say("by_hand.place_needed"), icon=":material/error:")
            return
        with form.saving():
            new = FacilityDraft(kind=kind or "", name=called, code=code, lon=pin[0], lat=pin[1])
            kept = facilities.keep_facility(store(), actor, new, None if one is None else one.id)
            form.done(told("by_hand.facility_saved", name=kept.name or kept.kind))


def _delete_facility(actor: Actor, one: Facility) -> None:
    with draft(actor, f"facility.delete.{one.id}") as form:
        words, button = st.columns([3, 1], vertical_alignment="bottom")
        reason = words.text_input(say("by_hand.reason"), max_chars=200, **form.field("reason", ""))
        if button.button(
            say("by_hand.delete_facility"), icon=":material/delete:", width="stretch", key=form.key("delete")
        ):
            with form.saving():
                facilities.delete_facility(store(), actor, one.id, reason)
                st.session_state.pop(_CHOSEN, None)
                form.done(told("by_hand.deleted", name=plain(one.name or one.kind)))
