"""Forms for signing in and for passwords."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import STAFF_ROLES, Account, Role
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.shell import go
from renovation.ui.frame.state import current_token, keep_token, store
from renovation.ui.words import say


def sign_in_form(*, then: str = "") -> None:
    """Ask for login and password, and sign this tab in.

    Parameters
    ----------
    then
        The page to go on to; the present one where it is not said.
    """
    with st.form("sign_in", width=440):
        login = st.text_input(say("account.login"), autocomplete="username", max_chars=60)
        password = st.text_input(
            say("account.password"), type="password", autocomplete="current-password", max_chars=200
        )
        sent = st.form_submit_button(say("account.sign_in"), type="primary", width="stretch")
    if sent:
        with refusals():
            signed_in = accounts.sign_in(store(), login, password)
            keep_token(signed_in.token)
            if then:
                go(then)
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
    with refusals():
        accounts.change_own_password(store(), accounts.as_actor(account), current_token() or "", old, new)
        done(say("account.password_saved"))


def first_account_form() -> None:
    """Make the first account of an empty store and sign it in."""
    with st.form("first_account", width=440, border=False):
        name = st.text_input(say("account.name"), max_chars=60)
        login = st.text_input(say("account.login"), max_chars=40, help=say("account.login_rule"))
        password = st.text_input(
            say("account.password"),
            type="password",
            autocomplete="new-password",
            help=say("account.password_rule", least=accounts.MIN_PASSWORD),
        )
        again = st.text_input(say("account.password_again"), type="password", autocomplete="new-password")
        sent = st.form_submit_button(say("account.create_first"), type="primary", width="stretch")
    if not sent:
        return
    if password != again:
        st.error(say("account.passwords_differ"), icon=":material/error:")
        return
    with refusals():
        draft = AccountDraft(login=login, name=name, role=Role.ADMIN)
        accounts.create_first_account(store(), draft, password)
        signed_in = accounts.sign_in(store(), login, password)
        keep_token(signed_in.token)
        st.rerun()


def role_choice() -> None:
    """Offer the roles of the demonstration city, one click each."""
    for role, column in zip(STAFF_ROLES, st.columns(len(STAFF_ROLES)), strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{say(f'role.{role.value}')}**")
            st.caption(say(f"role_work.{role.value}"))
            if st.button(say("account.enter_as"), key=f"enter_{role.value}", width="stretch"):
                with refusals():
                    keep_token(accounts.enter_demonstration(store(), role).token)
                    go("home")
