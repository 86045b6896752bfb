"""The hierarchy of areas: districts, streets, communities and grids, by hand."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.register import areas
from renovation.ui.words import say

actor = guard(Action.EDIT_AREAS)
st.title(say("page.areas"))
st.markdown(say("areas.what"))
page_link("imports", label=say("areas.import"), icon="upload_file", query={"kind": "areas"})
areas.undo_offer(actor)
areas.hierarchy(actor)
