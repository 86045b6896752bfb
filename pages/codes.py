"""Voting codes: make, print, void, re-issue, and hand out paper ballots."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.polls.codes import codes_page
from renovation.ui.polls.polls import pick_poll
from renovation.ui.words import say

actor = guard(Action.ISSUE_CODES)
st.title(say("page.codes"))
poll = pick_poll(actor)
if poll is not None:
    codes_page(actor, poll)
