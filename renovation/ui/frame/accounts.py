"""Forms for signing in and for passwords."""

from __future__ import annotations

from html import escape

import streamlit as st

from renovation.config import settings
from renovation.errors import RenovationError
from renovation.model import addresses
from renovation.model.accounts import PROOF_MINUTES, STAFF_ROLES, Account, Actor, Role
from renovation.services.staff import accounts, proofs, second_factor, sessions
from renovation.services.staff.accounts import AccountDraft
from renovation.services.staff.passwords import MIN_PASSWORD
from renovation.services.staff.second_factor import FactorFor
from renovation.text.formats import format_moment
from renovation.ui import browser
from renovation.ui.frame.answers import done, refusals, show_error
from renovation.ui.frame.grid import NOTHING
from renovation.ui.frame.shell import go, page_link
from renovation.ui.frame.state import actor_of, current_account, current_token, keep_session, store
from renovation.ui.words import language, say, told

#: The password was right, and the account has a second factor.
_CODE_WANTED = "renovation.code_wanted"
_ENROLMENT = "renovation.enrolment"
_RECOVERY = "renovation.recovery_codes"


def sign_in_form(*, then: str = "") -> None:
    """Ask for login and password, and for the code of the second factor where there is one; sign this tab in.

    Parameters
    ----------
    then
        The page to go on to; the present one where it is not said.
    """
    if settings().oidc_issuer:
        _way_to_identity(say("identity.go", name=_server_name()))
        st.caption(say("identity.or_password"))
    if not accounts.has_accounts(store()):
        st.info(say("account.none_yet"), icon=":material/person_add:")
        page_link("home", icon="home")
        return
    with st.form("sign_in", width=440):
        login = st.text_input(say("account.login"), autocomplete="username", max_chars=60)
        password = st.text_input(
            say("account.password"), type="password", autocomplete="current-password", max_chars=200
        )
        code = ""
        if st.session_state.get(_CODE_WANTED):
            st.info(say("account.code_ask"), icon=":material/phonelink_lock:")
            code = st.text_input(say("account.code"), autocomplete="one-time-code", max_chars=40)
        sent = st.form_submit_button(say("account.sign_in"), type="primary", width="stretch")
    if not sent:
        return
    try:
        signed_in = accounts.sign_in(store(), login, password, code, whence=browser.whence())
    except RenovationError as error:
        if error.code == "account.code_wanted" and not st.session_state.get(_CODE_WANTED):
            st.session_state[_CODE_WANTED] = True
            st.rerun()
        show_error(error)
        return
    st.session_state.pop(_CODE_WANTED, None)
    keep_session(signed_in)
    if then:
        go(then)
    st.rerun()


def _server_name() -> str:
    return settings().oidc_name or say("identity.server")


def _way_to_identity(words: str, *, again: bool = False) -> None:
    """Offer the way to the identity server; it leaves the app, so it is a link in this very tab."""
    address = addresses.IDENTITY + ("?again=1" if again else "")
    st.html(f'<a class="identity" href="{address}" target="_self">{escape(words)}</a>')


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
            help=say("account.password_rule", least=MIN_PASSWORD),
        )
        again = st.text_input(say("account.new_password_again"), type="password", autocomplete="new-password")
        sent = st.form_submit_button(say("account.save_password"), type="primary")
    if not sent:
        return
    if new != again:
        st.error(say("account.passwords_differ"), icon=":material/error:")
        return
    with refusals():
        accounts.change_own_password(store(), actor_of(account), current_token() or "", old, new)
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
            help=say("account.password_rule", least=MIN_PASSWORD),
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
        signed_in = accounts.sign_in(store(), login, password, whence=browser.whence())
        keep_session(signed_in)
        st.rerun()


def role_choice() -> None:
    """Offer the roles of the demonstration city, one click each."""
    for role, column in zip(STAFF_ROLES, st.columns(len(STAFF_ROLES)), strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{say(f'role.{role.value}')}**")
            st.caption(say(f"role_work.{role.value}"))
            if st.button(say("account.enter_as"), key=f"enter_{role.value}", width="stretch"):
                with refusals():
                    keep_session(accounts.enter_demonstration(store(), role))
                    go("home")


def proof_form(actor: Actor) -> None:
    """Ask who is signed in for the password, or a code of the second factor, unless it was given lately."""
    # Its place is kept where nothing is asked: what stands below would move up, and close, with what is typed in it.
    place = st.container()
    if proofs.is_fresh(store(), actor.session):
        return
    with place, st.container(border=True), st.form("renovation.proof", border=False, clear_on_submit=True):
        st.markdown(f":material/lock_clock: {told('account.prove_what', minutes=PROOF_MINUTES)}")
        if settings().oidc_issuer and (account := current_account()) and account.identity:
            _way_to_identity(say("identity.prove", name=_server_name()), again=True)
        typed, button = st.columns([2, 1], vertical_alignment="bottom")
        secret = typed.text_input(
            say("account.prove_secret"), type="password", autocomplete="current-password", max_chars=200
        )
        sent = button.form_submit_button(say("account.prove"), width="stretch")
    if sent:
        with refusals():
            proofs.prove_again(store(), actor, secret)
            st.rerun()


def factor_form(actor: Actor, account: Account) -> None:
    """Let somebody switch a second factor on, exchange it, or switch it off; recovery codes are shown once."""
    st.subheader(say("account.factor"))
    if codes := st.session_state.get(_RECOVERY):
        st.warning(say("account.recovery_once"), icon=":material/key:")
        st.code("\n".join(codes), language=None)
        if st.button(say("account.noted"), icon=":material/check:", key="renovation.recovery.noted"):
            del st.session_state[_RECOVERY]
            st.rerun()
        return
    if account.has_second_factor:
        left = second_factor.codes_left(store(), actor)
        st.markdown(f":material/verified_user: {told('account.factor_on', left=left)}")
    elif account.identity:
        st.markdown(told("identity.proves", name=_server_name()))
    elif second_factor.is_missing(store(), account):
        st.info(say("account.factor_must"), icon=":material/phonelink_lock:")
    else:
        st.markdown(say("account.factor_what"))
    if not proofs.is_fresh(store(), actor.session):
        proof_form(actor)
        return
    if _ENROLMENT in st.session_state:
        _enrol(actor)
        return
    with st.container(horizontal=True):
        words = "account.factor_exchange" if account.has_second_factor else "account.factor_begin"
        if st.button(say(words), icon=":material/qr_code_2:", key="renovation.factor.begin"):
            with refusals():
                st.session_state[_ENROLMENT] = second_factor.new_enrolment(store(), account.login)
                st.rerun()
        if account.has_second_factor and st.button(say("account.factor_leave"), key="renovation.factor.leave"):
            with refusals():
                second_factor.leave(store(), actor)
                done(say("account.factor_left"))


def _enrol(actor: Actor) -> None:
    import segno

    enrolment = st.session_state[_ENROLMENT]
    st.markdown(say("account.factor_scan"))
    picture = segno.make(enrolment.address, error="m", micro=False).svg_data_uri(scale=5, border=2)
    st.html(f'<img src="{picture}" alt="{say("account.factor_picture")}" width="220" height="220">')
    st.caption(say("account.factor_by_hand"))
    st.code(enrolment.secret, language=None)
    with st.form("renovation.factor", width=440):
        code = st.text_input(say("account.code"), autocomplete="one-time-code", max_chars=20)
        sent = st.form_submit_button(say("account.factor_check"), type="primary")
    if st.button(say("account.factor_cancel"), key="renovation.factor.cancel"):
        del st.session_state[_ENROLMENT]
        st.rerun()
    if sent:
        with refusals():
            st.session_state[_RECOVERY] = second_factor.enrol(store(), actor, enrolment.seed, code)
            del st.session_state[_ENROLMENT]
            st.rerun()


def factor_setting(actor: Actor) -> None:
    """Let an administrator say who needs a second factor."""
    held = second_factor.required_of(store())
    wanted = st.radio(
        say("account.factor_setting"),
        list(FactorFor),
        index=list(FactorFor).index(held),
        format_func=lambda one: say(f"account.factor_for_{one.value}"),
        horizontal=True,
        # Where a colleague changed it meanwhile, what stands in this window is no wish to change it back.
        key=f"renovation.factor.required.{held}",
    )
    st.caption(say("account.factor_setting_what"))
    if wanted is not None and wanted != held:
        with refusals():
            second_factor.require_of(store(), actor, wanted)
            done(say("account.factor_setting_saved"))


def session_list(actor: Actor) -> None:
    """Show where somebody is signed in, and let them end what they left open elsewhere."""
    st.subheader(say("account.sessions"))
    found = sessions.list_sessions(store(), actor)
    for one in found:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            since, seen = (format_moment(at, language()) for at in (one.since, one.seen))
            here = f" · **{say('account.session_here')}**" if one.is_here else ""
            device = one.device or NOTHING
            st.markdown(told("account.session_line", device=device, since=since, seen=seen) + here)
            if not one.is_here and st.button(say("account.session_end"), key=f"renovation.session.{one.number}"):
                with refusals():
                    sessions.end_session(store(), actor, one.number)
                    done(say("account.session_ended"))
    if len(found) > 1 and st.button(say("account.sessions_end"), icon=":material/logout:"):
        with refusals():
            sessions.end_other_sessions(store(), actor)
            done(say("account.session_ended"))
