"""Ways from one thing to another: to a file by its number, to a list narrowed, along the steps of a year."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import streamlit as st
from streamlit.errors import StreamlitAPIException

from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.rules.programme.basis import first_year
from renovation.services.money import pots
from renovation.text.lives import PAGE_OF, next_acts, word
from renovation.ui.frame import drafts, navigation
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.words import language, listed, say

#: The pages of one year, and those of one poll's outcome, in the order they are gone through.
YEAR_STEPS = ("annual_batch", "ranking", "programme", "scenarios", "programme_documents")
RESULT_STEPS = ("results", "compare", "exports")
_YEAR = "renovation.year"
#: How often another year was told than the list held; each time the list begins anew.
_YEARS_TOLD = "renovation.years_told"
#: The poll that pages of one poll are about, kept from page to page.
PICKED = "renovation.poll_picked"
_MOST_YEARS = 5


def turn(page: str, **query: str) -> None:
    """Go to ``pages/<page>.py`` with something in its address."""
    try:
        st.switch_page(f"pages/{page}.py", query_params=query)
    except StreamlitAPIException:
        # The page runs alone, outside the router.
        st.query_params.update(query)


def open_estate(estate_id: int) -> None:
    """Go to an estate's file."""
    turn("estate", estate=str(estate_id))


def open_project(project_id: int) -> None:
    """Go to a project."""
    turn("projects", project=str(project_id))


def open_demand(demand_id: int) -> None:
    """Go to a demand's file."""
    turn("demand", demand=str(demand_id))


def open_poll(poll_id: str) -> None:
    """Go to a poll."""
    turn("polls", poll=poll_id)


def arrives(what: str) -> bool:
    """Tell, once a visit, that somebody has just come to this page: what the address asks for holds from then on."""
    seen: dict[str, int] = st.session_state.setdefault("renovation.arrived", {})
    is_new = seen.get(what) != drafts.visits()
    seen[what] = drafts.visits()
    return is_new


def named_number(name: str) -> int | None:
    """Return the number that the address gives to a name."""
    given = str(st.query_params.get(name, ""))
    return int(given) if given.isascii() and given.isdigit() and len(given) < 12 else None


def year_steps(actor: Actor) -> int:
    """Draw the five steps of a year with the year they are about, kept from step to step, and return it."""
    now = today().year
    if arrives("year") and 2000 < (asked := named_number("year") or 0) < 2100:
        go_to_year(asked)
    if _YEAR not in st.session_state:
        go_to_year(first_year((pot.year for pot in pots.pots(store(), actor)), now))
    kept: int = st.session_state[_YEAR]
    years = sorted({*range(now - _MOST_YEARS, now + _MOST_YEARS + 1), kept})
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="renovation_steps"):
        year: int = st.selectbox(
            say("shell.year"),
            years,
            # Said each time: a browser that comes from another step shows what the list begins with.
            index=years.index(kept),
            format_func=lambda one: say("shell.of_year", year=one),
            key=f"{_YEAR}.{st.session_state[_YEARS_TOLD]}",
            label_visibility="collapsed",
            width=120,
        )
        _steps(actor, YEAR_STEPS)
    st.session_state[_YEAR] = year
    return year


def go_to_year(year: int) -> None:
    """Have the steps be about another year."""
    st.session_state[_YEAR] = year
    st.session_state[_YEARS_TOLD] = st.session_state.get(_YEARS_TOLD, 0) + 1


def result_steps(actor: Actor, poll_id: str) -> None:
    """Draw the pages that show a poll's outcome, this poll kept from one to the next."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="renovation_steps"):
        _steps(actor, RESULT_STEPS, {"poll": poll_id})
        page_link("polls", label=say("shell.to_poll"), icon="ballot", query={"poll": poll_id})


def _steps(actor: Actor, steps: Iterable[str], query: dict[str, str] | None = None) -> None:
    open_to = {entry.file for entry in navigation.allowed(actor)}
    shown = [step for step in steps if step in open_to]
    for at, step in enumerate(shown, start=1):
        page_link(step, label=f"{at} {say(f'page.{step}')}", icon="", query=query)


def what_next(status: StrEnum, **query: str) -> None:
    """Say what may be done next with something that stands at a status; each line opens the page where it is done.

    Parameters
    ----------
    query
        What the address of those pages names: the project, the estate.
    """
    st.markdown(f"**{say('lives.next')}**")
    by_page: dict[str, list[str]] = {}
    for act in next_acts(status):
        by_page.setdefault(PAGE_OF[act], []).append(word(act, language()))
    if not by_page:
        st.caption(say("lives.nothing_next"))
    for page, acts in by_page.items():
        page_link(page, label=say("lives.next_at", acts=listed(acts), page=say(f"page.{page}")), query=query)
    page_link("lives", label=say("lives.all"), icon="route")
