"""Choose the year's programme under all pots and rules."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.services.programme.input import programme_input
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import year_steps
from renovation.ui.programme import programme
from renovation.ui.programme.form import rules_editor, settings_form
from renovation.ui.programme.own_list import is_own, planned_list
from renovation.ui.programme.year_start import adopted_first, begins_with
from renovation.ui.words import say

actor = guard(Action.RANK)
st.title(say("page.programme"), anchor=False)
year = year_steps(actor)
st.caption(say("page_programme.lead"))
if is_own():
    planned_list(actor)
    st.stop()
scope = scope_bar(actor, with_estate=False)
left, right = st.columns([1, 2], gap="medium")
with refusals():
    with left:
        asked = settings_form(actor, scope, year)
        if asked is None:
            st.stop()
    with right:
        start = begins_with(actor, asked.years[0])
        besides = start.year if adopted_first(start) else None
    with left:
        basis = programme_input(store(), actor, asked, besides=besides)
        settled = rules_editor(actor, asked, basis, year)
    if settled != asked:
        basis = programme_input(store(), actor, settled, besides=besides)
    with right:
        programme.basis_line(basis)
        programme.solve_button(actor, basis)
        solved = programme.current()
        if solved is not None and solved.is_of_register:
            programme.show(actor, solved, basis)
