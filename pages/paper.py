"""Paper ballots: batches, keying in pairs, differences, closing."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.model.polls import BEGUN
from renovation.ui.frame.guard import guard
from renovation.ui.polls.paper import paper_page
from renovation.ui.polls.polls import pick_poll
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
st.title(say("page.paper"))
poll = pick_poll(actor, BEGUN)
if poll is not None:
    paper_page(actor, poll)
