"""Sign in, and look after one's own password, second factor and sessions."""

import streamlit as st

from renovation.ui.frame.accounts import factor_form, password_form, session_list, sign_in_form
from renovation.ui.frame.guard import public_guard
from renovation.ui.frame.state import actor_of, current_account
from renovation.ui.words import say

public_guard()
account = current_account()
st.title(say("page.own_account" if account else "page.sign_in"))
if account is None:
    sign_in_form(then="home")
else:
    password_form(account)
    factor_form(actor_of(account), account)
    session_list(actor_of(account))
