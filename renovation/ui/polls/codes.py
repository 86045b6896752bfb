"""Voting codes for staff: make and print them, see where they stand, void, re-issue, hand out paper."""

from __future__ import annotations

import streamlit as st

from renovation.exports.print import code_slips
from renovation.exports.print.pages import slips_per_page
from renovation.model import addresses
from renovation.model.accounts import Action, Actor, may
from renovation.model.polls import TIMETABLE, BatchCount, CodeState, Poll, PollAct, PollStage
from renovation.services.demo.polls import printed_codes
from renovation.services.polls import codes, polls
from renovation.services.staff import guesses
from renovation.text.formats import format_date
from renovation.text.hours import open_words
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import COUNT, TICK, WHOLE, grid
from renovation.ui.frame.offer import issuer_at, show_page
from renovation.ui.frame.state import store
from renovation.ui.polls.phones import phones_note
from renovation.ui.words import label, language, plain, say, told

_LIVE = TIMETABLE[PollAct.MAKE_CODES][0]


def codes_page(actor: Actor, poll: Poll) -> None:
    """Show everything about a poll's codes."""
    live = poll.stage in _LIVE
    if not live:
        over = "cancelled" if poll.cancelled else "closed"
        st.info(say(f"code.{over}_stage"), icon=":material/lock:")
    if live:
        _fresh(actor, poll)
        left, right = st.columns(2, gap="large")
        with left, st.container(border=True, height="stretch"):
            _make(actor, poll)
        with right, st.container(border=True, height="stretch"):
            st.subheader(say("code.hand_out"))
            if poll.stage is PollStage.OPEN:
                _hand_out(actor, poll)
            else:
                st.caption(say("code.hand_out_later"))
            _doors(actor)
    if printed := printed_codes(store(), poll.id):
        with st.expander(say("code.demo"), icon=":material/science:"):
            st.caption(say("code.demo_what"))
            st.code("\n".join(printed), language=None)
    _batches(actor, poll, live=live)


def _fresh(actor: Actor, poll: Poll) -> None:
    """Show slips until somebody says that the last sheet is in hand; a reload or another batch takes none away."""
    with refusals():
        places = {place.id: place for place in polls.venues(store(), actor, poll.id)}
        for at, made in enumerate(codes.fresh_slips(store(), actor, poll.id)):
            name = f"{made.batch.id}.{made.last}"
            place = places.get(made.batch.venue_id or 0)
            large = bool(st.session_state.get(f"codes.large.{name}"))
            page = code_slips(
                poll,
                made.slips,
                venue=place.name if place else "",
                hours=open_words(poll, place, poll.settings.language),
                address=addresses.on_phones(addresses.VOTE),
                label=made.batch.label,
                test=made.batch.test,
                large=large,
            )
            with st.container(border=True):
                phones_note(poll)
                st.warning(
                    told("code.once", batch=made.batch.label, count=len(made.slips)), icon=":material/visibility:"
                )
                st.checkbox(say("poll.sheet.large"), key=f"codes.large.{name}")
                with st.expander(say("code.slips_page"), expanded=at == 0, icon=":material/print:"):
                    show_page(page, issuer_at(poll.estate_id), key=f"codes.file.{name}")
                sheets = -(-len(made.slips) // slips_per_page(large=large))
                held = st.checkbox(say("code.in_hand", sheets=sheets), key=f"codes.held.{name}")
                if st.button(
                    say("code.hide"), icon=":material/visibility_off:", disabled=not held, key=f"codes.hide.{name}"
                ):
                    codes.confirm_printed(store(), actor, made.batch.id, made.last)
                    done(say("code.hidden"))


def _make(actor: Actor, poll: Poll) -> None:
    st.subheader(say("code.make"))
    places = {place.id: place for place in polls.venues(store(), actor, poll.id)}
    made_before = len(codes.batches(store(), actor, poll.id))
    with draft(actor, f"codes.make.{poll.id}", base=made_before) as form:
        venue_id = st.selectbox(
            say("code.venue"),
            [*places, None],
            format_func=lambda one: say("code.no_venue") if one is None else places[one].name,
            placeholder=say("code.no_venue"),
            **form.field("venue", next(iter(places), None), among=[*places, None]),
        )
        one, two = st.columns(2)
        size = one.number_input(say("code.size"), 1, codes.MOST_CODES, **form.field("size", 40))
        usual = say("code.label_default", number=made_before + 1)
        name = two.text_input(say("code.label"), max_chars=80, **form.field("label", usual))
        test = st.checkbox(say("code.test"), **form.field("test", False))
        go = st.button(say("code.make_button"), type="primary", icon=":material/qr_code_2:", key=form.key("save"))
    if not go:
        return
    with form.saving():
        codes.make_batch(store(), actor, poll.id, venue_id, int(size), name, test)
        form.forget()
        st.rerun()


def _hand_out(actor: Actor, poll: Poll) -> None:
    st.caption(say("code.hand_out_what"))
    with st.form("renovation.codes.hand_out", border=False, clear_on_submit=True):
        typed = st.text_input(say("code.hand_out_field"), max_chars=60, autocomplete="off")
        pressed = st.form_submit_button(say("code.hand_out_button"), icon=":material/description:")
    if not pressed:
        return
    with refusals():
        found = codes.hand_out_paper(store(), actor, poll.id, typed)
        batch = codes.batch(store(), actor, found.batch_id)
        st.success(
            told(
                "code.handed",
                title=poll.title,
                venue=found.venue_name or say("code.no_venue"),
                batch=batch.label,
                serial=found.serial,
            ),
            icon=":material/check:",
        )
        if found.test:
            st.warning(say("code.handed_test"))


def _doors(actor: Actor) -> None:
    held = guesses.doors(store(), actor)
    if not held:
        st.caption(say("code.doors_none"))
        return
    sums = guesses.sum_of_doors(held)
    st.caption(told("code.doors_some", wrong=sums["wrong"], blocked=sums["blocked"]))
    # Waits are short and come back with the next wrong code, so the button stands between two of them too.
    if sums["spent"] and st.button(say("code.release"), icon=":material/lock_open:"):
        with refusals():
            guesses.release(store(), actor)
            done(say("code.released"))


def _batches(actor: Actor, poll: Poll, *, live: bool) -> None:
    st.subheader(say("code.batches"))
    found = codes.batches(store(), actor, poll.id)
    if not found:
        st.info(say("code.no_batches"), icon=":material/qr_code_2:")
        return
    names = {place.id: place.name for place in polls.venues(store(), actor, poll.id)}
    picked = grid(
        {
            "label": [one.batch.label for one in found],
            "venue": [names.get(one.batch.venue_id or 0, say("code.no_venue")) for one in found],
            "is_test": [one.batch.test for one in found],
            "made_at": [format_date(one.batch.created_at, language()) for one in found],
            "issued": [one.batch.size for one in found],
            **{state.value: [one.states.get(state, 0) for one in found] for state in CodeState},
            "of_paper": [one.paper for one in found],
        },
        words="code",
        headings={state.value: label("enum.CodeState", state) for state in CodeState},
        kinds={"is_test": TICK, **dict.fromkeys(("issued", "of_paper", *CodeState), COUNT)},
        ids=[one.batch.id for one in found],
        pick="one",
        key="codes",
    )
    chosen = found[picked[0]] if picked else found[0] if len(found) == 1 else None
    if chosen is not None:
        _one_batch(actor, poll, chosen, live=live)


def _one_batch(actor: Actor, poll: Poll, counted: BatchCount, *, live: bool) -> None:
    batch = counted.batch
    lines = codes.lines(store(), actor, batch.id)
    with st.expander(f"{plain(batch.label)}　{say('code.lines')}", icon=":material/list:"):
        grid(
            {
                "serial": [line.serial for line in lines],
                "state": [label("enum.CodeState", line.state) for line in lines],
                "channel": [label("enum.Channel", line.channel) if line.channel else "" for line in lines],
                "day": [format_date(line.spent_on, language()) if line.spent_on else "" for line in lines],
                "reason": [line.reason for line in lines],
            },
            words="code",
            headings={"channel": say("poll.column.channel")},
            kinds={"serial": WHOLE},
            tall=260,
            key="codes.lines",
        )
    if not live:
        return
    waits = begun(actor, _one_name(batch.id)) or begun(actor, _rest_name(batch.id))
    with st.expander(say("code.change_one"), icon=":material/edit:", expanded=waits):
        _change_one(actor, counted)
        _void_rest(actor, counted)


def _one_name(batch_id: int) -> str:
    return f"codes.one.{batch_id}"


def _rest_name(batch_id: int) -> str:
    return f"codes.rest.{batch_id}"


def _change_one(actor: Actor, counted: BatchCount) -> None:
    batch = counted.batch
    with draft(actor, _one_name(batch.id)) as form:
        one, two = st.columns([1, 3])
        serial = int(one.number_input(say("code.serial"), 1, max(batch.size, 1), **form.field("serial", 1)))
        reason = two.text_input(say("code.reason"), max_chars=200, **form.field("reason", ""))
        first, second, third, fourth = st.columns(4)
        reissue = first.button(say("code.reissue"), width="stretch", key=form.key("reissue"))
        void = second.button(say("code.void"), width="stretch", key=form.key("void"))
        spoil = third.button(say("code.spoil"), width="stretch", key=form.key("spoil"))
        back = may(actor, Action.ADJUDICATE) and fourth.button(
            say("code.take_back"), width="stretch", key=form.key("back")
        )
    with form.saving():
        if reissue:
            slip = codes.reissue_code(store(), actor, batch.id, serial, reason)
            form.done(told("code.reissued", serial=serial, fresh=slip.serial))
        if void:
            codes.void_code(store(), actor, batch.id, serial, reason)
            form.done(say("code.voided"))
        if spoil:
            codes.spoil_slip(store(), actor, batch.id, serial, reason)
            form.done(say("code.spoiled_done"))
        if back:
            codes.take_back_paper(store(), actor, batch.id, serial, reason)
            form.done(told("code.taken_back", serial=serial))


def _void_rest(actor: Actor, counted: BatchCount) -> None:
    batch = counted.batch
    unused = counted.states.get(CodeState.UNUSED, 0)
    if not unused:
        return
    st.divider()
    with draft(actor, _rest_name(batch.id)) as form:
        why = st.text_input(say("code.void_batch_reason"), max_chars=200, **form.field("reason", ""))
    sure = confirmed(
        f"code.void_batch.{batch.id}",
        say("code.void_batch"),
        say("code.void_batch_sure", count=unused),
        icon="delete_sweep",
    )
    if not sure:
        return
    with form.saving():
        voided = codes.void_batch(store(), actor, batch.id, why)
        form.done(told("code.voided_many", count=voided))
