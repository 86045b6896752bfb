"""Projects out of the tool: the present filter as a file."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.projects import ProjectFilter
from renovation.services.projects.exports import export_projects
from renovation.ui.frame.offer import offer_places
from renovation.ui.frame.state import store
from renovation.ui.words import language, say, told


def export_choice(actor: Actor, wanted: ProjectFilter, count: int) -> None:
    """Offer the filter's projects as a file."""
    here, tongue = store(), language()
    with st.popover(say("estate.export.button"), icon=":material/download:", width="stretch"):
        st.caption(told("project.export.what", count=count))
        offer_places(
            "projects",
            say("project.export.layer"),
            lambda format_, datum: export_projects(here, actor, wanted, format_, datum=datum, language=tongue),
        )
