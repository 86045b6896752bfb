"""What can still be done once voting has begun and something is wrong: leave a project out, or cancel the poll."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor, may
from renovation.model.polls import TIMETABLE, Poll, PollAct
from renovation.services.polls import ways_out
from renovation.ui.frame.confirm import confirmed_by_two
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.state import store
from renovation.ui.words import say, told

_MOST = 400


def ways_out_section(actor: Actor, poll: Poll) -> None:
    """Repeat what was left out, and offer both ways out to whoever may take them."""
    left_out(poll)
    stages, action = TIMETABLE[PollAct.CANCEL]
    if poll.stage not in stages or not may(actor, action):
        return
    impossible = any(begun(actor, f"way_out.{poll.id}.{entry.key}") for entry in poll.projects)
    with st.expander(say("way_out.impossible"), icon=":material/block:", expanded=impossible):
        _impossible(actor, poll)
    cancel = begun(actor, f"way_out.{poll.id}.cancel")
    with st.expander(say("way_out.cancel"), icon=":material/cancel:", expanded=cancel):
        _cancel(actor, poll)


def left_out(poll: Poll) -> None:
    """Say which projects were found impossible, when, and why."""
    names = {entry.key: entry.name for entry in poll.projects}
    for key, found in poll.impossible.items():
        said = told("way_out.left_out", project=names.get(key, key), day=found.day, reason=found.reason)
        st.warning(said, icon=":material/block:")


def why_cancelled(poll: Poll) -> None:
    """Say that a poll was cancelled, when, and why."""
    if poll.cancelled:
        said = told("poll.next.cancelled", day=poll.cancelled.day, reason=poll.cancelled.reason)
        st.warning(said, icon=":material/cancel:")


def _reason(form: Draft, button: str, icon: str) -> str:
    """Ask for the reason before a second person types a password, not after."""
    reason = st.text_input(
        say("way_out.reason"), max_chars=_MOST, help=say("way_out.reason_help"), **form.field("why", "")
    )
    if not reason.strip():
        st.button(button, icon=f":material/{icon}:", disabled=True, key=form.key("wait"))
    return reason.strip()


def _impossible(actor: Actor, poll: Poll) -> None:
    st.caption(say("way_out.impossible_what"))
    names = {entry.key: f"{entry.number} {entry.name}" for entry in poll.projects}
    key = f"way_out.{poll.id}.{poll.version}"
    project = st.selectbox(say("way_out.project"), list(names), format_func=names.__getitem__, key=f"{key}.project")
    is_out = project in poll.impossible
    button = say("way_out.restore_button" if is_out else "way_out.impossible_button")
    with draft(actor, f"way_out.{poll.id}.{project}") as form:
        reason = _reason(form, button, "block")
    if not reason:
        return
    with form.saving():
        sure = told("way_out.restore_sure" if is_out else "way_out.impossible_sure", project=names[project])
        go, second = confirmed_by_two(actor, f"way_out.judge.{project}", button, sure, icon="block", needed=True)
        if go:
            judge = ways_out.mark_possible if is_out else ways_out.mark_impossible
            judge(store(), actor, poll.id, project, reason=reason, second=second)
            form.done(told("way_out.restored" if is_out else "way_out.marked", project=names[project]))


def _cancel(actor: Actor, poll: Poll) -> None:
    st.caption(say("way_out.cancel_what"))
    button = say("way_out.cancel_button")
    with draft(actor, f"way_out.{poll.id}.cancel") as form:
        reason = _reason(form, button, "cancel")
    if not reason:
        return
    with form.saving():
        sure = told("way_out.cancel_sure", title=poll.title)
        go, second = confirmed_by_two(actor, "way_out.cancel", button, sure, icon="cancel", needed=True)
        if go:
            with st.spinner(say("way_out.cancelling")):
                ways_out.cancel_poll(store(), actor, poll.id, reason=reason, second=second)
            form.done(told("way_out.cancelled", title=poll.title))
