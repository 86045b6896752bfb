"""What somebody has begun to write and not yet saved: it outlives other pages, a reload and the end of the session.

Streamlit forgets a field that is not drawn. So every field of a :func:`draft` reports its changes, and words are sent
while they are typed. A draft belongs to one form, one account and one tab; another tab of the same browser takes it
over once the first is gone. It lies in this process's memory alone, and nothing of it is left once it is saved or
discarded, once its writer signs out, or once a resident has left the form alone.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.scriptrunner import get_script_run_ctx

from renovation.model.accounts import Actor
from renovation.model.clock import moment_of, now
from renovation.text.formats import format_moment
from renovation.ui import browser
from renovation.ui.frame.answers import Refused, done, refusals
from renovation.ui.words import language, say

_DRAFTS, _TURNS = "renovation.drafts", "renovation.draft_turns"
_PAGE, _VISIT = "renovation.page", "renovation.visit"
#: A resident's form is emptied after this long without a change: at a counter the next one stands before it.
PUBLIC_IDLE = timedelta(minutes=15)
#: Longer than a session lasts nobody comes back for a draft.
_LONGEST = timedelta(hours=12)
_MOST_WRITERS = 500
#: A pause in typing (ms) after which the words are sent.
_PAUSE_MS = 1200
#: The second of two runs comes so soon after the first where nobody has asked for it.
_AT_ONCE = timedelta(seconds=3)
_LONG_AGO = moment_of(0)

_SEND = """
const watched = new WeakSet()
export default function ({ data }) {
  const box = document.querySelector(`.st-key-${data.box}`)
  if (!box || watched.has(box)) return
  watched.add(box)
  const timers = new WeakMap()
  const later = (field) => {
    clearTimeout(timers.get(field))
    timers.set(field, setTimeout(() => send(field), data.pause))
  }
  // Streamlit takes what a field holds on Enter; never in the middle of a word that an input method still composes.
  const send = (field) => field.dispatchEvent(new KeyboardEvent("keydown", {
    key: "Enter", ctrlKey: field.tagName === "TEXTAREA", bubbles: true, cancelable: true,
  }))
  const takes = (field) => field.matches("textarea, .stTextInput input, .stNumberInput input")
  box.addEventListener("input", (event) => {
    if (takes(event.target) && !event.isComposing) later(event.target)
  })
  box.addEventListener("compositionend", (event) => takes(event.target) && later(event.target))
  box.addEventListener("focusout", (event) => clearTimeout(timers.get(event.target)))
}
"""


@dataclass(slots=True)
class _Sheet:
    """A table as it was given, and as somebody has changed it."""

    given: pd.DataFrame
    now: pd.DataFrame


@dataclass(slots=True)
class _Kept:
    turn: int
    tab: str
    page: str
    visit: int
    base: Any = None
    values: dict[str, Any] = field(default_factory=dict)
    #: The tables as their grids were begun with: fed with what is typed, a grid would forget every second change.
    sheets: dict[str, _Sheet] = field(default_factory=dict)
    #: When it was last changed; ``None`` as long as nothing has been.
    at: datetime | None = None
    is_back: bool = False
    #: When fields were drawn that have been drawn once.
    drawn: dict[str, datetime] = field(default_factory=dict)


#: (Browser, account) → the drafts of its tabs, for when a tab is no more.
_shelf: dict[tuple[str, int], dict[str, _Kept]] = {}
_guard = threading.Lock()


class Draft:
    """One form that keeps what is written into it.

    Parameters
    ----------
    has_files
        Whether files are chosen in it, which a browser does not give back.
    on_forget
        Called when the draft goes, for what the form keeps elsewhere.
    """

    def __init__(
        self, name: str, owner: int, kept: _Kept, *, has_files: bool, on_forget: Callable[[str], None] | None
    ) -> None:
        self.name, self._owner, self._kept = name, owner, kept
        #: What the form changes, as it is now.
        self._newest: Any = kept.base
        self._has_files, self._on_forget = has_files, on_forget

    @property
    def begun(self) -> bool:
        """Whether anything has been written."""
        return self._kept.at is not None

    @property
    def base(self) -> Any:
        """What the form changes, as it was when it was begun."""
        return self._kept.base

    def key(self, name: str) -> str:
        """Return the key of something in this form; a form begun anew has fresh ones."""
        return f"{self.name}.{self._kept.turn}.{name}"

    def field(
        self,
        name: str,
        default: Any = None,
        *,
        among: Collection[Any] | None = None,
        then: Callable[[], None] | None = None,
    ) -> dict[str, Any]:
        """Return what makes a widget a field of this draft: ``st.text_input(label, **form.field("name"))``.

        Parameters
        ----------
        default
            What it shows as long as nobody has changed it.
        among
            The values it may have; a kept one that is gone gives way to the default.
        then
            Called after a change.
        """
        key, kept = self.key(name), self._kept.values
        there = key in st.session_state
        if not there:
            self._kept.drawn[key] = now()
        # What a run draws that another follows at once is dropped before the browser sees it, and the framework says a
        # value once: unless it is said again, the field shows what a widget has without one, and that is saved.
        again = there and name not in kept and now() - self._kept.drawn.pop(key, _LONG_AGO) < _AT_ONCE
        # What was kept comes first: a field that was left in the middle of a run comes back with an older value.
        value = kept[name] if name in kept else st.session_state[key] if there else default
        if among is not None and not _within(value, among):
            value = default
        # Setting what is there already would take back what is being typed.
        if not there or again or st.session_state[key] != value:
            st.session_state[key] = value
        return {"key": key, "on_change": self._changed, "args": (name, then)}

    def sheet(self, name: str, given: pd.DataFrame) -> pd.DataFrame:
        """Return what a grid of this draft begins with; its lines are known again by the index."""
        kept = self._kept
        if self.key(name) not in st.session_state or name not in kept.sheets:
            sheet: _Sheet | None = kept.values.get(name)
            kept.sheets[name] = _Sheet(given, given if sheet is None else _brought_onto(sheet, given))
        return kept.sheets[name].now

    def took(self, name: str, typed: pd.DataFrame) -> None:
        """Keep what stands in a grid of this draft, if somebody has changed anything in it."""
        begun, kept = self._kept.sheets[name], self._kept.values
        before = kept[name].now if name in kept else begun.now
        if not typed.equals(before):
            kept[name] = _Sheet(begun.given, typed)
            self._touch()

    def get(self, name: str, default: Any = None) -> Any:
        """Return what a field holds, or what was :meth:`put` beside the fields."""
        return st.session_state.get(self.key(name), self._kept.values.get(name, default))

    def put(self, name: str, value: Any, *, by_hand: bool = True) -> None:
        """Keep a value, in its field where it has one; what is not ``by_hand`` begins no draft."""
        if self.key(name) in st.session_state:
            st.session_state[self.key(name)] = value
        self._kept.values[name] = value
        if by_hand:
            self._touch()

    def _changed(self, name: str, then: Callable[[], None] | None) -> None:
        value = st.session_state[self.key(name)]
        if not value and _page() != self._kept.page:
            # On the way to another page Streamlit empties the fields, and that counts as a change too.
            return
        self._kept.values[name] = value
        self._touch()
        if then is not None:
            then()

    def _touch(self) -> None:
        self._kept.at = now()
        _shelve(self._owner, self.name, self._kept)

    def forget(self) -> None:
        """Let go of everything written; the form begins anew."""
        if self._on_forget is not None:
            self._on_forget(self.key(""))
        _drop(self._owner, self.name)
        turns = st.session_state.setdefault(_TURNS, {})
        turns[self.name] = self._kept.turn + 1

    def done(self, sentence: str) -> None:
        """Draw the page anew, without the draft and with a sentence on what has been done."""
        self.forget()
        done(sentence)

    def begin_again_from(self, base: Any) -> None:
        """Put what was changed onto a newer state of what the form changes."""
        self._kept.base = base
        self._kept.turn += 1

    @contextmanager
    def saving(self) -> Iterator[Refused]:
        """Run what saves the form; where somebody else was faster, what was typed stays, on what there is now."""
        with refusals() as refused:
            yield refused
        if refused.code.endswith(".changed"):
            self.begin_again_from(self._newest)

    def _greet(self) -> None:
        with st.container(border=True, horizontal=True, vertical_alignment="center"):
            at = format_moment(self._kept.at or now(), language())
            words = say("draft.back_files" if self._has_files else "draft.back", at=at)
            st.markdown(f":material/edit_note: {words}")
            st.button(say("draft.go_on"), key=self.key("draft.go_on"), on_click=self._go_on)
            st.button(say("draft.discard"), key=self.key("draft.discard"), on_click=self.forget)

    def _go_on(self) -> None:
        self._kept.is_back = False


def _brought_onto(sheet: _Sheet, given: pd.DataFrame) -> pd.DataFrame:
    """Return a table as it is now with what somebody has typed into it as it was then."""
    if list(sheet.now.columns) != list(given.columns):
        return given
    if sheet.given.equals(given):
        return sheet.now
    known, typed = sheet.given, sheet.now
    found = given.drop(index=[line for line in known.index if line not in typed.index and line in given.index])
    lines = typed.index.intersection(found.index).intersection(known.index)
    for name in typed.columns:
        now, before = typed.loc[lines, name], known.loc[lines, name]
        changed = lines[~((now == before) | (now.isna() & before.isna()))]
        found.loc[changed, name] = now.loc[changed]
    added = typed.loc[[line for line in typed.index if line not in known.index]]
    return pd.concat([found, added]) if len(added) else found


def _within(value: Any, among: Collection[Any]) -> bool:
    return all(one in among for one in value) if isinstance(value, list) else value in among


@contextmanager
def draft(
    actor: Actor,
    name: str,
    *,
    base: Any = None,
    border: bool = False,
    pause: int = _PAUSE_MS,
    has_files: bool = False,
    on_forget: Callable[[str], None] | None = None,
) -> Iterator[Draft]:
    """Open a form that keeps what is written into it until it is saved or discarded.

    Parameters
    ----------
    name
        Of the form and of what it is about: ``f"pledge.{project.id}"``.
    base
        What the form changes; a draft remembers it as it was when it was begun.
    pause
        Milliseconds without a key after which words are sent.
    has_files
        Whether files are chosen in the form, which a browser does not give back.
    on_forget
        Told the beginning of the form's keys when the draft goes, for what the form keeps elsewhere.
    """
    owner = actor.account_id or 0
    kept = _find(owner, name)
    if kept.at is None or kept.base is None:
        if kept.at is None and kept.base is not None and kept.base != base:
            # Nothing is written yet, so the fields show what there is now.
            kept.turn += 1
        kept.base = base
    prefix = f"{name}.{kept.turn}."
    if kept.at is not None and not any(str(key).startswith(prefix) for key in st.session_state):
        # It did not stand on the screen just now.
        kept.is_back = True
    form = Draft(name, owner, kept, has_files=has_files, on_forget=on_forget)
    form._newest = base
    box = re.sub(r"[^0-9A-Za-z_-]", "-", f"draft-{name}-{kept.turn}")
    with st.container(key=box, border=border):
        if kept.is_back:
            form._greet()
        yield form
        send = st.components.v2.component("renovation_draft", js=_SEND)
        send(key=form.key("draft.send"), data={"box": box, "pause": pause}, height=1)
        if not owner and form.begun:
            _empty_after_a_while(name)


def begun(actor: Actor, name: str) -> bool:
    """Tell whether something is written in a form, so that what it stands in is open."""
    return _find(actor.account_id or 0, name).at is not None


def forget_draft(actor: Actor, name: str) -> None:
    """Let go of what is written in a form that is not open here."""
    owner = actor.account_id or 0
    turn = _find(owner, name).turn
    _drop(owner, name)
    st.session_state.setdefault(_TURNS, {})[name] = turn + 1


@st.fragment(run_every=30)
def _empty_after_a_while(name: str) -> None:
    kept = st.session_state.get(_DRAFTS, {}).get((0, name))
    if kept is not None and _is_old(0, kept):
        _drop(0, name)
        st.session_state.setdefault(_TURNS, {})[name] = kept.turn + 1
        done(say("draft.emptied"))


def _is_old(owner: int, kept: _Kept) -> bool:
    return kept.at is not None and now() - kept.at > (_LONGEST if owner else PUBLIC_IDLE)


def _tab() -> str:
    context = get_script_run_ctx()
    return context.session_id if context is not None else ""


def _page() -> str:
    context = get_script_run_ctx()
    return context.page_script_hash if context is not None else ""


def visit() -> None:
    """Note that a page has begun to run; a form on a page that somebody comes back to says that it holds a draft."""
    if st.session_state.get(_PAGE) != _page():
        st.session_state[_PAGE] = _page()
        st.session_state[_VISIT] = st.session_state.get(_VISIT, 0) + 1


def visits() -> int:
    """Return how many pages this tab has come to; the number stays while one looks at the same page."""
    count: int = st.session_state.get(_VISIT, 0)
    return count


def _find(owner: int, name: str) -> _Kept:
    """Return the tab's draft of this form, else one that a tab of this browser has left behind, else a new one."""
    mine: dict[tuple[int, str], _Kept] = st.session_state.setdefault(_DRAFTS, {})
    now_visited = st.session_state.get(_VISIT, 0)
    turns: dict[str, int] = st.session_state.setdefault(_TURNS, {})
    turn = turns.get(name, 0)
    kept = mine.get((owner, name))
    if kept is None and owner:
        kept = _left_behind(owner, name)
        if kept is not None:
            kept.tab, kept.turn, kept.visit = _tab(), turn, -1
    if kept is None or _is_old(owner, kept):
        if kept is not None:
            # Fresh keys, or the fields would show what they held.
            turns[name] = turn = kept.turn + 1
        kept = _Kept(turn=turn, tab=_tab(), page=_page(), visit=now_visited)
    if kept.visit != now_visited:
        kept.visit, kept.page, kept.is_back = now_visited, _page(), kept.at is not None
    mine[owner, name] = kept
    return kept


def _shelf_of(owner: int) -> tuple[str, int] | None:
    name = browser.cookie(browser.Kept.BROWSER)
    return (name, owner) if name and owner else None


def _shelve(owner: int, name: str, kept: _Kept) -> None:
    place = _shelf_of(owner)
    if place is None:
        return
    with _guard:
        while place not in _shelf and len(_shelf) >= _MOST_WRITERS:
            del _shelf[next(iter(_shelf))]
        _shelf.setdefault(place, {})[name] = kept


def _left_behind(owner: int, name: str) -> _Kept | None:
    place = _shelf_of(owner)
    with _guard:
        kept = _shelf.get(place, {}).get(name) if place else None
    if kept is None or (kept.tab != _tab() and exists() and get_instance().is_active_session(kept.tab)):
        return None
    return kept


def _drop(owner: int, name: str) -> None:
    st.session_state.get(_DRAFTS, {}).pop((owner, name), None)
    place = _shelf_of(owner)
    if place is not None:
        with _guard:
            _shelf.get(place, {}).pop(name, None)


def forget_drafts(owner: int) -> None:
    """Let go of everything an account has begun in this browser."""
    place = _shelf_of(owner)
    if place is not None:
        with _guard:
            _shelf.pop(place, None)
