"""Adopt a project: the public store of projects that supporters can help to pay for or build."""

import streamlit as st

from renovation.ui.frame.guard import public_guard
from renovation.ui.money.pledges import public_store
from renovation.ui.words import say

actor = public_guard()
st.title(say("page.adopt"), anchor=False)
public_store(actor)
