"""Who gains: which households a facility serves now, and what each candidate project would change."""

import streamlit as st

from renovation.geo.gains import with_chosen
from renovation.model.accounts import Action
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.register import coverage as widgets
from renovation.ui.register.coverage_exports import export_choice
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
heading, files = st.columns([5, 1], vertical_alignment="bottom")
heading.title(say("page.coverage"))
scope = scope_bar(actor)
question = widgets.question_bar(actor, scope)
if question is None:
    st.stop()
with refusals(stop=True):
    found = widgets.answer(actor, question)
if not found.area.households:
    st.info(say("coverage.no_homes"), icon=":material/home:")
    st.stop()
then = with_chosen(found, widgets.chosen_ids())
with files:
    export_choice(actor, found, then)
widgets.headline(found, then)
left, right = st.columns([9, 5], gap="medium")
with right:
    widgets.street_table(then)
with left:
    widgets.coverage_map(found, then)
widgets.candidate_table(actor, found, then)
