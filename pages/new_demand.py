"""Take a demand in: one form for every channel, on screen and on paper."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.demands.exports import paper_form, poster
from renovation.ui.demands.form import intake
from renovation.ui.frame.guard import guard
from renovation.ui.words import say

actor = guard(Action.TAKE_DEMAND)
heading, code, paper = st.columns([4, 1, 1], vertical_alignment="bottom")
heading.title(say("page.new_demand"))
with code:
    poster(actor)
with paper:
    paper_form()
intake(actor)
