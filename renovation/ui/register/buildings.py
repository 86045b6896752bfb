"""Buildings of an estate's file by hand: what they have, their stairwells and doors."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.doors import doors_text, read_doors
from renovation.model.places import Building, Household, Stairwell
from renovation.services.register import buildings
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.state import store
from renovation.ui.words import say, told

Held = tuple[tuple[Stairwell, tuple[Household, ...]], ...]


def building_form(actor: Actor, estate_id: int, one: Building | None, held: Held = ()) -> None:
    """Let somebody make a building, or change one with its stairwells and doors."""
    name = f"building.new.{estate_id}" if one is None else f"building.{one.id}"
    title = say("by_hand.new_building") if one is None else told("by_hand.change_building", name=one.name)
    doors_before = {unit.name: tuple(door.number for door in doors) for unit, doors in held}
    with (
        st.expander(title, icon=":material/add:" if one is None else ":material/edit:", expanded=begun(actor, name)),
        draft(actor, name, base=(one, doors_before)) as form,
    ):
        left, right = st.columns([2, 3], gap="medium")
        with left:
            called = st.text_input(
                say("by_hand.building_name"), max_chars=40, **form.field("name", one.name if one else "")
            )
            floors = st.number_input(
                say("estate.file.floors"), 1, 120, None, step=1, **form.field("floors", one.floors if one else None)
            )
            lift = st.selectbox(
                say("by_hand.lift"),
                [True, False],
                index=None,
                format_func=lambda has: say("by_hand.lift_yes" if has else "by_hand.lift_no"),
                placeholder=say("estate.list.unknown"),
                **form.field("lift", one.has_lift if one else None),
            )
        with right:
            words = st.text_area(
                say("by_hand.doors"),
                help=say("by_hand.doors_help"),
                placeholder=say("by_hand.doors_example"),
                height=150,
                **form.field("doors", doors_text(doors_before)),
            )
            reason = ""
            if doors_before:
                reason = st.text_input(say("by_hand.doors_reason"), max_chars=200, **form.field("reason", ""))
        if st.button(say("by_hand.save_building"), type="primary", icon=":material/save:", key=form.key("save")):
            with form.saving():
                doors = read_doors(words)
                if one is None:
                    buildings.create_building(
                        store(), actor, estate_id, called, floors=floors, has_lift=lift, doors=doors
                    )
                else:
                    buildings.edit_building(
                        store(), actor, one.id, name=called, floors=floors, has_lift=lift, doors=doors, reason=reason
                    )
                form.done(told("by_hand.building_saved", name=called))
    if one is not None:
        _delete(actor, one)


def _delete(actor: Actor, one: Building) -> None:
    with (
        st.expander(say("by_hand.delete_building"), icon=":material/delete:"),
        draft(actor, f"building.delete.{one.id}") as form,
    ):
        reason = st.text_input(say("by_hand.reason"), max_chars=200, **form.field("reason", ""))
        if st.button(say("by_hand.delete_building"), icon=":material/delete:", key=form.key("delete")):
            with form.saving():
                buildings.delete_building(store(), actor, one.id, reason)
                form.done(told("by_hand.deleted", name=one.name))
