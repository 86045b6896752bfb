"""Reconciliation: codes, ballots and boxes per venue, channel and day; sealing."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.model.polls import BEGUN
from renovation.ui.frame.guard import guard
from renovation.ui.polls.polls import pick_poll
from renovation.ui.polls.reconcile import reconcile_page
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
st.title(say("page.reconcile"))
poll = pick_poll(actor, BEGUN)
if poll is not None:
    reconcile_page(actor, poll)
