"""What was decided, for everybody: the outcome of a published poll with its reasons."""

import streamlit as st

from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import public_guard
from renovation.ui.frame.shell import page_link
from renovation.ui.outcome import results
from renovation.ui.polls import ties
from renovation.ui.polls.publishing import bundle_section
from renovation.ui.words import say

public_guard()
st.title(say("page.public_results"), anchor=False)
poll = results.choose_poll(key="public_results.poll", published=True)
if poll is None:
    st.stop()
with refusals(stop=True):
    held = results.load(poll)
    allocation = ties.decided_or_ask(held)
rows = results.rows_of(held, allocation)
results.headline(held, allocation)
results.rule_line(held, allocation)
results.bars(rows)
results.table(held, rows)
results.ties(held, allocation)
results.place_map(held, allocation, key="public_results.map")
bundle_section(poll)
page_link("check_receipt")
