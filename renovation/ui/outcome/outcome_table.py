"""A table of plain text that wraps: a grid would cut the sentences that people come for."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st


def outcome_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Show a table, every cell escaped; one too wide for the screen scrolls in its own box."""
    head = "".join(f"<th>{escape(heading)}</th>" for heading in headings)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    table = f'<table class="outcome"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    st.html(f'<div class="outcome-scroll">{table}</div>')
