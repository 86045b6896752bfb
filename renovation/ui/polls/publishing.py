"""Publishing a sealed poll, and the bundle that everybody may take home."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.polls import Poll, PollStage
from renovation.services.outcome import publishing
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.words import say


def publish_button(actor: Actor, poll: Poll) -> None:
    """Offer to publish a sealed poll to whoever may."""
    if not may(actor, Action.PUBLISH):
        st.caption(say("publish.by_planner"))
        return
    if confirmed("poll.publish", say("poll.publish.button"), say("poll.publish.sure"), icon="campaign"):
        with refusals():
            publishing.publish_poll(store(), actor, poll.id)
            done(say("poll.publish.done"))


def bundle_section(poll: Poll, actor: Actor) -> None:
    """Offer the bundle of a published poll; whoever may publish finds the button for it here before."""
    if poll.stage is not PollStage.PUBLISHED:
        if not poll.source:
            st.subheader(say("publish.title"), anchor=False)
            if poll.stage is PollStage.RECONCILED:
                st.caption(say("publish.what"))
                publish_button(actor, poll)
            else:
                st.caption(say("publish.not_sealed"))
        return
    checksum = publishing.bundle_sum(store(), actor, poll.id)
    if checksum is None:
        return
    st.subheader(say("publish.title"), anchor=False)
    st.caption(say("publish.what"))
    bundle = publishing.bundle_file(store(), actor, poll.id)
    words = say("publish.download", size=max(len(bundle[2]) // 1024, 1))
    offer(words, bundle, icon="folder_zip", key="publish.bundle")
    st.markdown(f"**{say('publish.root')}**")
    root = poll.meta.get("ledger_root", "")
    st.code(root, language=None, wrap_lines=True)
    with st.expander(say("publish.check"), icon=":material/calculate:"):
        st.markdown(say("publish.recount"))
        st.code(f"python verify_bundle.py . {root}", language="shell", wrap_lines=True)
        st.markdown(say("publish.verifier"))
        st.code(poll.meta.get("verifier", ""), language=None, wrap_lines=True)
        st.markdown(say("publish.sum"))
        st.code(checksum, language=None, wrap_lines=True)
