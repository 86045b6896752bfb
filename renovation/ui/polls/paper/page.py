"""The page of paper ballots: choose a batch, key it, compare, decide, close."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.ballots import PAPER_DONE, READ_ALL, PaperBatch, PaperState, Verdict
from renovation.model.clock import today
from renovation.model.polls import TIMETABLE, Poll, PollAct
from renovation.services.polls import paper, polls
from renovation.text.formats import format_date
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import COUNT, grid
from renovation.ui.frame.state import store
from renovation.ui.polls.paper.differences import differences_section
from renovation.ui.polls.paper.keyboard import keyboard, save_outbox
from renovation.ui.polls.polls import poll_line
from renovation.ui.words import label, language, plain, say, told

#: The batch this tab works on.
_CHOSEN = "renovation.paper.chosen"
_MAY_KEY = TIMETABLE[PollAct.KEY_PAPER][0]


def paper_page(actor: Actor, poll: Poll) -> None:
    """Show a poll's batches and what this person can do with the chosen one."""
    names = {place.id: place.name for place in polls.venues(store(), actor, poll.id)}
    found = paper.batches(store(), actor, poll.id)
    chosen = _choose(found, names)
    if poll.stage in _MAY_KEY and may(actor, Action.KEY_PAPER):
        waits = begun(actor, f"paper.new.{poll.id}")
        with st.expander(say("paper.new"), icon=":material/add:", expanded=not found or waits):
            _new_batch(actor, poll, names)
    if chosen is not None:
        lists = {say("poll.choose"): poll_line(poll), say("paper.choose"): _line(chosen, names)}
        _batch(actor, poll, chosen, lists)


def _choose(found: tuple[PaperBatch, ...], names: dict[int, str]) -> PaperBatch | None:
    if not found:
        st.info(say("paper.none"), icon=":material/inventory_2:")
        return None
    by_id = {one.id: one for one in found}
    # What waits stands first, what was a mistake last.
    last = {PaperState.CLOSED: 1, PaperState.CANCELLED: 2}
    options = [one.id for one in sorted(found, key=lambda one: last.get(one.state, 0))]

    # A line of the list changes with its batch's state, and a browser that still shows the old line would be taken to
    # another batch: the list is made anew whenever a batch has changed, on the batch that was chosen.
    key = f"renovation.paper.batch.{'.'.join(str(one.version) for one in found)}"
    kept = st.session_state.get(_CHOSEN)

    def keep() -> None:
        st.session_state[_CHOSEN] = st.session_state[key]

    index = options.index(kept) if kept in by_id else 0
    chosen = st.selectbox(
        say("paper.choose"),
        options,
        index=index,
        format_func=lambda one: _line(by_id[one], names),
        key=key,
        on_change=keep,
    )
    st.session_state[_CHOSEN] = chosen
    return by_id[chosen]


def _line(batch: PaperBatch, names: dict[int, str]) -> str:
    """Return how a batch stands in the list."""
    place = names.get(batch.venue_id or 0, say("code.no_venue"))
    state = label("enum.PaperState", batch.state)
    return f"{batch.label} · {place} · {format_date(batch.day, language())} · {batch.counted} · {state}"


def _new_batch(actor: Actor, poll: Poll, names: dict[int, str]) -> None:
    with draft(actor, f"paper.new.{poll.id}") as form:
        one, two, three = st.columns(3)
        venue_id = one.selectbox(
            say("code.venue"),
            [*names, None],
            format_func=lambda place: say("code.no_venue") if place is None else names[place],
            placeholder=say("code.no_venue"),
            **form.field("venue", next(iter(names), None), among=[*names, None]),
        )
        name = two.text_input(
            say("paper.label"), max_chars=80, placeholder=say("paper.label_example"), **form.field("label", "")
        )
        day = three.date_input(say("code.day"), format="YYYY-MM-DD", **form.field("day", today()))
        one, two, three = st.columns(3)
        counted = one.number_input(say("print.cover.counted"), 0, 1000, **form.field("counted", 1))
        spoiled = two.number_input(say("print.cover.spoiled_at_desk"), 0, 1000, **form.field("spoiled", 0))
        missing = three.number_input(say("print.cover.not_returned"), 0, 1000, **form.field("missing", 0))
        go = st.button(say("paper.new_button"), type="primary", icon=":material/save:", key=form.key("save"))
    if not go:
        return
    with form.saving():
        paper.make_batch(
            store(),
            actor,
            poll.id,
            venue_id,
            name,
            day,
            int(counted),
            spoiled_at_desk=int(spoiled),
            not_returned=int(missing),
        )
        form.forget()
        st.rerun()


def _batch(actor: Actor, poll: Poll, batch: PaperBatch, lists: dict[str, str]) -> None:
    st.subheader(plain(batch.label))
    _steps(batch)
    with refusals():
        if batch.state in (PaperState.FIRST, PaperState.SECOND):
            if may(actor, Action.KEY_PAPER):
                _desk(actor, batch, lists)
        elif batch.state is PaperState.COMPARE:
            _compare(actor, poll, batch)
        elif batch.state is PaperState.CLOSED:
            _closed(actor, batch)
        else:
            st.info(say("paper.cancelled"), icon=":material/block:")
        if batch.state not in PAPER_DONE and poll.stage in _MAY_KEY:
            _mend(actor, batch)


def _steps(batch: PaperBatch) -> None:
    if batch.state is PaperState.CANCELLED:
        return
    order = [state for state in PaperState if state is not PaperState.CANCELLED]
    here = order.index(batch.state)
    parts = []
    for place, state in enumerate(order):
        words = label("enum.PaperState", state)
        # Without the backslash the line would begin a list, and lose its number.
        parts.append(f"**{place + 1}. {words}**" if place == here else f"{place + 1}\\. {words}")
    st.markdown("　→　".join(parts))
    if batch.spoiled_at_desk or batch.not_returned:
        st.caption(told("paper.cover", spoiled=batch.spoiled_at_desk, missing=batch.not_returned))


def _mend(actor: Actor, batch: PaperBatch) -> None:
    """Let a wrong cover be corrected, and a muddled batch be keyed again."""
    if may(actor, Action.KEY_PAPER):
        name = f"paper.cover.{batch.id}"
        with (
            st.expander(say("paper.mend"), icon=":material/edit_note:", expanded=begun(actor, name)),
            draft(actor, name, base=batch) as form,
        ):
            one, two, three, four = st.columns(4)
            counted = one.number_input(say("print.cover.counted"), 0, 1000, **form.field("counted", batch.counted))
            spoiled = two.number_input(
                say("print.cover.spoiled_at_desk"), 0, 1000, **form.field("spoiled", batch.spoiled_at_desk)
            )
            missing = three.number_input(
                say("print.cover.not_returned"), 0, 1000, **form.field("missing", batch.not_returned)
            )
            day = four.date_input(say("code.day"), format="YYYY-MM-DD", **form.field("day", batch.day))
            reason = st.text_input(
                say("code.reason"),
                max_chars=200,
                placeholder=say("paper.mend_example"),
                **form.field("reason", ""),
            )
            if st.button(say("paper.mend_button"), key=form.key("save")):
                paper.correct_cover(
                    store(),
                    actor,
                    batch.id,
                    counted=int(counted),
                    spoiled_at_desk=int(spoiled),
                    not_returned=int(missing),
                    day=day,
                    reason=reason,
                )
                form.done(say("paper.mended"))
    _cancel(actor, batch)
    if may(actor, Action.ADJUDICATE) and batch.counted:
        name = f"paper.again.{batch.id}"
        with (
            st.expander(say("paper.again"), icon=":material/restart_alt:", expanded=begun(actor, name)),
            draft(actor, name) as form,
        ):
            reason = st.text_input(say("code.reason"), max_chars=200, **form.field("reason", ""))
            second, both = st.columns(2)
            only_second = batch.state is not PaperState.FIRST and second.button(
                say("paper.again_second"), disabled=not reason.strip(), width="stretch"
            )
            all_of_it = both.button(say("paper.again_both"), disabled=not reason.strip(), width="stretch")
            if only_second or all_of_it:
                paper.read_again(store(), actor, batch.id, reason, both=all_of_it)
                form.forget()
                st.rerun()


def _cancel(actor: Actor, batch: PaperBatch) -> None:
    if not (may(actor, Action.KEY_PAPER) or may(actor, Action.ADJUDICATE)):
        return
    name = f"paper.cancel.{batch.id}"
    with (
        st.expander(say("paper.cancel"), icon=":material/block:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        st.caption(say("paper.cancel_what"))
        reason = st.text_input(say("code.reason"), max_chars=200, **form.field("reason", ""))
        if reason.strip() and confirmed(name, say("paper.cancel"), say("paper.cancel_sure"), icon="block"):
            with form.saving():
                paper.cancel_batch(store(), actor, batch.id, reason)
                form.done(told("paper.cancelled_now", label=batch.label))


def _desk(actor: Actor, batch: PaperBatch, lists: dict[str, str]) -> None:
    desk = paper.desk(store(), actor, batch.id)
    # The key changes with the round and the person, so nobody ever meets another clerk's sheet.
    key = f"renovation.paper.{batch.id}.{desk.turn.value}.{actor.account_id}"
    if save_outbox(actor, desk, key):
        desk = paper.desk(store(), actor, batch.id)
    serials = st.toggle(
        say("paper.by_serial"), value=desk.by_serial, key=f"{key}.serials", help=say("paper.by_serial_help")
    )
    keyboard(desk, key, lists, serials=serials)
    keyed = len(desk.readings)
    st.progress(keyed / desk.batch.counted, text=say("paper.keyed", keyed=keyed, counted=desk.batch.counted))
    keyed_all = desk.next_position is None
    if st.button(
        say(f"paper.finish.{desk.turn.value}"), type="primary", disabled=not keyed_all, icon=":material/arrow_forward:"
    ):
        paper.finish_round(store(), actor, batch.id)
        done(say(f"paper.finished.{desk.turn.value}"))


def _count_table(found: Any, counted: int) -> None:
    none = None if READ_ALL in found else 0
    sums = {label("enum.Verdict", verdict): found.get(verdict, none) for verdict in Verdict}
    sums[say("paper.sum")] = sum(found.values())
    sums[say("paper.counted")] = counted
    grid(pd.DataFrame([sums]), kinds=dict.fromkeys(sums, COUNT), width=560, key="paper.sums")


def _compare(actor: Actor, poll: Poll, batch: PaperBatch) -> None:
    if batch.counted:
        open_ones = differences_section(actor, poll, batch)
    else:
        st.info(say("paper.empty_box"), icon=":material/inbox:")
        open_ones = 0
    _count_table(paper.counts(store(), actor, batch.id), batch.counted)
    if may(actor, Action.KEY_PAPER) or may(actor, Action.ADJUDICATE):
        closing = st.button(say("paper.close"), type="primary", disabled=bool(open_ones), icon=":material/inventory:")
        if closing:
            paper.close_batch(store(), actor, batch.id)
            done(told("paper.closed", label=batch.label))


def _closed(actor: Actor, batch: PaperBatch) -> None:
    _count_table(paper.counts(store(), actor, batch.id), batch.counted)
    if not may(actor, Action.ADJUDICATE):
        return
    name = f"paper.reopen.{batch.id}"
    with (
        st.expander(say("paper.reopen"), icon=":material/undo:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        reason = st.text_input(say("code.reason"), max_chars=200, **form.field("reason", ""))
        if st.button(say("paper.reopen_button"), disabled=not reason.strip()):
            paper.reopen_batch(store(), actor, batch.id, reason)
            form.forget()
            st.rerun()
