"""The first page."""

import streamlit as st

from renovation.ui.guard import public_guard
from renovation.ui.words import say

public_guard()
st.title(say("shell.title"))
