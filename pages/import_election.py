"""Take an election held elsewhere (a Pabulib file), recount it, and keep it as an ended poll."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.services.polls.elections import import_election, suggested_title
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.polls import elections
from renovation.ui.words import say, told

actor = guard(Action.EDIT_POLL)
st.title(say("page.import_election"), anchor=False)
st.caption(say("page_import_election.lead"))
chosen = elections.choose_file()
if chosen is None:
    st.stop()
source, content = chosen
with refusals(stop=True):
    election = elections.read(content)
    elections.show_recount(election)
title = st.text_input(say("page_import_election.title_label"), suggested_title(election.instance), max_chars=120)
if st.button(say("page_import_election.take"), type="primary", icon=":material/download_done:"):
    with refusals(stop=True):
        poll = import_election(store(), actor, election, title=title, source=source)
    st.success(told("page_import_election.taken", title=poll.title), icon=":material/check_circle:")
    page_link("results", label=say("page_import_election.see"), query={"poll": poll.id})
