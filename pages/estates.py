"""The register of estates: map and list under one filter."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.model.scope import EVERYWHERE
from renovation.services.register import estates
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.register import by_hand
from renovation.ui.register import estates as widgets
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
heading, export = st.columns([5, 1], vertical_alignment="bottom")
heading.title(say("estate.list.title"))
scope = scope_bar(actor)
wanted = widgets.filter_bar(scope)
figures = estates.sum_estates(store(), actor, wanted)
if not figures.estates:
    everything = estates.sum_estates(store(), actor)
    if everything.estates == 0:
        may_import = may(actor, Action.IMPORT_PLACES)
        st.info(say("estate.list.none_at_all" if may_import else "shell.none_yet"), icon=":material/location_city:")
        if may_import:
            page_link("imports", icon="upload_file")
        if may(actor, Action.EDIT_ESTATES):
            by_hand.new_estate(actor, is_open=True)
    else:
        st.info(say("estate.list.none_found"), icon=":material/filter_list:")
        if scope == EVERYWHERE:
            st.button(say("filter.clear"), on_click=widgets.clear_filter, key="estates.clear_all")
    st.stop()
with export:
    widgets.export_choice(actor, wanted, figures.estates)
frame = widgets.read_frame(actor, wanted)
selected = widgets.selected_id(frame)
line, colours = st.columns([2, 1], vertical_alignment="center", gap="medium")
with line:
    widgets.figures_line(figures)
with colours:
    by = widgets.colour_choice()
left, right = st.columns([2, 1], gap="medium")
with left:
    widgets.estate_map(frame, scope, by=by, selected=selected)
with right:
    widgets.estate_card(actor, selected)
widgets.estate_list(frame, actor)
if may(actor, Action.EDIT_ESTATES):
    by_hand.new_estate(actor)
