"""Demands: map, list, figures and hot spots under one filter."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.model.demands import DemandFilter
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands
from renovation.ui.demands import demands as widgets
from renovation.ui.demands import figures as demand_figures
from renovation.ui.demands.exports import export_choice
from renovation.ui.demands.hotspots import where_it_hurts
from renovation.ui.frame.grid import page_of
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.frame.state import store
from renovation.ui.frame.ways import turn
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
heading, new = st.columns([5, 1], vertical_alignment="bottom")
heading.title(say("page.demands"))
may_take = may(actor, Action.TAKE_DEMAND)
if may_take and new.button(say("page.new_demand"), icon=":material/add_location_alt:", type="primary", width="stretch"):
    turn("new_demand")

scope = scope_bar(actor)
wanted = widgets.filter_bar(actor, scope)
total = demands.count_demands(store(), actor, wanted)
if not total:
    filtered = wanted != DemandFilter(scope=EVERYWHERE)
    none = "demand.list.nothing_yet" if may_take else "shell.none_yet"
    st.info(say("demand.list.nothing_found" if filtered else none), icon=":material/pin_drop:")
    if filtered:
        st.button(say("filter.clear"), on_click=widgets.clear_filter, key="demands.clear_empty")
    st.stop()

demand_figures.figures_line(widgets.read_figures(actor, wanted), total)
views, files = st.columns([5, 1], vertical_alignment="bottom")
with views:
    view = widgets.view_choice()
with files:
    export_choice(actor, wanted, total)
if view == "figures":
    demand_figures.figures_tables(widgets.read_figures(actor, wanted))
elif view == "hotspots":
    where_it_hurts(actor, wanted)
else:
    chosen = widgets.selected_id()
    left, right = st.columns([2, 1], gap="medium")
    with left:
        widgets.demand_map(actor, wanted, selected=chosen)
    with right:
        widgets.demand_card(actor, chosen)
    table = st.container()
    lines = page_of(total, "demands")
    with table:
        rows = demands.list_demands(store(), actor, wanted, limit=lines.stop - lines.start, offset=lines.start)
        widgets.demand_list(actor, rows)
