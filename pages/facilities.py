"""Facilities that serve households: where they stand, entered and changed by hand."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.ui.frame.guard import guard
from renovation.ui.frame.shell import page_link
from renovation.ui.register import by_hand
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
st.title(say("page.facilities"))
if may(actor, Action.IMPORT_PLACES):
    page_link("imports", icon="upload_file", query={"kind": "facilities"})
by_hand.facility_list(actor, may_edit=may(actor, Action.EDIT_ESTATES))
