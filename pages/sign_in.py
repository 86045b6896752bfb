"""Sign in, and look after one's own password."""

import streamlit as st

from renovation.ui.frame.accounts import password_form, sign_in_form
from renovation.ui.frame.guard import public_guard
from renovation.ui.frame.state import current_account
from renovation.ui.words import say

public_guard()
account = current_account()
st.title(say("page.own_account" if account else "page.sign_in"))
if account is None:
    sign_in_form(then="home")
else:
    password_form(account)
