"""The form in which staff take demands in, whatever their channel: place, category, words, receipt."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import streamlit as st

from renovation.errors import RenovationError
from renovation.model.accounts import Actor
from renovation.model.demands import (
    MAX_TEXT,
    Demand,
    DemandCategory,
    DemandChannel,
    DemandDraft,
    DemandKind,
)
from renovation.model.intake import JoinedDemand
from renovation.model.photos import MAX_DEMAND_PHOTOS
from renovation.model.scope import Scope
from renovation.services.demands import demands
from renovation.ui.frame.answers import refusals, warn_of_contacts
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.scope import current_scope
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import open_demand
from renovation.ui.map import MapEvent, Mark, PointLayer, PolygonLayer, Style, draw_map
from renovation.ui.map.base import base_layers
from renovation.ui.projects.photos import photo_field
from renovation.ui.words import aside, label, language, listed, say, told

_DONE, _CHANNEL = "demand_form.done", "demand_form.channel"
#: A pause (ms) in which similar demands are looked for.
_PAUSE_MS = 600
_PIN = Style(fill="#B3261E", line="#FFFFFF", mark=Mark.PIN, size=9, opacity=1)
_OUTLINE = Style(fill="#14606E", line="#14606E", line_width=1.4, opacity=0.10)
#: The choice "not at a building"; ``None`` would show the widget's own words.
_NO_BUILDING = 0
#: Estate and category must be chosen, so a button that empties them is only one more stop on the keyboard's way.
#: And nobody needs to be told of Ctrl+Enter where words go out by themselves.
_PLAIN_FIELDS = """<style>
.st-key-demand_form button[aria-label='Clear value'],
.st-key-demand_form [data-testid='InputInstructions'] { display: none }
</style>"""
#: The map stands beside the fields, on a phone between where and what; the keyboard comes to it last.
_LAYOUT = """<style>
@supports selector(:has(a)) {
  .st-key-demand_form { display: grid; grid-template-columns: minmax(0, 1fr); gap: 1rem }
  .st-key-demand_form > :has(.st-key-demand_form_map) { grid-row: 2 }
  .st-key-demand_form > :has(.st-key-demand_form_what) { grid-row: 3 }
  @media (min-width: 64rem) {
    .st-key-demand_form { grid-template: auto 1fr / repeat(2, minmax(0, 1fr)); column-gap: 4rem }
    .st-key-demand_form > :has(.st-key-demand_form_what) { grid-area: 2 / 1 }
    .st-key-demand_form > :has(.st-key-demand_form_map) { grid-area: 1 / 2 / span 2 }
  }
}
</style>"""
#: Estates outlined on the map at once; with more, the chosen one alone.
_MOST_OUTLINES = 400


def intake(actor: Actor) -> None:
    """Draw the form, or the receipt of the demand that was just kept."""
    done: Demand | JoinedDemand | None = st.session_state.get(_DONE)
    if done is not None:
        _receipt(done)
        return
    names = {choice.id: choice for choice in demands.estate_choices(store(), actor)}
    if not names:
        st.info(say("demand.form.no_estates"), icon=":material/info:")
        page_link("imports", icon="upload_file")
        page_link("estates", icon="location_city")
        return
    with draft(actor, "demand_form", pause=_PAUSE_MS, has_files=True) as form:
        st.html(_PLAIN_FIELDS)
        st.html(_LAYOUT)
        with st.container(key="demand_form"):
            where, what, place = (st.container(key=f"demand_form_{part}") for part in ("where", "what", "map"))
        with place:
            _place_map(actor, form)
        with where:
            estate_id, building_id = _where(actor, form, names)
        with what:
            _what(actor, form, estate_id, building_id)


def _pick(actor: Actor, form: Draft, event: MapEvent) -> None:
    """Take a click: the pin, and the estate and building it lies in."""
    form.put("pin", (event.lon, event.lat))
    try:
        found = demands.place_at(store(), actor, event.lon, event.lat)
    except RenovationError:
        return
    if found.estate_id is not None:
        form.put("estate", found.estate_id)
        form.put("building", found.building_id or _NO_BUILDING)


def _place_map(actor: Actor, form: Draft) -> None:
    chosen: int | None = form.get("estate")
    scope = Scope(estate_id=chosen) if chosen is not None else current_scope()
    outlines = demands.estate_outlines(store(), actor, scope, limit=_MOST_OUTLINES)
    pin: tuple[float, float] | None = form.get("pin")
    st.caption(say("demand.form.map_hint"))
    draw_map(
        [
            *base_layers(scope, built=[chosen] if chosen is not None else ()),
            PolygonLayer(
                name="estates",
                ids=[str(identity) for identity, _, _ in outlines],
                geometries=[outline for _, _, outline in outlines],
                labels=[name for _, name, _ in outlines],
                styles={"": _OUTLINE},
                selectable=False,
            ),
            PointLayer(
                name="pin",
                ids=["pin"] * (pin is not None),
                lons=[pin[0]] if pin else [],
                lats=[pin[1]] if pin else [],
                styles={"": _PIN},
                selectable=False,
            ),
        ],
        key="demand_form.map",
        picking=True,
        on_click=lambda event: _pick(actor, form, event),
        view=form.key(str(chosen)),
        fit=("estates",),
        height=430,
        legend=False,
        remember=False,
    )


def _on_estate(actor: Actor, form: Draft) -> None:
    form.put("building", _NO_BUILDING)
    estate_id = form.get("estate")
    form.put("pin", demands.point_in_estate(store(), actor, estate_id) if estate_id is not None else None)


def _on_building(actor: Actor, form: Draft) -> None:
    if form.get("building") == _NO_BUILDING:
        # The pin stood at the building chosen before; left there, it would put the demand into that building again.
        form.put("pin", demands.point_in_estate(store(), actor, form.get("estate")))
        return
    for building in demands.building_choices(store(), actor, form.get("estate")):
        if building.id == form.get("building") and building.lon is not None and building.lat is not None:
            form.put("pin", (building.lon, building.lat))


def _where(actor: Actor, form: Draft, names: dict[int, Any]) -> tuple[int | None, int | None]:
    def estate_name(identity: int) -> str:
        choice = names[identity]
        return aside(choice.name, choice.street_name) if choice.street_name else str(choice.name)

    where, house = st.columns([2, 1])
    estate_id = where.selectbox(
        say("demand.field.estate"),
        list(names),
        index=None,
        format_func=estate_name,
        placeholder=say("demand.form.estate_hint"),
        **form.field("estate", among=[None, *names], then=lambda: _on_estate(actor, form)),
    )
    standing = demands.building_choices(store(), actor, estate_id) if estate_id is not None else ()
    building_names = {building.id: building.name for building in standing}
    building_id = house.selectbox(
        say("demand.field.building"),
        [_NO_BUILDING, *building_names],
        format_func=lambda one: building_names.get(one, say("demand.form.no_building")),
        **form.field(
            "building", _NO_BUILDING, among=[_NO_BUILDING, *building_names], then=lambda: _on_building(actor, form)
        ),
        disabled=estate_id is None,
    )
    return estate_id, building_id or None


def _what(actor: Actor, form: Draft, estate_id: int | None, building_id: int | None) -> None:
    kind_of, finer = st.columns(2)
    category = kind_of.selectbox(
        say("demand.field.category"),
        list(DemandCategory),
        index=None,
        format_func=lambda one: label("enum.DemandCategory", one),
        placeholder=say("demand.form.category_hint"),
        **form.field("category"),
    )
    subtypes = {
        row.code: row.name(language())
        for row in demands.subtypes(store(), actor, estate_id)
        if row.category == category and row.code
    }
    subtype = finer.selectbox(
        say("demand.field.subtype"),
        ["", *subtypes],
        format_func=lambda code: subtypes.get(code, say("demand.form.no_subtype")),
        **form.field("subtype", "", among=["", *subtypes]),
        disabled=not subtypes,
    )
    said = st.text_area(
        say("demand.field.text"),
        **form.field("text", ""),
        max_chars=MAX_TEXT,
        height=110,
        placeholder=say("demand.form.text_hint"),
    )
    warn_of_contacts(said)
    if estate_id is not None and said.strip():
        _suggest(actor, form, estate_id, category, said)
    pictures = photo_field(
        form.key("photos"),
        words=say("photo.field_demand", limit=MAX_DEMAND_PHOTOS),
        most=MAX_DEMAND_PHOTOS,
    )
    through, sort = st.columns(2)
    channel = through.selectbox(
        say("demand.field.channel"),
        list(DemandChannel),
        format_func=lambda one: label("enum.DemandChannel", one),
        **form.field("channel", st.session_state.get(_CHANNEL, DemandChannel.WALK_IN)),
    )
    kind = sort.selectbox(
        say("demand.field.kind"),
        list(DemandKind),
        format_func=lambda one: label("enum.DemandKind", one),
        help=say("demand.form.kind_help"),
        **form.field("kind", DemandKind.DEMAND),
    )
    on_behalf = st.checkbox(say("demand.field.on_behalf"), **form.field("on_behalf", False))
    step_free = st.checkbox(say("demand.field.step_free"), **form.field("step_free", False))
    st.caption(say("demand.form.notice"))
    notice_given = st.checkbox(say("demand.form.notice_given"), **form.field("notice", False))
    if st.button(say("demand.form.save"), type="primary", icon=":material/save:", key=form.key("save")):
        _save(
            actor,
            form,
            pictures,
            estate_id=estate_id,
            building_id=building_id,
            category=category,
            subtype=subtype or "",
            text=said,
            channel=channel,
            kind=kind,
            on_behalf=on_behalf,
            step_free=step_free,
            notice_given=notice_given,
        )


def _save(actor: Actor, form: Draft, pictures: Sequence[tuple[str, bytes]], **fields: Any) -> None:
    missing = [
        say(f"demand.field.{name}")
        for name, value in (
            ("estate", fields["estate_id"]),
            ("category", fields["category"]),
            ("text", fields["text"].strip()),
        )
        if not value
    ]
    if missing:
        st.error(told("demand.form.missing", fields=listed(missing)), icon=":material/edit_note:")
        return
    if not fields["notice_given"]:
        st.error(say("demand.form.notice_needed"), icon=":material/policy:")
        return
    pin = form.get("pin") or demands.point_in_estate(store(), actor, fields["estate_id"])
    if pin is None:
        st.error(say("demand.form.no_place"), icon=":material/location_off:")
        return
    with refusals():
        st.session_state[_DONE] = demands.take_demand(
            store(),
            actor,
            DemandDraft(**fields, lon=float(pin[0]), lat=float(pin[1])),
            pictures=pictures,
        )
        # A clerk keys a pile of one kind.
        st.session_state[_CHANNEL] = fields["channel"]
        form.forget()
        st.rerun()


def _suggest(actor: Actor, form: Draft, estate_id: int, category: DemandCategory | None, said: str) -> None:
    """Show open demands that say nearly the same; joining one replaces keeping it twice."""
    found = demands.similar_demands(store(), actor, estate_id, category, said, 3)
    if not found:
        return
    with st.container(border=True):
        st.markdown(f"**{say('demand.form.similar')}**")
        for near in found:
            words, act = st.columns([3, 1], vertical_alignment="center")
            with words:
                about = label("enum.DemandCategory", near.category)
                public = say("demand.form.similar_public", number=near.number, category=about, estate=near.estate_name)
                st.text(near.demand.text if near.demand else public)
                st.caption(
                    told(
                        "demand.form.similar_one",
                        status=label("enum.DemandStatus", near.status),
                        count=near.supporters,
                        day=near.received_on,
                    )
                )
            if act.button(say("demand.form.join"), key=form.key(f"join.{near.number}"), width="stretch"):
                with refusals():
                    st.session_state[_DONE] = demands.join_demand(store(), actor, near.number)
                    form.forget()
                    st.rerun()


def _receipt(done: Demand | JoinedDemand) -> None:
    """Show the receipt number as large as a slip of paper would, to whoever writes it down."""
    joined = done.supporters > 1
    with st.container(border=True):
        st.success(
            told("demand.form.joined" if joined else "demand.form.kept", count=done.supporters),
            icon=":material/check_circle:",
        )
        st.caption(say("demand.form.receipt"))
        large = "font-size:clamp(1.5rem,7.5vw,2.75rem);font-weight:700;letter-spacing:.05em;white-space:nowrap"
        st.html(f'<div style="{large}">{done.receipt}</div>')
        if done.due_on:
            st.markdown(told("demand.form.due", day=date.fromisoformat(done.due_on)))
        st.markdown(say("demand.form.keep_it"))
        with st.container(horizontal=True, gap="small"):
            st.button(
                say("demand.form.next"),
                type="primary",
                icon=":material/add:",
                on_click=lambda: st.session_state.pop(_DONE, None),
                key="demand_form.next",
            )
            if isinstance(done, Demand) and st.button(
                say("demand.form.see"), icon=":material/pin_drop:", key="demand_form.see"
            ):
                open_demand(done.id)
