"""Gates before any score: what is known of every estate, from where, and which went back to waiting."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.frame.shell import page_link
from renovation.ui.money import gates
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
heading, out = st.columns([4, 1], vertical_alignment="bottom")
heading.title(say("page.gates"), anchor=False)
gates.begin()
scope = scope_bar(actor)
with out:
    gates.export(actor, scope)
if may(actor, Action.IMPORT_PLACES):
    page_link("estate_table", label=say("estate_table.from_gates"), icon="table_edit")
gates.register(actor, scope)
gates.double_part(actor)
gates.thresholds_part(actor)
