"""Venues without a network: kits out, boxes back, and the venue's own side of it."""

from __future__ import annotations

from datetime import date
from functools import partial

import streamlit as st

from renovation.exports.print import rescue_sheet
from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.polls import Poll, PollStage
from renovation.services.polls import kits, polls
from renovation.ui.frame.answers import attempt, done, flash, refusals
from renovation.ui.frame.confirm import confirmed, confirmed_by_two
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.offer import issuer_at, offer, show_page
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.uploads import file_field
from renovation.ui.words import error_sentence, plain, say, told

_MADE = "renovation.kit.made"
_BOX = "renovation.kit.box"
#: What a box is refused with, or asked about, because of the clock of its computer.
_CLOCK = {"kit.not_allowed", "kit.clock_ahead", "kit.clock_behind", "kit.days_said", "kit.days_alone"}
#: The file whose days cannot be → why.
_WRONG = "renovation.kit.wrong_days"


def office_section(actor: Actor, poll: Poll) -> None:
    """Send kits of this poll's venues out and take boxes in."""
    st.caption(say("kit.what"))
    _show_made(poll)
    for place in polls.venues(store(), actor, poll.id):
        name, state, act = st.columns([3, 2, 3], vertical_alignment="center")
        name.markdown(plain(place.name))
        state.markdown(say("kit.out") if place.kit else say("kit.in"))
        if not place.kit:
            if poll.stage is PollStage.OPEN:
                with act:
                    sure = told("kit.make_sure", venue=place.name)
                    if confirmed(f"kit.make.{place.id}", say("kit.make"), sure, icon="business_center"):
                        attempt(partial(_make, actor, poll, place.id))
        elif may(actor, Action.OPEN_CLOSE_POLL):
            with act.popover(say("kit.give_up")), draft(actor, f"kit.give_up.{place.id}") as form:
                reason = st.text_input(say("code.reason"), max_chars=200, **form.field("reason", ""))
                if st.button(say("kit.give_up"), key=f"kit.give_up.{place.id}", disabled=not reason.strip()):
                    with form.saving():
                        kits.give_up_kit(store(), actor, poll.id, place.id, reason)
                        form.done(say("kit.given_up"))
    _merge(actor, poll)


def _make(actor: Actor, poll: Poll, venue_id: int) -> None:
    made = st.session_state.setdefault(_MADE, {})
    made[poll.id, venue_id] = kits.make_kit(store(), actor, poll.id, venue_id)


def _show_made(poll: Poll) -> None:
    held = st.session_state.get(_MADE, {})
    for name in [name for name in held if name[0] == poll.id]:
        made, key = held[name], f"kit.made.{name[1]}"
        with st.container(border=True):
            words = told("kit.passphrase", venue=made.venue, passphrase=made.passphrase)
            st.warning(words, icon=":material/key:")
            offer(say("kit.download"), made.file, key=f"{key}.file")
            st.caption(say("kit.rescue"))
            sheet = rescue_sheet(poll, venue=made.venue, code=made.rescue)
            show_page(sheet, issuer_at(poll.estate_id), key=f"{key}.rescue")
            if st.button(say("kit.hide"), key=f"{key}.hide"):
                held.pop(name)
                st.rerun()


def _merge(actor: Actor, poll: Poll) -> None:
    sent = file_field(say("kit.merge"), type=["box"], key="renovation.kit.upload")
    if sent is None:
        return
    wrong = st.session_state.get(_WRONG, {}).get(sent.file_id, "")
    go = not wrong and st.button(say("kit.merge"), key="kit.merge", type="primary")
    reason, day, second = "", None, None
    with refusals() as refused:
        if wrong:
            st.warning(wrong, icon=":material/schedule:")
            with draft(actor, f"kit.wrong_days.{poll.id}") as form:
                one, two = st.columns([1, 3])
                day = one.date_input(say("kit.really"), format="YYYY-MM-DD", **form.field("day", None))
                reason = two.text_input(say("code.reason"), max_chars=200, **form.field("reason", ""))
            if not reason.strip():
                return
            go, second = confirmed_by_two(
                actor, "kit.wrong_days", say("kit.merge"), say("kit.wrong_days"), icon="event_busy", needed=True
            )
        if not go:
            return
        merged = kits.merge_box(store(), actor, poll.id, sent.getvalue(), reason=reason, day=day, second=second)
        key = "kit.merged_again" if merged.again else "kit.merged"
        if merged.rescued:
            flash(told("kit.rescued", venue=merged.venue))
        done(told(key, title=merged.title, venue=merged.venue, ballots=merged.ballots, mark=merged.mark))
    if refused.error is not None and refused.error.code in _CLOCK:
        st.session_state[_WRONG] = {sent.file_id: error_sentence(refused.error)}
        st.rerun()


def venue_section(actor: Actor) -> None:
    """Install a kit on a venue's computer."""
    with st.form("renovation.kit.install", border=False):
        sent = file_field(say("kit.file"), type=["kit"])
        typed = st.text_input(say("kit.passphrase_field"), max_chars=40, autocomplete="off")
        if not st.form_submit_button(say("kit.install_button")) or sent is None:
            return
    with refusals():
        poll = kits.install_kit(store(), actor, sent.getvalue(), typed)
        done(told("kit.installed", title=poll.title))


def box_section(actor: Actor, poll: Poll) -> None:
    """Vote on this computer with a kit's codes, then seal the box and take it to the office."""
    if poll.stage is PollStage.OPEN:
        _day(actor, poll)
        page_link("station")
        if confirmed("kit.box", say("kit.box"), say("kit.box_sure"), icon="inventory"):
            attempt(partial(_make_box, actor, poll))
        return
    if "cleared" in poll.meta:
        st.info(say("kit.box_cleared"), icon=":material/inventory:")
        return
    made = st.session_state.get(f"{_BOX}.{poll.id}")
    if made is None:
        st.info(say("kit.box_sealed"), icon=":material/inventory:")
        _clear(actor, poll)
        # Made again it is the same box: the office tells that it has it already.
        if st.button(say("kit.box_again"), key="kit.box_again"):
            attempt(partial(_make_box, actor, poll))
        return
    offer(say("kit.box_download"), made, primary=True, key="kit.box_download")


def _day(actor: Actor, poll: Poll) -> None:
    """Ask two people which day it is where the computer cannot be believed."""
    shown = today()
    if poll.day_here(shown) is not None:
        return
    st.warning(told("kit.day_what", shown=shown), icon=":material/event_busy:")
    with refusals(), draft(actor, f"kit.day.{poll.id}") as form:
        made = date.fromisoformat(poll.kit_days["made"])
        day = st.date_input(say("kit.day"), format="YYYY-MM-DD", **form.field("day", made))
        words = told("kit.day_confirm", day=day)
        go, second = confirmed_by_two(actor, "kit.day", words, words, icon="event_available", needed=True)
        if go:
            kits.confirm_day(store(), actor, poll.id, day, second=second)
            form.done(told("kit.day_confirmed", day=day))


def _clear(actor: Actor, poll: Poll) -> None:
    """Forget here what the office has."""
    with (
        st.expander(say("kit.clear_title"), icon=":material/delete_sweep:"),
        draft(actor, f"kit.clear.{poll.id}") as form,
    ):
        st.markdown(say("kit.clear_what"))
        typed = st.text_input(say("kit.mark"), max_chars=20, autocomplete="off", **form.field("mark", ""))
        if confirmed("kit.clear", say("kit.clear"), say("kit.clear_sure"), icon="delete_sweep"):
            with form.saving():
                kits.clear_venue(store(), actor, poll.id, typed)
                form.done(say("kit.cleared"))


def _make_box(actor: Actor, poll: Poll) -> None:
    st.session_state[f"{_BOX}.{poll.id}"] = kits.make_box(store(), actor, poll.id)
    flash(say("kit.box_made"))
