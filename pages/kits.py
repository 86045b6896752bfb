"""Venues without a network: kits out, sealed boxes back."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.model.polls import BEGUN
from renovation.ui.frame.accounts import proof_form
from renovation.ui.frame.guard import guard
from renovation.ui.polls.kits import box_section, office_section, venue_section
from renovation.ui.polls.polls import pick_poll
from renovation.ui.words import say

actor = guard(Action.RUN_STATION)
st.title(say("kit.title"))
poll = pick_poll(actor, BEGUN)
if poll is not None and "kit" in poll.meta:
    box_section(actor, poll)
elif poll is not None:
    proof_form(actor)
    office_section(actor, poll)
with st.expander(say("kit.install"), icon=":material/install_desktop:", expanded=poll is None):
    venue_section(actor)
