"""What the holder of a receipt sees of a demand, and says about its answer."""

from __future__ import annotations

from datetime import date

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.demands import DemandEvent, DemandStatus
from renovation.model.intake import PublicDemand, PublicStep
from renovation.services.demands import demands
from renovation.services.demands import work as demand_work
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import store, visitor
from renovation.ui.words import label, listed, plain, say, told

_RECEIPT = "my_demand.receipt"


def ask_receipt() -> str | None:
    """Ask for the receipt number and return it once given."""
    st.html("<style>.st-key-my_demand_ask [data-testid='InputInstructions'] { display: none }</style>")
    with st.container(key="my_demand_ask"), st.form("my_demand.ask", border=False):
        typed = st.text_input(
            say("my_demand.receipt"), placeholder="SQ-XXXX-XXX-XXX", max_chars=40, key="my_demand.typed"
        )
        if st.form_submit_button(say("my_demand.look"), type="primary", icon=":material/search:"):
            st.session_state[_RECEIPT] = typed
    receipt: str | None = st.session_state.get(_RECEIPT)
    return receipt or None


def show(receipt: str) -> None:
    """Show what became of the demand, or why it cannot be found."""
    with refusals():
        one = demands.follow_demand(store(), receipt, actor=visitor())
        with st.container(border=True):
            st.caption(f"{one.receipt} · {plain(one.estate_name)} · {label('enum.DemandCategory', one.category)}")
            if one.text:
                st.text(one.text)
            st.subheader(label("enum.DemandStatus", one.status))
            _where_it_stands(one)
        if one.reply:
            with st.container(border=True):
                st.caption(say("my_demand.reply"))
                st.text(one.reply)
        if one.status is DemandStatus.ANSWERED and one.is_own:
            verdict(one.receipt, say("my_demand.solved_question"))
        elif one.rating:
            st.caption(told("my_demand.rated", stars=one.rating))
        st.markdown(f"**{say('my_demand.steps')}**")
        for step in one.steps:
            line = told("my_demand.step", at=step.at, step=say(f"demand.step.{step.step}"))
            st.markdown(f"{line}  \n{said}" if (said := what_was_said(step)) else line)


def _where_it_stands(one: PublicDemand) -> None:
    if one.merged_into:
        st.markdown(told("my_demand.merged", number=one.merged_into))
    for project in one.projects:
        st.markdown(told("my_demand.project", name=project.name, status=label("enum.ProjectStatus", project.status)))
    if one.department and not one.reply:
        st.markdown(told("my_demand.department", department=one.department))
    if one.due_on and not one.reply and not one.projects:
        st.markdown(told("my_demand.due", day=date.fromisoformat(one.due_on)))
    if one.supporters > 1:
        st.caption(told("demand.supporters", count=one.supporters))


def verdict(receipt: str, question: str, *, actor: Actor | None = None) -> None:
    """Take the resident's word on whether the answer solved it: from the resident, or from staff who asked."""
    actor = actor or visitor()
    with st.container(border=True):
        st.markdown(f"**{question}**")
        stars = st.feedback("stars", key=f"my_demand.stars.{receipt}")
        rating = None if stars is None else stars + 1
        yes, no = st.columns(2)
        if yes.button(
            say("my_demand.solved"), type="primary", icon=":material/thumb_up:", key="my_demand.solved", width="stretch"
        ):
            _judge(actor, receipt, solved=True, rating=rating)
        if no.button(
            say("my_demand.not_solved"), icon=":material/thumb_down:", key="my_demand.not_solved", width="stretch"
        ):
            _judge(actor, receipt, solved=False, rating=rating)


def _judge(actor: Actor, receipt: str, *, solved: bool, rating: int | None) -> None:
    with refusals():
        demand_work.judge_answer(store(), receipt, solved=solved, rating=rating, actor=actor)
        st.rerun()


def what_was_said(step: DemandEvent | PublicStep) -> str:
    """Return what a line of history names and what somebody wrote, for a place that draws Markdown."""
    named = [told("demand.part", who=who, what=what) if what else plain(who) for who, what in step.parts]
    said = listed(named, clauses=True)
    if not said or not step.note:
        return said or plain(step.note)
    return say("demand.parts_note", parts=said, note=plain(step.note))
