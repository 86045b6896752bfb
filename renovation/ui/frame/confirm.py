"""Ask once before an act that cannot be taken back, in the act's own words."""

from __future__ import annotations

import streamlit as st

from renovation.ui.words import say


def confirmed(key: str, button: str, consequence: str, *, icon: str = "task_alt") -> bool:
    """Show a button that names the act; tell whether the person has confirmed what follows from it."""
    asked = f"renovation.asked.{key}"
    if not st.session_state.get(asked):
        if st.button(button, key=f"{key}.ask", icon=f":material/{icon}:"):
            st.session_state[asked] = True
            st.rerun()
        return False
    st.warning(consequence, icon=":material/warning:")
    # A row that breaks: in a narrow column the words of a button would be cut.
    with st.container(horizontal=True):
        goes = st.button(say("poll.confirm.ask"), key=f"{key}.go", type="primary")
        if st.button(say("poll.confirm.cancel"), key=f"{key}.stop"):
            st.session_state.pop(asked)
            st.rerun()
    if goes:
        st.session_state.pop(asked)
    return goes
