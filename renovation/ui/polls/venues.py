"""Where people vote: the list of a poll's venues, and what may be changed of it."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.hours import read_hours, written_hours
from renovation.model.polls import TIMETABLE, Poll, PollAct, PollStage, Venue
from renovation.services.polls import polls, venues
from renovation.text.hours import hours_words, open_words
from renovation.ui.frame.confirm import confirmed_by_two
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import grid
from renovation.ui.frame.state import store
from renovation.ui.polls.hours import extend_section, hours_field
from renovation.ui.words import language, say, told


def venues_section(actor: Actor, poll: Poll) -> None:
    """Show a poll's venues; add one, change one, or take one away, as far as its stage allows."""
    places = polls.venues(store(), actor, poll.id)
    if places:
        grid(
            {
                "venue": [place.name for place in places],
                "hours": [open_words(poll, place, language()) for place in places],
            },
            words="poll.column",
            key="polls.venues",
        )
    else:
        st.info(say("poll.venue.none"), icon=":material/location_on:")
    extend_section(actor, poll, {place.id: place for place in places})
    if not (may(actor, Action.EDIT_POLL) and poll.stage in TIMETABLE[PollAct.ADD_VENUE][0]):
        return
    with draft(actor, f"poll.venue.{poll.id}") as form:
        name, hours, button = st.columns([2, 3, 1])
        typed = name.text_input(say("poll.venue.name"), max_chars=80, **form.field("name", ""))
        with hours:
            when = hours_field(form, "", words="poll.venue.hours")
        if button.button(say("poll.venue.add"), width="stretch", key=form.key("save")):
            with form.saving():
                polls.add_venue(store(), actor, poll.id, typed, when)
                form.forget()
                st.rerun()
    if places:
        waits = any(begun(actor, f"poll.venue.{poll.id}.{place.id}") for place in places)
        with st.expander(say("poll.venue.change"), icon=":material/edit_location:", expanded=waits):
            _change(actor, poll, {place.id: place for place in places})


def _change(actor: Actor, poll: Poll, places: dict[int, Venue]) -> None:
    voting = poll.stage is not PollStage.DRAFT
    if voting:
        st.caption(say("poll.venue.two_people"))
    chosen = places[
        st.selectbox(
            say("poll.venue.which"),
            list(places),
            format_func=lambda one: places[one].name,
            key=f"polls.venue.{poll.id}.{'.'.join(map(str, places))}",
        )
    ]
    with draft(actor, f"poll.venue.{poll.id}.{chosen.id}", base=(chosen.name, chosen.hours)) as form:
        one, two = st.columns(2)
        name = one.text_input(say("poll.venue.name"), max_chars=80, **form.field("name", chosen.name))
        with two:
            hours = hours_field(form, chosen.hours, words="poll.venue.hours")
        reason = st.text_input(say("code.reason"), max_chars=200, **form.field("reason", "")) if voting else ""
    key = f"poll.venue.{chosen.id}"
    with form.saving():
        spans = read_hours(hours, year=today().year)
        changed = (name.strip(), written_hours(spans)) != (chosen.name, chosen.hours)
        words = say("poll.venue.change_button" if changed else "poll.venue.remove_button")
        if voting and not reason.strip():
            # Asked for before the second person types a password, not after.
            st.button(words, disabled=True, key=form.key("wait"))
            return
        if changed:
            if voting:
                when = hours_words(spans, language()) or open_words(poll, None, language())
                said = say("poll.venue.change_hours", hours=when) if when else ""
                sure = told("poll.venue.change_sure", venue=chosen.name, name=name, hours=said)
                go, second = confirmed_by_two(actor, key, words, sure, icon="save", needed=True)
            else:
                go, second = st.button(words, key=form.key("save")), None
            if go:
                venues.change_venue(store(), actor, poll.id, chosen.id, name, hours, reason=reason, second=second)
                form.done(told("poll.venue.changed", name=name.strip()))
            return
        sure = told("poll.venue.remove_sure", venue=chosen.name)
        go, second = confirmed_by_two(actor, f"{key}.remove", words, sure, icon="delete", needed=voting)
        if go:
            venues.remove_venue(store(), actor, poll.id, chosen.id, reason=reason, second=second)
            form.done(told("poll.venue.removed", venue=chosen.name))
