"""How long what tells of persons is kept, and its deletion, on screen."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.services.house import retention
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.state import store
from renovation.ui.words import say, told


def retention_setting(actor: Actor) -> None:
    """Show the term and what is due; change the one, delete the other."""
    st.subheader(say("retention.title"))
    held = retention.read_retention(store(), actor)
    st.markdown(say("retention.what"))
    with st.container(width=440), draft(actor, "retention.term", base=held.days) as form:
        days = st.number_input(
            say("retention.term"),
            retention.LEAST_DAYS,
            retention.MOST_DAYS,
            step=30,
            **form.field("days", held.days),
        )
        if st.button(say("retention.save"), icon=":material/save:", key=form.key("save")):
            with form.saving():
                retention.set_retention(store(), actor, days)
                form.done(told("retention.saved", days=days))
    if not (held.demands or held.surveys):
        st.caption(say("retention.nothing_due"))
        return
    st.markdown(told("retention.due", demands=held.demands, photos=held.photos, surveys=held.surveys))
    st.caption(say("retention.backups"))
    if confirmed("retention.delete", say("retention.delete"), say("retention.sure"), icon="delete_forever"):
        with refusals():
            gone = retention.delete_due(store(), actor)
            st.cache_data.clear()
            left = "" if gone.swept else say("retention.not_swept")
            counts = {"demands": gone.demands, "texts": gone.texts, "photos": gone.photos, "surveys": gone.surveys}
            done(told("retention.deleted", **counts) + left)
