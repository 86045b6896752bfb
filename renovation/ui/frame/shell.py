"""What stands around every page: styles, the band of the demonstration city, who is signed in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from math import ceil
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitAPIException

from renovation.errors import RenovationError
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.services.staff import accounts, installation
from renovation.text import Language
from renovation.ui import browser, framework, uploads
from renovation.ui.frame import drafts, navigation
from renovation.ui.frame.answers import refusals, show_flash
from renovation.ui.frame.state import current_account, current_actor, current_token, forget_person, forget_token, store
from renovation.ui.words import language, language_switch, say, told

_WANTED = "renovation.wanted_page"
#: How long before its end a session says so.
_WARNED = timedelta(minutes=5)
#: Fonts for Chinese draw ’ and “ as wide as a character, which parts English words: there they come from a Latin font.
_LATIN_MARKS = """@font-face { font-family: "Latin marks"; unicode-range: U+2018-2019, U+201C-201D;
  src: local("Segoe UI"), local("Helvetica Neue"), local("Arial"), local("Liberation Sans"), local("DejaVu Sans"); }"""
_STYLE = Path(__file__).with_name("shell.css").read_text(encoding="utf-8")


def style() -> None:
    """Lay the styles once around all pages, so that nothing jumps while one gives way to the next."""
    said = {
        "choose-file": "shell.choose_file",
        "file-refused": "shell.file_refused",
        "more-below": "shell.more_below",
        "download-failed": "shell.download_failed",
    }
    words = "; ".join(f"--{name}: '{say(key)}'" for name, key in said.items())
    marks = _LATIN_MARKS if language() is Language.EN else ""
    st.html(f"<style>{_STYLE}{marks}:root {{ {words} }}</style>")
    framework.speak()


def frame() -> None:
    """Use the window's width and, in a demonstration store, show the band that says so."""
    st.set_page_config(layout="wide")
    uploads.begin()
    drafts.visit()
    try:
        demonstration = installation.is_demonstration(store())
    except RenovationError:
        return
    if demonstration:
        st.html(f'<div class="demo-band" role="note">{say("shell.demo_band")}</div>')
    show_flash()


def top(actor: Actor | None) -> None:
    """Show who is signed in and the way out, and the language switch."""
    with st.sidebar:
        if actor is not None:
            navigation.part_switch(actor)
            said = told("shell.signed_in_as", name=actor.name, role=say(f"role.{actor.role.value}"))
            page_link("sign_in", label=said, icon="account_circle")
        with st.container(horizontal=True, gap="small"):
            if actor is not None:
                st.button(
                    say("account.sign_out"), key="renovation.sign_out", icon=":material/logout:", on_click=_sign_out
                )
            language_switch()
        if actor is not None:
            browser.remember(browser.Kept.SESSION, current_token() or "")
            browser.keep_known()
    if actor is not None:
        _watch_session()


@st.fragment(run_every=30)
def _watch_session() -> None:
    """Say some minutes before that the session ends; once it has, let the page ask for the password."""
    token = current_token()
    end = accounts.session_end(store(), token) if token else None
    if end is None:
        st.rerun(scope="app")
        return
    left = end.at - now()
    if left > _WARNED:
        return
    minutes = max(1, ceil(left / timedelta(minutes=1)))
    with st.container(key="renovation_session_end"):
        if end.is_final:
            st.warning(say("shell.session_final", minutes=minutes), icon=":material/timer:")
            return
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            st.markdown(f":material/timer: {say('shell.session_ends', minutes=minutes)}")
            # Any click is one that the guard counts.
            if st.button(say("shell.stay"), type="primary", key="renovation.stay"):
                st.rerun(scope="app")


def _sign_out() -> None:
    token = current_token()
    if token:
        account = current_account()
        with refusals():
            accounts.sign_out(store(), token)
        if account is not None:
            drafts.forget_drafts(account.id)
    forget_token()
    forget_person()


def page_link(
    name: str,
    *,
    label: str | None = None,
    icon: str = "arrow_forward",
    query: Mapping[str, str | Sequence[str]] | None = None,
) -> None:
    """Link to ``pages/<name>.py``; where this person may not open it or the router has none, only say the label."""
    words = label or say(f"page.{name}")
    if name not in {entry.file for entry in navigation.allowed(current_actor())}:
        if label:
            st.caption(label, width="content")
        return
    try:
        st.page_link(
            f"pages/{name}.py",
            label=words,
            icon=f":material/{icon}:" if icon else None,
            query_params=dict(query) if query else None,
        )
    except (StreamlitAPIException, KeyError):
        st.caption(words, width="content")


def go(name: str) -> None:
    """Go to ``pages/<name>.py``, at once or, where the router does not offer it yet, on the next run."""
    try:
        st.switch_page(f"pages/{name}.py")
    except StreamlitAPIException:
        st.session_state[_WANTED] = name
        st.rerun()


def follow() -> None:
    """Go on to the page that :func:`go` could not reach, because signing in or unlocking had yet to open it."""
    wanted = st.session_state.pop(_WANTED, None)
    if wanted is not None:
        with suppress(StreamlitAPIException):
            st.switch_page(f"pages/{wanted}.py")
