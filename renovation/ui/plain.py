"""A resident's plain page inside the app, so that whoever opens the app finds everything in its navigation."""

from __future__ import annotations

from urllib.parse import urlencode

import streamlit as st

from renovation.ui.words import language, say


def plain_page(path: str, name: str, *handed_on: str) -> None:
    """Show a plain page below its title.

    Parameters
    ----------
    path
        Where it is (``model/addresses.py``).
    name
        The page's name in the catalogue: ``page.<name>``.
    handed_on
        What of this page's own address goes with it.
    """
    given = {"lang": language().value}
    given |= {key: str(st.query_params[key]) for key in handed_on if key in st.query_params}
    st.title(say(f"page.{name}"), anchor=False)
    with st.container(key="plain_page"):
        st.iframe(f"{path}?{urlencode(given)}", height=720, alt=say(f"page.{name}"))
