"""Staff accounts."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.accounts import proof_form
from renovation.ui.frame.guard import guard
from renovation.ui.house.management import new_account, staff_list
from renovation.ui.words import say

actor = guard(Action.MANAGE_ACCOUNTS)
st.title(say("page.accounts"))
proof_form(actor)
new_account(actor)
staff_list(actor)
