"""Pledges on screen: staff confirm offers and record what arrives."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.funding import PledgeState, SourceKind
from renovation.model.money import fen_in, yuan
from renovation.rules.money.pledges import PLEDGE_DAYS, SUPPORTER_KINDS
from renovation.services.money import funding, pledges
from renovation.services.money.pledges import PledgeRow
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.grid import COUNT, DAY, grid
from renovation.ui.frame.state import store
from renovation.ui.money.pots import kind_name
from renovation.ui.words import aside, plain, say, told


def _state_name(state: PledgeState) -> str:
    return say(f"pledge_state.{state.value}")


def pledges_section(actor: Actor) -> None:
    """Show every pledge; the one chosen can be confirmed, received or taken back."""
    waiting = pledges.list_pledges(store(), actor, [PledgeState.OFFERED])
    if waiting:
        st.info(told("pledge.waiting", count=len(waiting)), icon=":material/mark_email_unread:")
    states = st.segmented_control(
        say("pledge.state"),
        list(PledgeState),
        selection_mode="multi",
        format_func=_state_name,
        key="pledges.states",
        label_visibility="collapsed",
    )
    rows = pledges.list_pledges(store(), actor, states)
    chosen = _table(rows) if rows else None
    if not rows:
        st.info(say("pledge.none"), icon=":material/volunteer_activism:")
    if not may(actor, Action.RECORD_PLEDGE):
        return
    left, right = st.columns(2, gap="large")
    with left:
        if chosen is None:
            st.caption(say("pledge.choose"))
        else:
            _act_on(actor, chosen)
    with right:
        _record(actor)


def _table(rows: Sequence[PledgeRow]) -> PledgeRow | None:
    picked = grid(
        {
            "supporter": [row.pledge.supporter for row in rows],
            "project": [f"{row.place.code} {row.place.name}" for row in rows],
            "estate": [row.place.estate.name for row in rows],
            "kind": [kind_name(row.pledge.kind) for row in rows],
            "amount": [float(yuan(row.pledge.amount)) or None for row in rows],
            "hours": [float(row.pledge.hours) or None for row in rows],
            "received": [float(yuan(row.pledge.received)) if row.pledge.amount else None for row in rows],
            "state": [_state_name(row.state) for row in rows],
            "pledged_on": [row.pledge.pledged_on for row in rows],
            "expires_on": [row.pledge.expires_on for row in rows],
            "reference": [row.pledge.reference for row in rows],
        },
        words="pledge.column",
        kinds=dict.fromkeys(("amount", "hours", "received"), COUNT) | dict.fromkeys(("pledged_on", "expires_on"), DAY),
        ids=[row.pledge.id for row in rows],
        pick="one",
        tall=300,
        key="pledges",
    )
    return rows[picked[0]] if picked else None


def _act_on(actor: Actor, row: PledgeRow) -> None:
    one = row.pledge
    with st.container(border=True):
        st.markdown(f"**{plain(one.supporter)}** · {row.place.code} {plain(row.place.name)} · {_state_name(row.state)}")
        with draft(actor, f"pledge.{one.id}", base=one) as form, form.saving():
            if one.offered and one.withdrawn_on is None:
                last = st.date_input(
                    say("pledge.valid_until"),
                    min_value=today(),
                    format="YYYY-MM-DD",
                    **form.field("until", today() + timedelta(days=PLEDGE_DAYS)),
                )
                if st.button(say("pledge.confirm"), type="primary", icon=":material/check:", key="pledge.confirm"):
                    pledges.confirm_offer(store(), actor, int(one.id), expires_on=last)
                    form.done(told("pledge.confirmed", supporter=one.supporter))
            elif one.amount and one.withdrawn_on is None:
                owed = float(yuan(max(0, one.amount - one.received)))
                first, second = st.columns(2)
                arrived = first.number_input(
                    say("money.payment.amount"), 0.0, owed, step=100.0, **form.field("received", owed)
                )
                day = second.date_input(
                    say("money.payment.paid_on"), max_value=today(), format="YYYY-MM-DD", **form.field("day", today())
                )
                document = st.text_input(say("money.payment.document"), max_chars=120, **form.field("document", ""))
                if st.button(say("pledge.save_received"), icon=":material/save:", key="pledge.receive"):
                    pledges.receive(
                        store(), actor, int(one.id), form.base.version, amount=fen_in(arrived), document=document,
                        paid_on=day,
                    )  # fmt: skip
                    form.done(told("pledge.received_saved", supporter=one.supporter))
            if one.withdrawn_on is None and st.button(
                say("pledge.decline" if one.offered else "pledge.withdraw"), icon=":material/undo:", key="pledge.away"
            ):
                pledges.withdraw_pledge(store(), actor, int(one.id))
                form.done(told("pledge.is_withdrawn", supporter=one.supporter))


def _record(actor: Actor) -> None:
    places = {row.place.id: row.place for row in funding.money_rows(store(), actor)}
    name = "pledge.new"
    with st.expander(say("pledge.new"), expanded=begun(actor, name)), draft(actor, name) as form:
        project = st.selectbox(
            say("pledge.column.project"),
            list(places),
            index=None,
            format_func=lambda one: aside(f"{places[one].code} {places[one].name}", places[one].estate.name),
            placeholder=say("pledge.choose_project"),
            **form.field("project", among=[None, *places]),
        )
        name, kind, amount, hours = _fields(form)
        last = st.date_input(
            say("pledge.valid_until"),
            format="YYYY-MM-DD",
            **form.field("until", today() + timedelta(days=PLEDGE_DAYS)),
        )
        if st.button(say("pledge.save"), icon=":material/save:", key=form.key("save")):
            if project is None:
                st.warning(say("pledge.choose_project"), icon=":material/info:")
                return
            with form.saving():
                pledges.record_pledge(
                    store(), actor, project, supporter=name, kind=kind, amount=amount, hours=hours, expires_on=last
                )
                form.done(told("pledge.saved", supporter=name))


def _fields(form: Draft) -> tuple[str, SourceKind, int, Fraction]:
    """Draw who promises what, and return it; hours count for work in kind, money for anything else."""
    name = st.text_input(
        say("pledge.name"), max_chars=40, placeholder=say("pledge.name_hint"), help=say("pledge.name_help"),
        **form.field("name", ""),
    )  # fmt: skip
    kind = st.selectbox(
        say("pledge.column.kind"), SUPPORTER_KINDS, format_func=kind_name, **form.field("kind", SUPPORTER_KINDS[0])
    )
    one, two = st.columns(2)
    amount = one.number_input(say("pledge.amount"), 0.0, 1e8, step=100.0, **form.field("amount", 0.0))
    hours = two.number_input(say("pledge.hours"), 0.0, 10_000.0, step=1.0, **form.field("hours", 0.0))
    return name, kind, fen_in(amount), Fraction(Decimal(str(hours)))
