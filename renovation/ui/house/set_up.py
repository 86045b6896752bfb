"""A district's first days on screen, and what is still unknown later on."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.services.house import set_up
from renovation.services.house.set_up import SetUp, SetUpStep, StepLine, StepState, Unknown
from renovation.services.projects import prices
from renovation.ui.frame.answers import attempt
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.money.pots import pot_form
from renovation.ui.words import plain, say, told

_ICONS = {StepState.DONE: "check_circle", StepState.OPEN: "radio_button_unchecked", StepState.LATER: "schedule"}
#: SetUpStep → its ways: word of the link, page, icon, and what the page is told.
_WAYS: dict[SetUpStep, tuple[tuple[str, str, str, dict[str, str]], ...]] = {
    SetUpStep.PLACE: (),
    SetUpStep.AREAS: (
        ("file", "imports", "upload_file", {"kind": "areas"}),
        ("hand", "areas", "account_tree", {}),
    ),
    SetUpStep.ESTATES: (
        ("file", "imports", "upload_file", {"kind": "estates"}),
        ("hand", "estates", "location_city", {}),
    ),
    SetUpStep.PRICES: (("file", "catalogue", "upload_file", {}),),
    SetUpStep.LISTS: (("hand", "lists", "list_alt", {}),),
    SetUpStep.POTS: (
        ("file", "imports", "upload_file", {"kind": "pots"}),
        ("hand", "money", "account_balance_wallet", {}),
    ),
    SetUpStep.ACCOUNTS: (("hand", "accounts", "group_add", {}),),
    SetUpStep.GATES: (("file", "estate_table", "table_edit", {}), ("hand", "gates", "rule", {})),
}
_UNKNOWN_PAGE = {
    Unknown.GATES: ("gates", "rule"),
    Unknown.PLACES: ("estates", "location_off"),
    Unknown.PRICES: ("catalogue", "menu_book"),
    Unknown.POT: ("money", "account_balance_wallet"),
    Unknown.BATCH: ("annual_batch", "event_available"),
}


def steps(actor: Actor) -> None:
    """Show the line of progress and every step with its ways."""
    found = set_up.read_set_up(store(), actor)
    whole = len(found.steps)
    st.progress(found.done / whole, text=say("set_up.progress", done=found.done, whole=whole))
    for at, line in enumerate(found.steps, start=1):
        _step(actor, found, line, at)
    if found.next is None:
        st.success(say("set_up.finished"), icon=":material/flag:")
        page_link("home", icon="home")


def _step(actor: Actor, found: SetUp, line: StepLine, at: int) -> None:
    is_next = line.step is found.next
    with st.container(border=is_next, key=f"set_up.{line.step.value}"):
        name, ways, later = st.columns([5, 5, 2], vertical_alignment="center")
        with name:
            st.markdown(f":material/{_ICONS[line.state]}: **{at} {say(f'set_up.step.{line.step.value}')}**")
            st.caption(_there(found, line))
        with ways, st.container(horizontal=True, vertical_alignment="center"):
            if line.step is SetUpStep.PLACE and line.state is StepState.DONE:
                with st.popover(say("set_up.rename"), icon=":material/edit:"):
                    _place_form(actor, found)
            for word, page, icon, query in _WAYS[line.step]:
                if page == "accounts" and not may(actor, Action.MANAGE_ACCOUNTS):
                    st.caption(say("set_up.by_admin"))
                    continue
                page_link(page, label=say(f"set_up.{word}.{line.step.value}"), icon=icon, query=query)
        with later:
            _later(actor, line)
        if line.step is SetUpStep.PLACE and line.state is not StepState.DONE:
            _place_form(actor, found)
        elif is_next and line.step is SetUpStep.PRICES:
            _book_offer(actor, found, line)
        elif is_next and line.step is SetUpStep.POTS and may(actor, Action.EDIT_POTS):
            pot_form(actor, None)


def _there(found: SetUp, line: StepLine) -> str:
    if line.step is SetUpStep.PLACE and found.place:
        return plain(found.place)
    if line.state is StepState.LATER:
        return say("set_up.put_off")
    key = f"set_up.{'lacks' if line.missing else 'has' if line.there else 'none'}.{line.step.value}"
    return told(key, count=line.there, missing=line.missing)


def _later(actor: Actor, line: StepLine) -> None:
    if line.state is StepState.DONE:
        return
    is_open = line.state is StepState.OPEN
    st.button(
        say("set_up.later" if is_open else "set_up.take_up"),
        key=f"set_up.later.{line.step.value}",
        on_click=lambda: attempt(lambda: set_up.put_off(store(), actor, line.step, is_open)),
        width="stretch",
    )


def _place_form(actor: Actor, found: SetUp) -> None:
    with draft(actor, "set_up.place", base=found.place) as form:
        box, save = st.columns([3, 1], vertical_alignment="bottom")
        name = box.text_input(
            say("set_up.place_name"),
            max_chars=40,
            placeholder=say("set_up.place_hint"),
            **form.field("name", found.place),
        )
        if save.button(say("set_up.place_save"), type="primary", width="stretch", key=form.key("save")):
            with form.saving():
                kept = set_up.name_place(store(), actor, name)
                form.done(told("set_up.place_saved", name=kept))


def _book_offer(actor: Actor, found: SetUp, line: StepLine) -> None:
    """Offer a book of the place's own with the prices of the catalogue, each to be confirmed."""
    if not may(actor, Action.EDIT_PRICES):
        return
    first = prices.books(store(), actor)[0]
    year = today().year
    place = found.place or first.locality
    if (first.locality, first.year) != (place, year):
        words = told("set_up.own_book", place=place, year=year)
        if st.button(words, icon=":material/content_copy:", type="primary", key="set_up.own_book"):
            attempt(lambda: _make_book(actor, first, place, year))
    else:
        st.caption(told("set_up.confirm_prices", missing=line.missing))


def _make_book(actor: Actor, source: prices.BookRef, place: str, year: int) -> None:
    made = prices.copy_book(store(), actor, source, locality=place, year=year)
    prices.use_book(store(), actor, made.locality, made.year)


def go_on(actor: Actor, *, whole: bool = True) -> None:
    """Lead back to the first steps as long as one is left; ``whole`` offers the other way to begin beside it."""
    if may(actor, Action.EDIT_AREAS):
        found = set_up.read_set_up(store(), actor)
        if found.next is not None:
            words = say("set_up.go_on", done=found.done, whole=len(found.steps))
            page_link("set_up", label=words, icon="flag")
            is_new = whole and any(
                line.step is SetUpStep.AREAS and line.state is not StepState.DONE for line in found.steps
            )
            if is_new and may(actor, Action.RUN_STATION):
                page_link("kits", label=say("set_up.only_a_venue"), icon="install_desktop")


def unknowns(actor: Actor) -> None:
    """Say on the first page what nobody has said yet, each with the page where it is said."""
    missing = set_up.read_unknowns(store(), actor)
    if not missing:
        return
    st.subheader(say("set_up.unknown_title"))
    for unknown, count in missing.items():
        page, icon = _UNKNOWN_PAGE[unknown]
        page_link(page, label=say(f"set_up.unknown.{unknown.value}", count=count), icon=icon)
