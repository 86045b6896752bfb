"""Sign in, and look after one's own password."""

import streamlit as st

from renovation.ui.accounts import password_form, sign_in_form
from renovation.ui.guard import public_guard
from renovation.ui.state import current_account
from renovation.ui.words import say

public_guard()
st.title(say("page.sign_in"))
account = current_account()
if account is None:
    sign_in_form()
else:
    password_form(account)
