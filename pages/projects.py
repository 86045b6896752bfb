"""Projects: list and map under one filter, and the form that makes one from an item and demands."""

import streamlit as st

from renovation.model.accounts import Action, may
from renovation.model.scope import EVERYWHERE
from renovation.services.projects import projects
from renovation.ui.frame.grid import page_of
from renovation.ui.frame.guard import guard
from renovation.ui.frame.scope import scope_bar
from renovation.ui.frame.state import store
from renovation.ui.projects import projects as widgets
from renovation.ui.projects.exports import export_choice
from renovation.ui.projects.form import project_form
from renovation.ui.words import say

actor = guard(Action.SEE_REGISTER)
heading, switch = st.columns([3, 2], vertical_alignment="bottom")
heading.title(say("page.projects"))
with switch:
    mode = widgets.mode(actor)
if mode == widgets.FORM:
    project_form(actor)
    st.stop()

scope = scope_bar(actor)
names = widgets.item_names(actor)
wanted = widgets.filter_bar(scope, names)
total = projects.count_projects(store(), actor, wanted)
if not total:
    filtered = scope != EVERYWHERE or wanted.query or wanted.statuses or wanted.item_codes
    none = "project.list.nothing_yet" if may(actor, Action.EDIT_PROJECTS) else "shell.none_yet"
    st.info(say("project.list.nothing_found" if filtered else none), icon=":material/construction:")
    st.stop()
rows = projects.list_projects(store(), actor, wanted)
line, files = st.columns([5, 1], vertical_alignment="center")
with line:
    widgets.figures_line(rows)
with files:
    export_choice(actor, wanted, total)
selected = widgets.selected_id(rows)
left, right = st.columns([2, 1], gap="medium")
with left:
    widgets.project_map(rows, scope, selected=selected)
with right:
    widgets.project_card(actor, selected, names)
# Beside an open card the list stays where it was, under the map: a card is longer than a screen.
with left if selected is not None else st.container():
    table = st.container()
    lines = page_of(total, "projects")
with table:
    widgets.project_list(rows[lines], names)
