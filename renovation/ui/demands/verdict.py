"""What a resident says about an answer, taken down by staff who asked; and what a line of history says."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.demands import DemandEvent
from renovation.services.demands import work as demand_work
from renovation.text.steps import step_text
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import store
from renovation.ui.words import language, plain, say


def verdict(actor: Actor, receipt: str, question: str) -> None:
    """Take the resident's word on whether the answer solved it, from staff who asked."""
    with st.container(border=True):
        st.markdown(f"**{question}**")
        stars = st.feedback("stars", key=f"verdict.stars.{receipt}")
        rating = None if stars is None else stars + 1
        yes, no = st.columns(2)
        if yes.button(
            say("my_demand.solved"), type="primary", icon=":material/thumb_up:", key="verdict.solved", width="stretch"
        ):
            _judge(actor, receipt, solved=True, rating=rating)
        if no.button(
            say("my_demand.not_solved"), icon=":material/thumb_down:", key="verdict.not_solved", width="stretch"
        ):
            _judge(actor, receipt, solved=False, rating=rating)


def _judge(actor: Actor, receipt: str, *, solved: bool, rating: int | None) -> None:
    with refusals():
        demand_work.judge_answer(store(), receipt, solved=solved, rating=rating, actor=actor)
        st.rerun()


def what_was_said(step: DemandEvent) -> str:
    """Return what a line of history names and what somebody wrote, for a place that draws Markdown."""
    return step_text(step.parts, step.note, language(), plain=plain)
