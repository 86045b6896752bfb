"""The search field and the filters above a list, alike on every page that has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import streamlit as st

from renovation.ui.frame.ways import arrives
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

    What was chosen comes back when the person returns from another page. A link may ask for what its address says of
    a field (``?statuses=received&statuses=refused``); the other fields are then empty.
    """

    page: str
    fields: tuple[str, ...]

    def key(self, name: str) -> str:
        """Return the key of a field's widget."""
        return f"{self.page}.{name}"

    def field(self, name: str, read: Callable[[list[str]], Any] | None = None) -> dict[str, Any]:
        """Return what makes a widget a field of this filter: ``st.checkbox(label, **bar.field("late", bool))``.

        Parameters
        ----------
        read
            Makes the field's value of what an address says; without it no link narrows by the field.
        """
        asked: dict[str, list[str]] = st.session_state.get(self.key("asked"), {})
        if read is not None and name in asked:
            st.session_state[self.key(name)] = read(asked.pop(name))
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
        if arrives(self.key("asked")):
            asked = {name: st.query_params.get_all(name) for name in self.fields if name in st.query_params}
            st.session_state[self.key("asked")] = asked
            if asked:
                self.clear()
        asked = st.session_state[self.key("asked")]
        count = self.chosen() + len(asked)
        field, more = st.columns([4, 1], vertical_alignment="bottom")
        query = search_field(search, field, hint=hint, **self.field(QUERY))
        words = say("filter.on", count=count) if count else say("filter.button")
        with more.popover(words, icon=":material/filter_list:", width="stretch"):
            yield query
            st.button(say("filter.clear"), on_click=self.clear, disabled=not count and not query, key=self.key("clear"))

    def several(self, name: str, label: str, options: Iterable[Any], named: Callable[[Any], str] = str) -> list[Any]:
        """Draw a field of which several may be chosen."""
        known = list(options)
        return st.multiselect(
            label,
            known,
            format_func=named,
            **self.field(name, lambda asked: [one for one in known if getattr(one, "value", one) in asked]),
            placeholder=say("filter.all"),
            select_all=False,
        )
