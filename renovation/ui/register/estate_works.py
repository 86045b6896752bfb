"""The works an estate has seen before, and the money they took, on screen."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.money import MAX_FEN, fen_in, yuan
from renovation.model.places import FIRST_YEAR, MAX_SOURCE, MAX_WHAT, EstateWork, EstateWorkDraft
from renovation.services.register.estate_works import add_estate_work, estate_works_of, remove_estate_work
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import COUNT, LONG, WHOLE, grid
from renovation.ui.frame.state import person, store
from renovation.ui.words import say, told


def works_section(actor: Actor, estate_id: int) -> None:
    """List the works with their sum, and offer to add and remove lines."""
    found = estate_works_of(store(), actor, estate_id)
    editing = may(actor, Action.EDIT_ESTATES)
    if found:
        _table(actor, found, editing=editing)
    else:
        st.info(say("estate_work.none"), icon=":material/history:")
    if editing:
        _form(actor, estate_id)


def _table(actor: Actor, found: tuple[EstateWork, ...], *, editing: bool) -> None:
    picked = grid(
        {
            "year": [work.draft.year for work in found],
            "what": [work.draft.what for work in found],
            "cost": [None if work.draft.cost is None else float(yuan(work.draft.cost)) for work in found],
            "source": [work.draft.source for work in found],
            "by": [person(work.login) for work in found],
        },
        words="estate_work",
        kinds={"year": WHOLE, "what": LONG, "cost": COUNT},
        ids=[work.id for work in found],
        pick="one",
        tall=None,
        key="estate_works",
    )
    known = [work.draft.cost for work in found if work.draft.cost is not None]
    unknown = len(found) - len(known)
    key = "estate_work.total" if unknown else "estate_work.total_known"
    st.markdown(told(key, cost=sum(known), **({"unknown": unknown} if unknown else {})))
    if not editing:
        return
    if not picked:
        st.caption(say("estate_work.pick"))
        return
    work = found[picked[0]]
    consequence = say("estate_work.remove_consequence", what=f"{work.draft.year} {work.draft.what}")
    if confirmed(f"estate_works.{work.id}", say("estate_work.remove"), consequence, icon="delete"):
        with refusals():
            remove_estate_work(store(), actor, work.id)
            st.rerun()


def _form(actor: Actor, estate_id: int) -> None:
    this_year = today().year
    name = f"estate_works.form.{estate_id}"
    with (
        st.expander(say("estate_work.add"), icon=":material/add:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        when, cost_column = st.columns(2)
        year = when.number_input(
            say("estate_work.year"), FIRST_YEAR, this_year, step=1, **form.field("year", this_year)
        )
        cost = cost_column.number_input(
            say("estate_work.cost"), 0, int(yuan(MAX_FEN)), None, step=1000, **form.field("cost")
        )
        what = st.text_input(say("estate_work.what"), max_chars=MAX_WHAT, **form.field("what", ""))
        source = st.text_input(
            say("estate_work.source"),
            max_chars=MAX_SOURCE,
            placeholder=say("estate_work.source_hint"),
            **form.field("source", ""),
        )
        if not st.button(say("estate_work.save"), type="primary", icon=":material/save:", key=form.key("save")):
            return
        with form.saving():
            add_estate_work(
                store(),
                actor,
                EstateWorkDraft(
                    estate_id=estate_id,
                    year=year,
                    what=what,
                    cost=None if cost is None else fen_in(cost),
                    source=source,
                ),
            )
            form.forget()
            st.rerun()
