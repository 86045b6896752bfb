"""What one browser tab remembers, and the store every tab of this process shares."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from renovation.config import settings
from renovation.model.accounts import PUBLIC, Account, Actor
from renovation.services.staff import accounts, people
from renovation.services.staff.accounts import SignedIn
from renovation.store import Store, shared_store
from renovation.ui import browser

_TOKEN = "renovation.token"  # noqa: S105 (a key of the session state, not a token)
_OWNER = "renovation.owner"
#: What belongs to the tab and not to the person before it.
_OF_THE_TAB = (
    "renovation.language",
    "renovation.ticket.",
    "renovation.station",
    "renovation.flash",
    "renovation.device",
    _TOKEN,
)


def store() -> Store:
    """Return the store of this process, opened and brought to the newest schema the first time.

    Raises
    ------
    UnavailableError
        The store cannot be opened, or a newer program has written it.
    """
    here = settings()
    return shared_store(here.database_url, here.key_dir)


def current_account() -> Account | None:
    """Return whose account this tab is signed in with, asked of the store every time, so a demotion counts at once."""
    token = current_token()
    if not token:
        return None
    account = accounts.session_account(store(), token)
    if account is None:
        forget_token()
    return account


def current_actor() -> Actor | None:
    """Return who is signed in on this tab."""
    account = current_account()
    return actor_of(account) if account else None


def actor_of(account: Account) -> Actor:
    """Return who acts on this tab with an account."""
    return accounts.as_actor(account, address=browser.address(), token=current_token() or "")


def visitor() -> Actor:
    """Return the public, from where it comes."""
    return replace(PUBLIC, address=browser.address())


def current_token() -> str | None:
    """Return this tab's session token, or the one this browser kept for a reload."""
    return st.session_state.get(_TOKEN) or browser.cookie(browser.Kept.SESSION)


def keep_session(signed_in: SignedIn) -> None:
    """Sign this tab in, and have the browser known at later sign-ins."""
    st.session_state[_TOKEN] = signed_in.token
    browser.know(signed_in.browser)


def was_signed_in() -> bool:
    """Tell whether somebody's session has ended on this tab or in this browser, rather than never begun."""
    return _OWNER in st.session_state or browser.cookie(browser.Kept.SESSION) is not None


def settle(account: Account) -> None:
    """Make this tab the account's: what somebody else has left on it goes before anything is drawn."""
    if st.session_state.get(_OWNER, account.id) != account.id:
        forget_person()
    st.session_state[_OWNER] = account.id


def forget_person() -> None:
    """Let go of everything that whoever was signed in has left on this tab; nobody was, nothing goes."""
    if _OWNER not in st.session_state:
        return
    for key in list(st.session_state):
        if not str(key).startswith(_OF_THE_TAB):
            del st.session_state[key]


def forget_token() -> None:
    """Sign this tab out (the session itself ends in ``services.accounts.sign_out``)."""
    st.session_state.pop(_TOKEN, None)


def person(login: str) -> str:
    """Return who did something by name, or as noted where no account has that login; the log alone shows logins."""
    actor = current_actor()
    return (people.names(store(), actor) if actor and login else {}).get(login, login)
