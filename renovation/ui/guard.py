"""The first statement of every page: who may see it, through which door, on which computer.

Streamlit may run ``pages/x.py`` without ``app.py``, so the router protects nothing; this does.
"""

from __future__ import annotations

import streamlit as st

from renovation.config import Door, settings
from renovation.errors import RenovationError
from renovation.model.accounts import PUBLIC, Action, Actor, may
from renovation.services import accounts
from renovation.ui import shell, stations
from renovation.ui.accounts import password_form
from renovation.ui.state import current_account, store
from renovation.ui.words import say, show_error


def _stop(key: str, *, link: str | None = None) -> None:
    st.info(say(key), icon=":material/lock:")
    if link:
        shell.page_link(link)
    st.stop()


def _ready() -> None:
    """Open the store, or say what is wrong with it and stop."""
    try:
        store()
    except RenovationError as error:
        show_error(error)
        st.stop()


def guard(action: Action | None = None) -> Actor:
    """Return the member of staff in front of this tab, or say why not and stop the page.

    Parameters
    ----------
    action
        What the page is for; ``None`` lets every signed-in member of staff in.
    """
    shell.frame()
    _ready()
    if stations.locked():
        _stop("shell.station_locked", link="pages/kiosk.py")
    if settings().door is Door.RESIDENT:
        _stop("shell.staff_elsewhere")
    account = current_account()
    if account is None:
        _stop("shell.sign_in_first", link="pages/sign_in.py")
    elif account.must_change_password:
        password_form(account)
        st.stop()
    assert account is not None
    actor = accounts.as_actor(account)
    if action is not None and not may(actor, action):
        _stop("shell.not_your_role")
    shell.staff_top(actor)
    return actor


def public_guard(*, at_station: bool = False) -> Actor:
    """Return the public's actor for a residents' page, or stop where this computer is locked to voting.

    Parameters
    ----------
    at_station
        Whether the page is the voting page itself, the only one a locked station shows.
    """
    shell.frame()
    _ready()
    if stations.locked() and not at_station:
        _stop("shell.station_locked", link="pages/kiosk.py")
    shell.public_top()
    return PUBLIC
