"""Show a printable page: a preview whose own button opens the print dialogue, and the file to keep."""

from __future__ import annotations

import streamlit as st

from renovation.exports.print.pages import Page
from renovation.ui.words import say


def show_page(page: Page, *, key: str, height: int = 620) -> None:
    """Show a printable page. The page is made by ``exports.print``, which escapes every text in it."""
    filename, mime, content = page
    st.iframe(content.decode("utf-8"), height=height)
    st.download_button(
        say("code.slips_file"),
        content,
        file_name=filename,
        mime=mime,
        key=key,
        icon=":material/download:",
        on_click="ignore",
    )
