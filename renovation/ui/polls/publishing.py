"""Publishing a sealed poll, and the bundle that everybody may take home."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.polls import Poll, PollStage
from renovation.services.outcome import publishing
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed_by_two
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.words import say

#: Polls in which projects won that nobody voted for.
_UNVOTED = "renovation.publish.unvoted"


def publish_button(actor: Actor, poll: Poll) -> None:
    """Offer to publish a sealed poll to whoever may."""
    if not may(actor, Action.PUBLISH):
        st.caption(say("publish.by_planner"))
        return
    name, reason = f"{_UNVOTED}.{poll.id}", ""
    if asked := bool(st.session_state.get(name)):
        with draft(actor, f"poll.publish.{poll.id}") as form:
            reason = st.text_input(say("poll.close.why"), max_chars=200, **form.field("why", ""))
        if not reason.strip():
            return
    with refusals() as refused:
        words, sure = say("poll.publish.button"), say("poll.publish.sure")
        go, second = confirmed_by_two(actor, "poll.publish", words, sure, icon="campaign", needed=asked)
        if go:
            publishing.publish_poll(store(), actor, poll.id, reason=reason, second=second)
            st.session_state.pop(name, None)
            done(say("poll.publish.done"))
    if refused.error is not None and refused.error.code == "outcome.unvoted":
        st.session_state[name] = True
        st.button(say("poll.close.go_on"), key="poll.publish.unvoted")


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
