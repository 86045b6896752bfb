"""Long work on a page: begun, watched and called off, whether this process does it or one for all of a town."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import streamlit as st

from renovation.model.accounts import Actor
from renovation.model.jobs import JobKind, JobState, LongWork
from renovation.services.house import jobs
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import store
from renovation.ui.words import say

#: What is small is there before a progress bar would be.
_AT_ONCE_S, _LOOKS_S = 1.5, 0.02
_WATCHED = "renovation.jobs.watched"


def begin(actor: Actor, ask: Callable[[], LongWork]) -> None:
    """Have something done, and draw the page anew with it or with how far it is."""
    with refusals():
        asked = ask()
        _watched()[asked.kind] = asked.id
        until = time.monotonic() + _AT_ONCE_S
        while not jobs.watch_job(store(), actor, asked.id).state.is_over and time.monotonic() < until:
            time.sleep(_LOOKS_S)
        st.rerun()


def _watched() -> dict[JobKind, int]:
    watched: dict[JobKind, int] = st.session_state.setdefault(_WATCHED, {})
    return watched


def under_way(
    actor: Actor, kind: JobKind, words: Callable[[LongWork], str], ended: Callable[[Any], None], *, stop: str = ""
) -> bool:
    """Show how far work of a kind is, and hand on what came of it; tell whether it still is under way.

    What this person asked for is taken up again on a page that was drawn anew.

    Parameters
    ----------
    words
        What stands on the bar.
    ended
        Takes what came of it, once, before the page goes on.
    stop
        What stands on the button that calls it off.
    """
    if kind not in _watched():
        last = jobs.last_job(store(), actor, kind)
        if last is None or last.state.is_over:
            return False
        _watched()[kind] = last.id
    if _take(actor, kind, ended):
        return False
    _bar(actor, kind, words, stop)
    return True


def _take(actor: Actor, kind: JobKind, ended: Callable[[Any], None]) -> bool:
    """Hand on what came of work that is over; tell whether it is."""
    number = _watched()[kind]
    known = None
    with refusals():
        known = jobs.watch_job(store(), actor, number)
    if known is not None and not known.state.is_over:
        return False
    del _watched()[kind]
    if known is not None and known.state is JobState.CANCELLED:
        st.info(say("error.job.cancelled"), icon=":material/stop_circle:")
    elif known is not None:
        with refusals():
            ended(jobs.answer_of(store(), actor, number))
    return True


@st.fragment(run_every=0.5)
def _bar(actor: Actor, kind: JobKind, words: Callable[[LongWork], str], stop: str) -> None:
    number = _watched().get(kind)
    with refusals() as met:
        known = None if number is None else jobs.watch_job(store(), actor, number)
    if met.error or known is None or known.state.is_over:
        st.rerun(scope="app")
    waits = known.state is JobState.WAITING
    st.progress(known.share, say("job.waiting") if waits else words(known))
    if st.button(stop or say("job.cancel"), icon=":material/stop_circle:", disabled=known.is_cancelled):
        with refusals():
            jobs.cancel_job(store(), actor, known.id)
        st.rerun(scope="app")
