"""Backups."""

import streamlit as st

from renovation.model.accounts import Action
from renovation.ui.guard import guard
from renovation.ui.management import backup_list
from renovation.ui.words import say

actor = guard(Action.BACK_UP)
st.title(say("page.backup"))
backup_list(actor)
