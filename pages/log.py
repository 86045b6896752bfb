"""The log of staff acts: readable, filterable, exportable, checkable."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.house.log import chain_check, filters, table
from renovation.ui.words import say

actor = guard(Action.READ_LOG)
st.title(say("page.log"))
st.markdown(say("log.what"))
chain_check(actor)
table(actor, filters(actor))
