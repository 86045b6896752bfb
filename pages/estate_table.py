"""Many estates at once: gates, survey, consent and facts in a grid to edit and paste into."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.money.estate_table import estate_table
from renovation.ui.words import say

actor = guard(Action.IMPORT_PLACES)
st.title(say("page.estate_table"), anchor=False)
scope = scope_bar(actor, with_estate=False)
estate_table(actor, scope)
