"""Projects out of the tool: the present filter as a file."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.projects import ProjectFilter
from renovation.services.projects.exports import export_projects
from renovation.ui.frame.offer import offer_filter
from renovation.ui.words import say


def export_choice(actor: Actor, wanted: ProjectFilter, count: int) -> None:
    """Offer the filter's projects as a file."""
    with st.popover(say("estate.export.button"), icon=":material/download:", width="stretch"):
        offer_filter("project", export_projects, actor, wanted, count)
