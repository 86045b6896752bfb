"""See whether one's ballot was counted."""

import streamlit as st

from renovation.ui.frame.guard import public_guard
from renovation.ui.outcome.receipts import check_form
from renovation.ui.words import say

public_guard()
st.title(say("page.check_receipt"))
st.markdown(say("receipt.what"))
check_form()
