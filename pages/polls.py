"""Polls: the list, one poll's file, opening and closing."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.polls import polls
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
chosen = polls.chosen_id()
if chosen is None:
    st.title(say("page.polls"))
    polls.poll_list(actor)
else:
    polls.poll_file(actor, chosen)
