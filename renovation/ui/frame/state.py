"""What one browser tab remembers, and the store every tab of this process shares."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from renovation.config import settings
from renovation.model.accounts import Account, Actor
from renovation.services.staff import accounts
from renovation.store import Store, migrate, open_store
from renovation.ui import browser

_TOKEN = "renovation.token"  # noqa: S105 (a key of the session state, not a token)


@st.cache_resource(show_spinner=False)
def _open(database_url: str, keys: str) -> Store:
    opened = open_store(database_url, Path(keys))
    migrate(opened)
    return opened


def store() -> Store:
    """Return the store of this process, opened and brought to the newest schema the first time.

    Raises
    ------
    UnavailableError
        The store cannot be opened, or a newer program has written it.
    """
    here = settings()
    return _open(here.database_url, str(here.key_dir))


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
    return accounts.as_actor(account) if account else None


def current_token() -> str | None:
    """Return this tab's session token, or the one this browser kept for a reload."""
    return st.session_state.get(_TOKEN) or browser.cookie(browser.Kept.SESSION)


def keep_token(token: str) -> None:
    """Sign this tab in."""
    st.session_state[_TOKEN] = token


def forget_token() -> None:
    """Sign this tab out (the session itself ends in ``services.accounts.sign_out``)."""
    st.session_state.pop(_TOKEN, None)
