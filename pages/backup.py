"""Backups."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.frame.accounts import proof_form
from renovation.ui.frame.guard import guard
from renovation.ui.house.management import backup_list
from renovation.ui.words import say

actor = guard(Action.BACK_UP)
st.title(say("page.backup"))
proof_form(actor)
backup_list(actor)
