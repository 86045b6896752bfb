"""Panel scoring: set up, points by assessor, stepping out, residents' votes, result."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.model.panels import PanelState
from renovation.ui.frame.guard import guard
from renovation.ui.programme import panels as widgets
from renovation.ui.words import say

actor = guard(Action.SEE_PANELS)
st.title(say("page.panel"), anchor=False)
st.caption(say("panel.lead"))
may_change = may(actor, Action.SET_CRITERIA)
panel = widgets.choose_panel(actor)
if panel is None:
    st.info(say("panel.none" if may_change else "panel.none_to_see"), icon=":material/grading:")
elif not may_change:
    widgets.result_tab(actor, panel, may_change=False)
else:
    with st.container():
        if panel.state is PanelState.CLOSED:
            st.info(say("panel.closed_note"), icon=":material/lock:")
    points, conflicts, votes, result, setup = st.tabs(
        [say(f"panel.tab.{name}") for name in ("points", "conflicts", "votes", "result", "setup")],
        key="renovation.panel.tabs",
    )
    with points:
        widgets.points_tab(actor, panel)
    with conflicts:
        widgets.conflicts_tab(actor, panel)
    with votes:
        widgets.votes_tab(actor, panel)
    with result:
        widgets.result_tab(actor, panel, may_change=True)
    with setup:
        widgets.setup_tab(actor, panel)
if may_change:
    with st.expander(say("panel.new"), icon=":material/add:", expanded=panel is None):
        widgets.new_panel_form(actor)
