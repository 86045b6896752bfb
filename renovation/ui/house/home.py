"""The first page: an empty store's two doors, the public's four, and staff's board of the chain."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from renovation.config import DoorKind, settings
from renovation.model.accounts import Action, Actor, Role, may
from renovation.model.polls import PollStage
from renovation.services import lists
from renovation.services.demo.polls import practice_poll
from renovation.services.house.overview import LATE, STATUSES, Link, Overview, Task, Waiting, read_overview
from renovation.services.house.verification import at_start
from renovation.services.staff import installation
from renovation.text import fault_text
from renovation.ui.frame.accounts import first_account_form, role_choice
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.house.set_up import go_on, unknowns
from renovation.ui.words import language, listed, plain, say, told

#: Where what waits stands; lists are narrowed to exactly that.
_TASK_PAGE = {
    Task.DEMANDS_OVERDUE: "demands",
    Task.DEMANDS_RECEIVED: "demands",
    Task.DEMANDS_BACK: "demands",
    Task.PARTS_REFUSED: "demands",
    Task.DEMANDS_AT_WORK: "demands",
    Task.DEMANDS_NOT_SOLVED: "demands",
    Task.PROJECTS_PRICED: "projects",
    Task.PROJECTS_CHOSEN: "projects",
    Task.PROJECTS_IN_PROGRAMME: "projects",
    Task.PROJECTS_IN_WORKS: "projects",
    Task.PROJECTS_NOT_CHOSEN: "projects",
    Task.POLLS_DRAFT: "polls",
    Task.POLLS_OPEN: "polls",
    Task.POLLS_CLOSED: "polls",
    Task.POLLS_RECONCILED: "polls",
    Task.PAPER_FIRST: "paper",
    Task.PAPER_SECOND: "paper",
    Task.PAPER_COMPARE: "paper",
    Task.SCENARIOS_DRAFT: "scenarios",
    Task.CONSENTS_RUN_OUT: "gates",
}
#: What the list behind a task is narrowed to besides statuses.
_TASK_QUERY = {
    Task.DEMANDS_OVERDUE: {"overdue": "1"},
    Task.PARTS_REFUSED: {"part_refused": "1"},
    Task.CONSENTS_RUN_OUT: {"run_out": "1"},
}
#: Where the work of a link begins.
_LINK_PAGE = {
    Link.DEMAND: "demands",
    Link.PROJECT: "projects",
    Link.POLL: "polls",
    Link.RESULT: "results",
    Link.PROGRAMME: "programme",
    Link.WORKS: "programme_documents",
    Link.NEXT_YEAR: "annual_batch",
}

_PUBLIC = (
    ("kiosk", "how_to_vote"),
    ("check_receipt", "receipt_long"),
    ("public_demand", "add_location_alt"),
    ("public_results", "campaign"),
)


def empty_store() -> None:
    """Offer the demonstration city, or the first account of a real installation."""
    st.title(say("home.welcome"))
    st.markdown(say("home.what_it_is"))
    look, start = st.columns(2, gap="large")
    with look, st.container(border=True, height="stretch"):
        st.subheader(say("home.look_around"))
        st.markdown(say("home.look_around_what"))
        if st.button(say("home.look_around_button"), type="primary", icon=":material/explore:"):
            _load_demonstration()
    with start, st.container(border=True, height="stretch"):
        st.subheader(say("home.start_empty"))
        st.markdown(say("home.start_empty_what"))
        first_account_form()


def _load_demonstration() -> None:
    # It draws on every rule and solver there is; nobody else on this page waits for them.
    from renovation.services import demo

    bar = st.progress(0.0, text=say("home.loading_demo"))

    def tell(part: str, done: int, total: int) -> None:
        bar.progress(min(done / max(total, 1), 1.0), text=say("home.making_demo", part=say(f"demo.part.{part}")))

    with refusals():
        demo.load_demo(store(), tell)
        st.rerun()
    bar.empty()


def for_public(*, demonstration: bool) -> None:
    """Show the public's pages, and in the demonstration city the staff's roles."""
    st.title(say("shell.title"))
    if demonstration:
        st.markdown(say("home.demo_what"))
    st.subheader(say("home.for_residents"))
    for (name, icon), column in zip(_PUBLIC, st.columns(len(_PUBLIC)), strict=True):
        with column, st.container(border=True, height="stretch"):
            page_link(name, icon=icon)
            st.caption(say(f"home.public.{name}"))
    if settings().door is DoorKind.RESIDENT:
        return
    st.subheader(say("home.for_staff"))
    if demonstration:
        st.caption(say("home.choose_role"))
        role_choice()
    else:
        page_link("sign_in", icon="login")


def for_staff(actor: Actor) -> None:
    """Show the board of the chain, then what there is; every figure links to the list behind it."""
    st.title(told("home.hello", name=actor.name))
    if actor.role is Role.ADMIN:
        for fault in at_start(store()):
            st.error(plain(fault_text(fault, language())), icon=":material/error:")
    go_on(actor)
    if installation.is_demonstration(store()) and may(actor, Action.RUN_STATION):
        practice = practice_poll(store(), actor)
        query = {"poll": practice.id} if practice else {"statuses": PollStage.OPEN.value}
        page_link("polls", label=say("home.practise"), icon="how_to_vote", query=query)
    shown = read_overview(store(), actor)
    if not shown.counts.estates:
        able = may(actor, Action.IMPORT_PLACES)
        st.info(say("home.no_estates" if able else "home.no_estates_yet"), icon=":material/location_city:")
        page_link("imports", icon="upload_file")
    elif not (shown.counts.demands_open or sum(shown.counts.projects.values())) and may(actor, Action.TAKE_DEMAND):
        page_link("new_demand", label=say("home.first_demand"), icon="add_location_alt")
    board(shown)
    unknowns(actor)
    if may(actor, Action.EDIT_LISTS) and (years := lists.years_lacking(store(), actor)):
        st.warning(say("list.years_lacking", years=listed(map(str, years))), icon=":material/event_busy:")
        page_link("lists", icon="tune")
    st.subheader(say("home.figures"))
    _figures(shown)


def board(shown: Overview) -> None:
    """Show the chain link by link: what waits there, what of it is late, and one click to exactly that."""
    st.subheader(say("home.board"))
    st.caption(say("home.board_what"))
    with st.container(border=True, gap="xxsmall", key="board"):
        for at, link in enumerate(Link, start=1):
            name, piles = st.columns([1, 5], vertical_alignment="center")
            with name:
                page_link(_LINK_PAGE[link], label=f"**{at} {say(f'home.link.{link.value}')}**", icon="")
            with piles, st.container(horizontal=True, vertical_alignment="center", gap="small"):
                _piles(shown.at(link))


def _piles(waiting: Sequence[Waiting]) -> None:
    if not waiting:
        st.caption(say("home.link_empty"))
    for one in waiting:
        words = say(f"home.task.{one.task.value}", count=one.count)
        query: dict[str, str | list[str]] = {**_TASK_QUERY.get(one.task, {})}
        if one.task in LATE:
            words = f":red[**{words}**]"
        elif one.is_own:
            words = f"**{words}**"
        if one.task in STATUSES:
            query["statuses"] = [status.value for status in STATUSES[one.task]]
        page_link(_TASK_PAGE[one.task], label=words, icon="alarm" if one.task in LATE else "", query=query)
        if one.late:
            # Polls and scenarios are few; of projects the list keeps the late ones alone.
            late = {**query, "late": "1"} if _TASK_PAGE[one.task] == "projects" else query
            said = f":red[**{say('home.late', count=one.late)}**]"
            page_link(_TASK_PAGE[one.task], label=said, icon="alarm", query=late)


def _figures(shown: Overview) -> None:
    counts = shown.counts
    figures = (
        (
            "estates",
            say("home.figure.estates"),
            f"{counts.estates:,}",
            say("home.under.households", count=counts.households),
        ),
        (
            "demands",
            say("home.figure.demands"),
            f"{counts.demands_open:,}",
            say("home.under.overdue", count=counts.demands_overdue),
        ),
        (
            "projects",
            say("home.figure.projects"),
            f"{sum(counts.projects.values()):,}",
            say("home.under.cost", cost=counts.project_cost),
        ),
        (
            "polls",
            say("home.figure.polls"),
            f"{sum(counts.polls.values()):,}",
            say("home.under.ballots", count=counts.ballots_open),
        ),
    )
    for (page, name, figure, under), column in zip(figures, st.columns(len(figures)), strict=True):
        with column, st.container(border=True):
            st.metric(name, figure)
            st.caption(under)
            page_link(page, label=say("home.open_list"))
