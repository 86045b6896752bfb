"""The annual batch: willing and eligible estates under a budget, the waiting list, the bands."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.services.programme.annual_batch import work_out_batch
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.ways import year_steps
from renovation.ui.programme import annual_batch as widgets
from renovation.ui.words import say

actor = guard(Action.SEE_RESULTS)
st.title(say("page.annual_batch"), anchor=False)
year = year_steps(actor)
st.caption(say("batch.lead"))
with refusals():
    basis = widgets.read_basis(actor)
    if not basis.estates:
        st.info(say("batch.none"), icon=":material/location_city:")
        page_link("imports", icon="upload_file")
        st.stop()
    batch = work_out_batch(basis, widgets.settings_bar(actor, basis, year))
    widgets.figures_line(basis, batch)
    widgets.batch_map(basis, batch)
    widgets.lists(batch)
    widgets.end_bar(actor, batch, basis)
