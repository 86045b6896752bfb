"""Long lists a page at a time."""

from __future__ import annotations

from collections.abc import Hashable, Iterable

import streamlit as st

from renovation.ui.words import say

#: Lines of a page: more would make the browser, not the store, slow.
PAGE = 500


def page_of(total: int, key: str, size: int = PAGE) -> slice:
    """Draw the pages of a list where it has more than one, and return which of its lines stand on the chosen page.

    Parameters
    ----------
    key
        Of the list. A list that grows or shrinks, for instance by a filter, starts at its first page again.
    size
        Lines of a page.
    """
    if total <= size:
        return slice(0, total)
    where, which = st.columns([1, 2], vertical_alignment="center")
    with which:
        page = st.pagination(-(-total // size), key=f"{key}.page.{total}")
    lines = slice((page - 1) * size, min(page * size, total))
    where.caption(say("shell.lines", first=lines.start + 1, last=lines.stop, total=total))
    return lines


def table_key(name: str, ids: Iterable[Hashable]) -> str:
    """Return the key of a table with these lines: a choice by place must not mean others once the list is another."""
    return f"{name}.table.{hash(tuple(ids)):x}"
