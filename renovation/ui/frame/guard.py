"""The first statement of every page: who may see it, through which door, on which computer.

Streamlit may run ``pages/x.py`` without ``app.py``, so the router protects nothing; this does.
"""

from __future__ import annotations

import streamlit as st

from renovation.config import DoorKind, settings
from renovation.model.accounts import PERMISSIONS, Action, Actor, may
from renovation.services.staff import notes, second_factor
from renovation.ui.frame import shell, stations
from renovation.ui.frame.accounts import factor_form, password_form, sign_in_form
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import actor_of, current_account, settle, store, visitor, was_signed_in
from renovation.ui.words import say


def _stop(key: str, *, link: str | None = None) -> None:
    st.info(say(key), icon=":material/lock:")
    if link:
        shell.page_link(link)
    st.stop()


def _ask_to_sign_in() -> None:
    """Ask for login and password; after a session on the very page where it ended, so that it is there again."""
    if not was_signed_in():
        _stop("shell.sign_in_first", link="sign_in")
    st.warning(say("shell.session_over"), icon=":material/timer_off:")
    shell.top(None)
    sign_in_form()
    st.stop()


def _lead_if_locked() -> None:
    """Lead a computer that is locked to voting to the ballot, which is no page of the app."""
    if stations.locked():
        stations.lead()
        _stop("shell.station_locked")


def _ready() -> None:
    """Open the store, or say what is wrong with it and stop."""
    with refusals(stop=True):
        store()


def guard(action: Action | None = None) -> Actor:
    """Return the member of staff in front of this tab, or say why not and stop the page.

    Parameters
    ----------
    action
        What the page is for; ``None`` lets every signed-in member of staff in.
    """
    shell.frame()
    _ready()
    _lead_if_locked()
    if settings().door is DoorKind.RESIDENT:
        _stop("shell.staff_elsewhere")
    account = current_account()
    if account is None:
        _ask_to_sign_in()
    assert account is not None
    settle(account)
    actor = actor_of(account)
    if account.must_change_password and not account.identity:
        shell.top(actor)
        password_form(account)
        st.stop()
    if second_factor.is_missing(store(), account):
        shell.top(actor)
        factor_form(actor, account)
        st.stop()
    if action is not None and not may(actor, action):
        with refusals():
            notes.note_refused_act(store(), actor, "account.not_allowed", action.value)
        _stop("error.account.whole_town" if actor.role in PERMISSIONS[action] else "shell.not_your_role")
    shell.top(actor)
    return actor


def public_guard() -> Actor:
    """Return who looks at a page that needs no sign-in, or lead to the ballot where this computer is locked to voting.

    Returns
    -------
    Actor
        The member of staff who is signed in on this tab, else the public.
    """
    shell.frame()
    _ready()
    _lead_if_locked()
    account = current_account() if settings().door is not DoorKind.RESIDENT else None
    actor = actor_of(account) if account else None
    if account is not None:
        settle(account)
    shell.top(actor)
    return actor or visitor()
