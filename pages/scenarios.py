"""Scenarios of the year's programme side by side; one of them is adopted."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.ways import year_steps
from renovation.ui.programme import scenarios
from renovation.ui.words import say

actor = guard(Action.RANK)
st.title(say("page.scenarios"), anchor=False)
year = year_steps(actor)
st.caption(say("page_scenarios.lead"))
heads = scenarios.of_year(actor, year)
if not heads:
    st.stop()
with refusals():
    scenarios.side_by_side(actor, heads)
