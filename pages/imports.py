"""Take files of places in."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.guard import guard
from renovation.ui.house.set_up import go_on
from renovation.ui.register import imports
from renovation.ui.words import say

actor = guard(Action.IMPORT_PLACES)
st.title(say("import_page.title"))
st.markdown(say("import_page.what"))
imports.import_form(actor)
go_on(actor, whole=False)
imports.import_history(actor)
