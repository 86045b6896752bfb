"""Turn this computer into a voting station."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame import stations
from renovation.ui.frame.guard import guard
from renovation.ui.words import say

actor = guard(Action.RUN_STATION)
st.title(say("page.station"))
st.markdown(say("station.what"))
if stations.start_form(actor):
    stations.lead()
stations.station_list(actor)
