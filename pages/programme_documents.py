"""Documents of a programme: list, roll-up, notice, memo, layers, maps and cards of a kept scenario."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.services.programme.documents import programme_paper
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import year_steps
from renovation.ui.programme import documents as widgets
from renovation.ui.words import language, say

actor = guard(Action.PUBLISH)
st.title(say("page.programme_documents"), anchor=False)
year = year_steps(actor)
st.caption(say("programme_documents.lead"))
chosen = widgets.choose_scenario(actor, year)
if chosen is None:
    st.stop()
details = widgets.details_form(actor, chosen)
with refusals():
    paper = programme_paper(store(), actor, chosen.id, details, language=language())
    widgets.sums(paper)
    widgets.work_plan_editor(actor, chosen, paper)
    st.subheader(say("programme_documents.files"), anchor=False)
    widgets.downloads(actor, chosen, details)
    widgets.estate_map_choice(actor, chosen, paper, details)
