"""One demand: what was said, what happened, what comes next."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.services.demands import demands
from renovation.ui.demands import file as widgets
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
page_link("demands", icon="arrow_back")
demand_id = widgets.chosen_id()
if demand_id is None:
    st.info(say("demand.choose_first"), icon=":material/pin_drop:")
    st.stop()
with refusals(stop=True):
    whole = demands.demand_file(store(), actor, demand_id)
left, right = st.columns([3, 2], gap="large")
with left:
    widgets.head(whole)
    widgets.pictures(actor, whole)
    widgets.tasks(actor, whole)
    widgets.history(whole)
with right:
    widgets.place_map(actor, whole)
    widgets.work(actor, whole)
