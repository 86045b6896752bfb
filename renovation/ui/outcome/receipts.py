"""Let anybody see whether a receipt is on the list."""

from __future__ import annotations

import streamlit as st

from renovation.services.outcome import receipts
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.state import store, visitor
from renovation.ui.words import say, told


def check_form() -> None:
    """Ask for a receipt and tell which poll lists it."""
    with st.form("receipt", width=640, clear_on_submit=False):
        typed = st.text_input(say("receipt.typed"), max_chars=80, autocomplete="off", help=say("receipt.shape"))
        sent = st.form_submit_button(say("receipt.check"), type="primary")
    if not sent:
        return
    with refusals():
        found = receipts.check_receipt(store(), typed, actor=visitor())
        if found is None:
            st.warning(say("receipt.not_listed"), icon=":material/help:")
        elif found.test:
            st.warning(say("receipt.was_test"), icon=":material/science:")
        elif found.cancelled:
            st.warning(told("receipt.cancelled", title=found.title), icon=":material/cancel:")
        else:
            st.success(told("receipt.listed", title=found.title), icon=":material/check:")
            st.caption(say("receipt.published" if found.published else "receipt.wait_published"))
