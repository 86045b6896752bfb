"""Take a demand in: one form for every channel."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.demand_form import intake
from renovation.ui.guard import guard
from renovation.ui.words import say

actor = guard(Action.TAKE_DEMAND)
st.title(say("page.new_demand"))
intake(actor)
