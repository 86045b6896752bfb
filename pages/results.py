"""The outcome of an ended poll, with the reason for every project."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.outcome import results
from renovation.ui.outcome.smallest_change import what_would_have_won
from renovation.ui.polls import ties
from renovation.ui.words import say

guard(Action.SEE_RESULTS)
st.title(say("page_results.title"), anchor=False)
poll = results.choose_poll(key="results.poll")
if poll is None:
    page_link("polls")
    st.stop()
with refusals(stop=True):
    held = results.load(poll)
    allocation = ties.decided_or_ask(held)
results.headline(held, allocation)
results.provisional(held)
results.rule_line(held, allocation)
rows = results.rows_of(held, allocation)
is_placed = results.has_places(held)
chart, place = st.columns([3, 2], gap="medium") if is_placed else (st.container(), st.container())
with chart:
    st.subheader(say("page_results.chart"), anchor=False)
    with st.container(height=480 if len(rows) > 14 else "content", border=False):
        results.bars(rows)
with place:
    if is_placed:
        st.subheader(say("page_results.map"), anchor=False)
    results.place_map(held, allocation, key="results.map")
results.table(held, rows)
results.ties(held, allocation)
what_would_have_won(held, allocation)
