"""What stands around every page: styles, the band of the demonstration city, who is signed in."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from renovation.errors import RenovationError
from renovation.model.accounts import Actor
from renovation.services import accounts, installation
from renovation.ui.state import current_token, forget_token, store
from renovation.ui.words import language_switch, say

_STYLE = Path(__file__).with_name("shell.css").read_text(encoding="utf-8")


def frame() -> None:
    """Lay the styles and, in a demonstration store, the band that says so."""
    st.set_page_config(layout="wide")
    st.html(f"<style>{_STYLE}</style>")
    try:
        demonstration = installation.is_demonstration(store())
    except RenovationError:
        return
    if demonstration:
        st.html(f'<div class="demo-band" role="note">{say("shell.demo_band")}</div>')


def staff_top(actor: Actor) -> None:
    """Show who is signed in, the way out, and the language switch."""
    with st.sidebar:
        st.caption(say("shell.signed_in_as", name=actor.name, role=say(f"role.{actor.role.value}")))
        st.button(say("account.sign_out"), key="renovation.sign_out", icon=":material/logout:", on_click=_sign_out)
        language_switch()


def public_top() -> None:
    """Show the language switch."""
    with st.sidebar:
        language_switch()


def _sign_out() -> None:
    token = current_token()
    if token:
        accounts.sign_out(store(), token)
    forget_token()


def page_link(file: str) -> None:
    """Link to a page by its file below ``pages/``, also when the page runs without the router."""
    name = Path(file).stem
    try:
        st.page_link(file, label=say(f"page.{name}"), icon=":material/arrow_forward:")
    except st.errors.StreamlitAPIException:
        # The router does not offer the page here (run alone, or another door).
        st.caption(say(f"page.{name}"))
