"""When venues are open: the field where it is typed, with what was understood, and staying open longer today."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import streamlit as st

from renovation.errors import InvalidError
from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import in_china, now, today
from renovation.model.hours import read_hours
from renovation.model.polls import Poll, PollStage, Venue
from renovation.services.polls import venues
from renovation.text.hours import hours_words, open_words
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.state import store
from renovation.ui.words import error_sentence, language, plain, say, told


def hours_field(form: Draft, held: str, *, words: str = "poll.field.hours") -> str:
    """Ask for hours and say below how they are understood."""
    typed: str = st.text_area(
        say(words), height=68, max_chars=1000, help=say("poll.field.hours_help"), **form.field("hours", held)
    )
    try:
        understood = hours_words(read_hours(typed, year=today().year), language())
    except InvalidError as error:
        st.warning(error_sentence(error), icon=":material/schedule:")
    else:
        if understood:
            st.caption(plain(understood))
    return typed


def extend_section(actor: Actor, poll: Poll, places: dict[int, Venue]) -> None:
    """Let staff keep a venue open longer today; the log says who, how long and why."""
    announced = any(poll.open_at(place) for place in (None, *places.values()))
    if poll.stage is not PollStage.OPEN or not announced or not may(actor, Action.RUN_STATION):
        return
    name = f"poll.extend.{poll.id}"
    with (
        st.expander(say("poll.extend.title"), icon=":material/more_time:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        st.caption(say("poll.extend.what"))
        one, two, three = st.columns([2, 1, 3])
        options = [*places, None] if len(places) != 1 else list(places)
        place = one.selectbox(
            say("poll.column.venue"),
            options,
            format_func=lambda key: places[key].name if key is not None else say("poll.extend.all"),
            **form.field("venue", options[0], among=options),
        )
        until = two.time_input(say("poll.extend.until"), step=timedelta(minutes=15), **form.field("until", _usual()))
        reason = three.text_input(say("code.reason"), max_chars=200, **form.field("reason", ""))
        if st.button(say("poll.extend.button"), icon=":material/more_time:", key=form.key("save")):
            with form.saving():
                minutes = until.hour * 60 + until.minute
                changed = venues.extend_hours(store(), actor, poll.id, minutes, venue_id=place, reason=reason)
                at = None if place is None else places[place]
                form.done(told("poll.extend.done", hours=open_words(changed, at, language())))


def _usual() -> time:
    """Return the next quarter of an hour that is at least half an hour away."""
    shown: datetime = in_china(now()) + timedelta(minutes=44)
    return time(shown.hour, shown.minute // 15 * 15)
