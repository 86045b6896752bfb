"""A department's desk: the demands it is asked to deal with, and what it does about each."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.services.demands import desk
from renovation.ui.demands import desk as widgets
from renovation.ui.frame.guard import guard
from renovation.ui.frame.state import store

actor = guard(Action.SEE_DESK)
widgets.head(actor)
wanted = widgets.filter_bar(actor)
found = desk.read_desk(store(), actor, wanted)
lines, one = st.columns([3, 2], gap="medium")
with lines:
    chosen = widgets.line_list(actor, found, wanted)
if chosen is not None:
    with one:
        widgets.card(actor, chosen)
