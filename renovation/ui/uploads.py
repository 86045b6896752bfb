"""The field for files of a page of staff: files are taken only from a tab whose page shows one."""

from __future__ import annotations

from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from renovation.services.staff import uploads


def begin() -> None:
    """Take no files from this tab any more, unless the page that is drawn now asks for some."""
    context = get_script_run_ctx()
    if context is not None and not context.fragment_ids_this_run:
        uploads.end_tab(context.session_id)


def file_field(label: str, **options: Any) -> Any:
    """Show a field for files, and take them from this tab as long as it is shown."""
    context = get_script_run_ctx()
    if context is not None:
        uploads.open_tab(context.session_id)
    return st.file_uploader(label, **options)
