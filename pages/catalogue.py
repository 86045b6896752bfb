"""The catalogue of renovation items with its price assumptions."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.catalogue import catalogue_table
from renovation.ui.guard import guard
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
st.title(say("page.catalogue"))
catalogue_table(actor)
