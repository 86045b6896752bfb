"""Forms for signing in and for passwords."""

from __future__ import annotations

import streamlit as st

from renovation.errors import RenovationError
from renovation.model.accounts import Account
from renovation.services import accounts
from renovation.ui.state import current_token, keep_token, store
from renovation.ui.words import say, show_error


def sign_in_form() -> None:
    """Ask for login and password, and sign this tab in."""
    with st.form("sign_in", width=440):
        login = st.text_input(say("account.login"), autocomplete="username", max_chars=60)
        password = st.text_input(
            say("account.password"), type="password", autocomplete="current-password", max_chars=200
        )
        sent = st.form_submit_button(say("account.sign_in"), type="primary", width="stretch")
    if sent:
        try:
            signed_in = accounts.sign_in(store(), login, password)
        except RenovationError as error:
            show_error(error)
            return
        keep_token(signed_in.token)
        st.rerun()


def password_form(account: Account) -> None:
    """Let somebody choose a password of their own."""
    st.subheader(say("account.own_password"))
    if account.must_change_password:
        st.info(say("account.must_change"), icon=":material/key:")
    with st.form("own_password", width=440, clear_on_submit=True):
        old = st.text_input(say("account.old_password"), type="password", autocomplete="current-password")
        new = st.text_input(
            say("account.new_password"),
            type="password",
            autocomplete="new-password",
            help=say("account.password_rule", least=accounts.MIN_PASSWORD),
        )
        again = st.text_input(say("account.new_password_again"), type="password", autocomplete="new-password")
        sent = st.form_submit_button(say("account.save_password"), type="primary")
    if not sent:
        return
    if new != again:
        st.error(say("account.passwords_differ"), icon=":material/error:")
        return
    try:
        accounts.change_own_password(store(), accounts.as_actor(account), current_token() or "", old, new)
    except RenovationError as error:
        show_error(error)
        return
    if account.must_change_password:
        st.rerun()
    st.success(say("account.password_saved"), icon=":material/check:")
