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
from renovation.model.places import Deficit, Estate, EstateFacts, EstateType, ManagementForm, RenovationStatus
from renovation.services.register.estates import EstateFile, edit_estate
from renovation.services.register.outlines import QUESTIONS, draw_outline
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.state import store
from renovation.ui.map import edit_outline, forget_outline
from renovation.ui.map.base import base_layers, middle_of, outline_of
from renovation.ui.register.estates import enum_label
from renovation.ui.words import error_sentence, say

_BASE, _EPOCH = "estate.editing", "estate.epoch"


def _base(file: EstateFile) -> Estate:
    """Return the estate as it was when this form was first shown: what the person's changes are changes of."""
    held = st.session_state.get(_BASE)
    if held is None or held.id != file.estate.id:
        st.session_state[_BASE] = held = file.estate
    base: Estate = held
    return base


def _start_again() -> None:
    st.session_state.pop(_BASE, None)
    st.session_state[_EPOCH] = st.session_state.get(_EPOCH, 0) + 1


def edit_form(file: EstateFile, actor: Actor) -> None:
    """Show the form; saving writes the file, its history and the log."""
    base = _base(file)
    facts = base.facts
    given: dict[str, Any] = {}
    with st.form(f"estate.form.{base.id}.{st.session_state.get(_EPOCH, 0)}"):
        name = st.text_input(say("estate.column.name"), base.name, max_chars=120)
        one, two, three = st.columns(3)
        with one:
            given["address"] = _text("address", facts, 200)
            given["built_year"] = _count("built_year", facts, max(today().year, facts.built_year or 0), 1900)
            given["estate_type"] = _one_of("estate_type", EstateType, facts)
            given["status"] = _one_of("status", RenovationStatus, facts)
            given["floor_area_m2"] = st.number_input(
                say("estate.column.floor_area_m2"), 0.0, 1e8, facts.floor_area_m2, step=100.0, format="%.0f"
            )
            given["floors_without_lift"] = _count("floors_without_lift", facts, 200)
        with two:
            given["management_form"] = _one_of("management_form", ManagementForm, facts)
            given["no_committee_reason"] = _text("no_committee_reason", facts, 200)
            given["buildings"] = _count("buildings", facts, 10_000)
            given["units"] = _count("units", facts, 100_000)
            given["households"] = _count("households", facts, 1_000_000)
            given["old_trees"] = _count("old_trees", facts, 100_000)
        with three:
            given["elderly_share"] = _percent("estate.file.elderly_percent", facts.elderly_share)
            given["willingness"] = _percent("estate.file.willingness_percent", facts.willingness)
            given["survey_coverage"] = _percent("estate.file.coverage_percent", facts.survey_coverage)
            given["maintenance_fund"] = _yuan(facts.maintenance_fund)
            given["disputes"] = _text("disputes", facts, 500)
            given["heritage"] = _text("heritage", facts, 200)
        deficits = st.multiselect(
            say("estate.file.deficits_present"),
            list(Deficit),
            [deficit for deficit in Deficit if deficit in facts.deficits],
            format_func=enum_label,
            placeholder=say("estate.list.no_deficit"),
            select_all=False,
        )
        note = st.text_area(say("estate.column.note"), facts.note, max_chars=2000, height=80)
        if not st.form_submit_button(say("estate.file.save"), type="primary", icon=":material/save:"):
            return
    with refusals() as refused:
        # An untouched field keeps what the file says, to the last digit.
        changed = {key: value for key, value in given.items() if value != getattr(facts, key)}
        new = replace(facts, **changed, deficits=frozenset(deficits), note=note)
        if new == facts and name == base.name:
            st.info(say("estate.file.nothing_changed"))
            return
        edit_estate(store(), actor, replace(base, name=name, facts=new))
        _start_again()
        done(say("estate.file.saved"))
    if refused.code == "estate.changed":
        _start_again()


def _text(name: str, facts: EstateFacts, longest: int) -> str:
    return st.text_input(say(f"estate.column.{name}"), getattr(facts, name), max_chars=longest)


def _count(name: str, facts: EstateFacts, most: int, least: int = 0) -> int | None:
    return st.number_input(say(f"estate.column.{name}"), least, most, getattr(facts, name), step=1)


def _one_of(name: str, enum: Any, facts: EstateFacts) -> Any:
    members = list(enum)
    value = getattr(facts, name)
    return st.selectbox(
        say(f"estate.column.{name}"),
        members,
        index=None if value is None else members.index(value),
        format_func=enum_label,
        placeholder=say("estate.list.unknown"),
    )


def _percent(label: str, share: Fraction | None) -> Fraction | None:
    shown = None if share is None else round(float(share * 100), 1)
    typed = st.number_input(say(label), 0.0, 100.0, shown, step=1.0, format="%.1f")
    if typed == shown:
        return share
    return None if typed is None else Fraction(Decimal(str(typed))) / 100


def _yuan(fen: int | None) -> int | None:
    shown = None if fen is None else int(yuan(fen))
    typed = st.number_input(say("estate.column.maintenance_fund"), 0, int(yuan(MAX_FEN)), shown, step=1000)
    if typed == shown:
        return fen
    return None if typed is None else fen_in(typed)


def outline_form(file: EstateFile, actor: Actor) -> None:
    """Let a person draw or mend the estate's outline on the map, and save it."""
    base = _base(file)
    key = f"estate.outline.{base.id}.{st.session_state.get(_EPOCH, 0)}"
    known = outline_of(base.geometry)
    drawn = edit_outline(
        base_layers(built=[base.id]), key=key, geometry=known, center=middle_of(base.geometry), height=430
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
        key="estate.save_outline",
    ):
        return
    assert drawn is not None
    with refusals() as refused:
        draw_outline(store(), actor, base.id, drawn.wkb, version=base.version, agreed=agreed)
        forget_outline(key)
        _start_again()
        done(say("estate.file.saved"))
    if refused.code == "estate.changed":
        _start_again()
    if refused.error is not None and refused.code in QUESTIONS:
        st.session_state.pop(f"{key}.yes", None)
        st.session_state[f"{key}.asked"] = (drawn.wkb, error_sentence(refused.error))
        st.rerun()
