"""What came without an account, and floods of it."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.house.floods import flood_desk
from renovation.ui.words import say

actor = guard(Action.HANDLE_DEMAND)
st.title(say("page.floods"))
flood_desk(actor)
