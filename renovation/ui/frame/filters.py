"""The search field and the filters above a list, alike on every page that has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st

from renovation.ui.words import say

QUERY = "query"


def search_field(words: str, place: Any = st, *, hint: str = "", **more: Any) -> str:
    """Draw the field that a list is searched with, and return what is searched for."""
    query = place.text_input(
        words, placeholder=hint or words, label_visibility="collapsed", icon=":material/search:", **more
    )
    return query or ""


@dataclass(frozen=True, slots=True)
class FilterBar:
    """The filter of one page: ``page`` begins its widgets' keys, ``fields`` are those behind the button.

    What was chosen comes back when the person returns from another page.
    """

    page: str
    fields: tuple[str, ...]

    def key(self, name: str) -> str:
        """Return the key of a field's widget."""
        return f"{self.page}.{name}"

    def field(self, name: str) -> dict[str, Any]:
        """Return what makes a widget a field of this filter: ``st.checkbox(label, **bar.field("late"))``."""
        return {"key": self.key(name), "persist_state": "session"}

    def clear(self) -> None:
        """Empty the search and every field."""
        for name in (QUERY, *self.fields):
            st.session_state.pop(self.key(name), None)

    def chosen(self) -> int:
        """Return how many fields narrow."""
        return sum(bool(st.session_state.get(self.key(name))) for name in self.fields)

    @contextmanager
    def draw(self, *, search: str, hint: str) -> Iterator[str]:
        """Draw the search field and open the filters' pane for the fields; yield what is searched for."""
        count = self.chosen()
        field, more = st.columns([4, 1], vertical_alignment="bottom")
        query = search_field(search, field, hint=hint, **self.field(QUERY))
        words = say("filter.on", count=count) if count else say("filter.button")
        with more.popover(words, icon=":material/filter_list:", width="stretch"):
            yield query
            st.button(say("filter.clear"), on_click=self.clear, disabled=not count and not query, key=self.key("clear"))

    def several(self, name: str, label: str, options: Iterable[Any], named: Callable[[Any], str] = str) -> list[Any]:
        """Draw a field of which several may be chosen."""
        return st.multiselect(
            label,
            list(options),
            format_func=named,
            **self.field(name),
            placeholder=say("filter.all"),
            select_all=False,
        )
