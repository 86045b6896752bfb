"""A district's first days: one step after the other, by file, by hand, or later."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.house import set_up
from renovation.ui.words import say

actor = guard(Action.EDIT_AREAS)
st.title(say("page.set_up"))
st.markdown(say("set_up.what"))
set_up.steps(actor)
