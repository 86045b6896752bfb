"""What other rules would make of the same ballots, and what another budget would."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.outcome import budget, compare, results, variants
from renovation.ui.words import say

guard(Action.SEE_RESULTS)
st.title(say("page_compare.title"), anchor=False)
st.caption(say("page_compare.lead"))
poll = results.choose_poll(key="compare.poll")
if poll is None:
    page_link("polls")
    st.stop()
with refusals():
    held = results.load(poll)
    variants.take_new(held)
    found = variants.allocations(held, variants.choose_variants(held))
    if len(found) < 2:
        st.info(say("page_compare.too_few"))
    else:
        compare.side_by_side(held, found)
    budget.budget_slider(held)
