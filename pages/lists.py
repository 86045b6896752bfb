"""What the locality sets for itself: departments, deadlines, holidays, replies, the office, thresholds."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.house import lists
from renovation.ui.words import say

actor = guard(Action.EDIT_LISTS)
st.title(say("page.lists"))
lists.sections(actor, lists.choose(actor))
