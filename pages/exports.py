"""Tables, map data and the notice of an ended poll."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.outcome import results
from renovation.ui.outcome.exports import data_files, notice_form
from renovation.ui.polls.deciding import decided
from renovation.ui.polls.publishing import bundle_section
from renovation.ui.words import say

actor = guard(Action.SEE_RESULTS)
st.title(say("page.exports"), anchor=False)
st.caption(say("page_exports.lead"))
poll = results.choose_poll(key="exports.poll")
if poll is None:
    page_link("polls")
    st.stop()
with refusals():
    held = results.load(poll)
    allocation = decided(held)
    results.headline(held, allocation)
    st.subheader(say("page_exports.tables"), anchor=False)
    data_files(held, allocation)
    st.subheader(say("page_exports.notice"), anchor=False)
    notice_form(actor, held, allocation)
    bundle_section(poll, actor)
