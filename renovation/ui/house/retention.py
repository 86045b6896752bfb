"""How long what tells of persons is kept, and its deletion, on screen."""

from __future__ import annotations

import streamlit as st

from renovation.errors import RenovationError
from renovation.model.accounts import Actor
from renovation.services.house import retention
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.state import store
from renovation.ui.words import say, show_error

_SAID = "retention.said"


def retention_setting(actor: Actor) -> None:
    """Show the term and what is due; change the one, delete the other."""
    st.subheader(say("retention.title"))
    if said := st.session_state.pop(_SAID, None):
        st.success(said, icon=":material/check:")
    held = retention.read_retention(store(), actor)
    st.markdown(say("retention.what"))
    with st.form("retention.term", border=False, width=440):
        days = st.number_input(
            say("retention.term"), retention.LEAST_DAYS, retention.MOST_DAYS, held.days, step=30, key="retention.days"
        )
        if st.form_submit_button(say("retention.save"), icon=":material/save:"):
            try:
                retention.set_retention(store(), actor, days)
            except RenovationError as error:
                show_error(error)
                return
            st.session_state[_SAID] = say("retention.saved", days=days)
            st.rerun()
    if not held.demands:
        st.caption(say("retention.nothing_due"))
        return
    st.markdown(say("retention.due", demands=held.demands, photos=held.photos))
    st.caption(say("retention.backups"))
    if confirmed("retention.delete", say("retention.delete"), say("retention.sure"), icon="delete_forever"):
        try:
            done = retention.delete_due(store(), actor)
        except RenovationError as error:
            show_error(error)
            return
        st.session_state[_SAID] = say("retention.deleted", demands=done.demands, texts=done.texts, photos=done.photos)
        st.cache_data.clear()
        st.rerun()
