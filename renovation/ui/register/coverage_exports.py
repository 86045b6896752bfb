"""Coverage out of the tool, under the present question and choice."""

from __future__ import annotations

import streamlit as st

from renovation.geo.gains import Coverage, CoverageOutcome
from renovation.model.accounts import Actor
from renovation.services.register.coverage_exports import CoverageContent, export_coverage
from renovation.ui.frame.offer import offer_places
from renovation.ui.words import language, say


def export_choice(actor: Actor, found: Coverage, then: CoverageOutcome) -> None:
    """Offer candidates or homes as a file."""
    tongue = language()
    with st.popover(say("coverage.export.button"), icon=":material/download:", width="stretch"):
        st.caption(say("coverage.export.hint"))
        content = st.selectbox(
            say("coverage.export.what"),
            list(CoverageContent),
            format_func=lambda one: say(f"coverage.export.what_{one.value}"),
            key="coverage.export_content",
        )
        assert content is not None
        offer_places(
            "coverage",
            say(f"coverage.export.name_{content.value}"),
            lambda format_, datum: export_coverage(actor, found, then, content, format_, datum=datum, language=tongue),
        )
