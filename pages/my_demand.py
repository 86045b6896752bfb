"""What became of my demand, by its receipt number."""

import streamlit as st

from renovation.ui.demands import my_demand
from renovation.ui.frame.guard import public_guard
from renovation.ui.words import say

public_guard()
st.title(say("page.my_demand"))
st.markdown(say("my_demand.hint"))
receipt = my_demand.ask_receipt()
if receipt:
    my_demand.show(receipt)
