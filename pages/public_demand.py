"""Say what is needed: the intake form at the residents' door."""

import streamlit as st

from renovation.ui.demands.form import intake
from renovation.ui.frame.guard import public_guard
from renovation.ui.frame.shell import page_link
from renovation.ui.words import say

actor = public_guard()
st.title(say("page.public_demand"))
page_link("my_demand", icon="receipt_long")
intake(actor, page="public_demand")
