"""Change an estate's file: its facts in a form, its outline on the map."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import shapely
import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.money import MAX_FEN, fen_in, yuan
from renovation.model.places import Deficit, Estate, EstateType, ManagementForm, RenovationStatus
from renovation.services.register.by_hand import areas_of
from renovation.services.register.estates import EstateFile, edit_estate
from renovation.services.register.outlines import QUESTIONS, draw_outline
from renovation.ui.frame.drafts import Draft, draft
from renovation.ui.frame.state import store
from renovation.ui.map import Mark, PointLayer, Style, edit_outline, forget_drawing
from renovation.ui.map.base import base_layers, middle_of, outline_of
from renovation.ui.register.by_hand import area_choices
from renovation.ui.register.estates import enum_label, known_estates
from renovation.ui.words import error_sentence, say

_SPOT = Style(fill="#B3261E", line="#FFFFFF", mark=Mark.PIN, size=12, opacity=1)


def edit_form(file: EstateFile, actor: Actor) -> None:
    """Show the form; saving writes the file, its history and the log."""
    given: dict[str, Any] = {}
    with draft(actor, f"estate.form.{file.estate.id}", base=file.estate, border=True) as form:
        # What the person's changes are changes of: the estate as it was when they were begun.
        base: Estate = form.base
        facts = base.facts
        name = st.text_input(say("estate.column.name"), max_chars=120, **form.field("name", base.name))
        one, two, three = st.columns(3)
        area = _area(actor, form, base)
        with one:
            given["address"] = _text(form, "address", 200)
            given["built_year"] = _count(form, "built_year", max(today().year, facts.built_year or 0), 1900)
            given["estate_type"] = _one_of(form, "estate_type", EstateType)
            given["status"] = _one_of(form, "status", RenovationStatus)
            given["floor_area_m2"] = st.number_input(
                say("estate.column.floor_area_m2"),
                0.0,
                1e8,
                None,
                step=100.0,
                format="%.0f",
                **form.field("floor_area_m2", facts.floor_area_m2),
            )
            given["floors_without_lift"] = _count(form, "floors_without_lift", 200)
        with two:
            given["management_form"] = _one_of(form, "management_form", ManagementForm)
            given["no_committee_reason"] = _text(form, "no_committee_reason", 200)
            given["buildings"] = _count(form, "buildings", 10_000)
            given["units"] = _count(form, "units", 100_000)
            given["households"] = _count(form, "households", 1_000_000)
            given["old_trees"] = _count(form, "old_trees", 100_000)
        with three:
            given["elderly_share"] = _percent(form, "elderly", facts.elderly_share)
            given["willingness"] = _percent(form, "willingness", facts.willingness)
            given["survey_coverage"] = _percent(form, "coverage", facts.survey_coverage)
            given["maintenance_fund"] = _yuan(form, facts.maintenance_fund)
            given["disputes"] = _text(form, "disputes", 500)
            given["heritage"] = _text(form, "heritage", 200)
        deficits = st.multiselect(
            say("estate.file.deficits_present"),
            list(Deficit),
            format_func=enum_label,
            placeholder=say("estate.list.no_deficit"),
            select_all=False,
            **form.field("deficits", [deficit for deficit in Deficit if deficit in facts.deficits]),
        )
        note = st.text_area(say("estate.column.note"), max_chars=2000, height=80, **form.field("note", facts.note))
        save = st.button(say("estate.file.save"), type="primary", icon=":material/save:", key=form.key("save"))
    if not save:
        return
    with form.saving():
        # An untouched field keeps what the file says, to the last digit.
        changed = {key: value for key, value in given.items() if value != getattr(facts, key)}
        new = replace(facts, **changed, deficits=frozenset(deficits), note=note)
        where = {} if area == base.place.narrowest_area else areas_of(store(), actor, area)
        if new == facts and name == base.name and not where:
            st.info(say("estate.file.nothing_changed"))
            return
        edit_estate(store(), actor, replace(base, name=name, facts=new, **where))
        form.done(say("estate.file.saved"))


def _area(actor: Actor, form: Draft, base: Estate) -> int | None:
    areas = area_choices(actor)
    chosen: int | None = st.selectbox(
        say("by_hand.area"),
        list(areas),
        index=None,
        format_func=lambda one: areas[one],
        placeholder=say("estate.list.unknown"),
        **form.field("area", base.place.narrowest_area, among=[None, *areas]),
    )
    return chosen


def _text(form: Draft, name: str, longest: int) -> str:
    shown = getattr(form.base.facts, name)
    return st.text_input(say(f"estate.column.{name}"), max_chars=longest, **form.field(name, shown))


def _count(form: Draft, name: str, most: int, least: int = 0) -> int | None:
    shown = getattr(form.base.facts, name)
    return st.number_input(say(f"estate.column.{name}"), least, most, None, step=1, **form.field(name, shown))


def _one_of(form: Draft, name: str, enum: Any) -> Any:
    return st.selectbox(
        say(f"estate.column.{name}"),
        list(enum),
        index=None,
        format_func=enum_label,
        placeholder=say("estate.list.unknown"),
        **form.field(name, getattr(form.base.facts, name)),
    )


def _percent(form: Draft, name: str, share: Fraction | None) -> Fraction | None:
    shown = None if share is None else round(float(share * 100), 1)
    words = say(f"estate.file.{name}_percent")
    typed = st.number_input(words, 0.0, 100.0, None, step=1.0, format="%.1f", **form.field(name, shown))
    if typed == shown:
        return share
    return None if typed is None else Fraction(Decimal(str(typed))) / 100


def _yuan(form: Draft, fen: int | None) -> int | None:
    shown = None if fen is None else int(yuan(fen))
    words = say("estate.column.maintenance_fund")
    typed = st.number_input(words, 0, int(yuan(MAX_FEN)), None, step=1000, **form.field("maintenance_fund", shown))
    if typed == shown:
        return fen
    return None if typed is None else fen_in(typed)


def outline_form(file: EstateFile, actor: Actor) -> None:
    """Let a person draw or mend the estate's outline on the map, and save it."""
    with draft(actor, f"estate.outline.{file.estate.id}", base=file.estate, on_forget=forget_drawing) as form:
        _outline(actor, form)


def _outline(actor: Actor, form: Draft) -> None:
    base: Estate = form.base
    key = form.key("map")
    known = outline_of(base.geometry)
    spot = middle_of(base.geometry) if known is None else None
    point = PointLayer(
        name="spot",
        ids=["spot"] * (spot is not None),
        lons=[spot[0]] if spot else [],
        lats=[spot[1]] if spot else [],
        tooltips=[base.name] * (spot is not None),
        styles={"": _SPOT},
        selectable=False,
    )
    drawn = edit_outline(
        [*base_layers(built=[base.id]), *known_estates(actor), point],
        key=key,
        geometry=known,
        center=middle_of(base.geometry),
        height=430,
        held=form.get("outline"),
        keep=lambda outline: form.put("outline", outline),
    )
    # What was asked belongs to the very outline it was asked about; another one is asked about anew.
    about, question = st.session_state.get(f"{key}.asked", (None, ""))
    agreed = False
    if drawn is not None and about == drawn.wkb:
        st.warning(question, icon=":material/help:")
        agreed = st.checkbox(say("estate.file.draw_yes"), key=f"{key}.yes")
    if not st.button(
        say("estate.file.draw_save"),
        icon=":material/save:",
        type="primary",
        disabled=drawn is None or (known is not None and drawn.equals(shapely.from_wkb(known))),
        key=form.key("save"),
    ):
        return
    assert drawn is not None
    with form.saving() as refused:
        draw_outline(store(), actor, base.id, drawn.wkb, version=base.version, agreed=agreed)
        form.done(say("estate.file.saved"))
    if refused.error is not None and refused.code in QUESTIONS:
        st.session_state.pop(f"{key}.yes", None)
        st.session_state[f"{key}.asked"] = (drawn.wkb, error_sentence(refused.error))
        st.rerun()
