"""One sentence that outlives a page's next run: what was just done."""

from __future__ import annotations

import streamlit as st

_NOTE = "renovation.poll.note"


def note(sentence: str) -> None:
    """Keep a sentence to show once after the page has run again."""
    st.session_state[_NOTE] = sentence


def show_note() -> None:
    """Show the sentence kept by :func:`note`."""
    if sentence := st.session_state.pop(_NOTE, None):
        st.success(sentence, icon=":material/check:")
