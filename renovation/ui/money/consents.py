"""Owners' consents of an estate on screen: counts, the four tests of 民法典 第278条, and how long each counts."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.consents import ConsentCount, ConsentDraft, ConsentRecord, Matter, VoteScope
from renovation.rules.money.consent import ConsentResult
from renovation.services.money import gates
from renovation.services.money.gates import EstateGates
from renovation.ui.frame.drafts import Draft, begun, draft
from renovation.ui.frame.state import store
from renovation.ui.words import plain, say, told


def consents_part(actor: Actor, seen: EstateGates) -> None:
    """List the estate's votes on file, and record another."""
    st.markdown(f"**{say('consents.title', count=len(seen.consents))}**")
    st.caption(say("consents.what"))
    for record, result in seen.consents:
        _record(actor, record, result)
    if may(actor, Action.RECORD_GATE):
        _form(actor, seen.row.place.id)


def _record(actor: Actor, record: ConsentRecord, result: ConsentResult) -> None:
    draft, count = record.draft, record.draft.count
    with st.container(border=True):
        mark = ":green[:material/check_circle:]" if result.passed else ":red[:material/cancel:]"
        if record.withdrawn_on:
            mark = ":gray[:material/undo:]"
        where = say(f"consent_scope.{draft.vote_scope.value}") + (f" {draft.part}" if draft.part else "")
        st.markdown(
            f"{mark} **{plain(draft.subject)}**　{plain(where)} · {say(f'consent_matter.{draft.matter.value}')}"
        )
        st.markdown(
            told(
                "consents.counts",
                agree=count.agree_heads,
                heads=count.total_heads,
                agree_area=count.agree_area,
                area=count.total_area,
                share_heads=count.agree_share_heads,
                share_area=count.agree_share_area,
            )
        )
        tests = [
            f"{':green[:material/check:]' if test.passed else ':red[:material/close:]'} "
            + say(
                "consents.test" if test.at_least else "consents.test_more",
                name=say(f"consent_test.{test.name}"),
                reached=test.reached,
                needed=test.needed,
            )
            for test in result.tests
        ]
        st.caption("　".join(tests))
        if not result.passed and (result.heads_missing or result.area_missing):
            st.caption(told("consents.missing", heads=result.heads_missing, area=result.area_missing))
        st.caption(plain(_days(record)))
        if record.withdrawn_on is None and may(actor, Action.RECORD_GATE):
            _withdraw(actor, record)


def _days(record: ConsentRecord) -> str:
    draft = record.draft
    words = [say("consents.decided", day=draft.decided_on)]
    if draft.valid_until:
        words.append(say("consents.valid", day=draft.valid_until))
    if record.withdrawn_on:
        words.append(say("consents.withdrawn", day=record.withdrawn_on, why=record.withdrawn_why))
    if not draft.for_gate:
        words.append(say("consents.not_for_gate"))
    return " · ".join([*words, draft.evidence])


def _withdraw(actor: Actor, record: ConsentRecord) -> None:
    with (
        st.popover(say("consents.withdraw"), icon=":material/undo:"),
        draft(actor, f"consent.away.{record.id}") as form,
    ):
        day = st.date_input(
            say("consents.withdrawn_on"), max_value=today(), format="YYYY-MM-DD", **form.field("day", today())
        )
        why = st.text_input(say("consents.why"), max_chars=200, **form.field("why", ""))
        if st.button(say("consents.withdraw_now"), key=form.key("save")):
            with form.saving():
                gates.withdraw_consent(store(), actor, record.id, day=day, why=why)
                form.done(told("consents.withdrawn_said", subject=record.draft.subject))


def _form(actor: Actor, estate_id: int) -> None:
    name = f"consent.new.{estate_id}"
    with (
        st.expander(say("consents.new"), icon=":material/add:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        subject = st.text_input(
            say("consents.subject"),
            max_chars=120,
            placeholder=say("consents.subject_hint"),
            **form.field("subject", ""),
        )
        one, two, three = st.columns(3)
        matter = one.selectbox(
            say("consents.matter"),
            tuple(Matter),
            format_func=lambda m: say(f"consent_matter.{m.value}"),
            **form.field("matter", Matter.ORDINARY),
        )
        scope = two.selectbox(
            say("consents.scope"),
            list(VoteScope),
            format_func=lambda s: say(f"consent_scope.{s.value}"),
            **form.field("scope", VoteScope.ESTATE),
        )
        part = three.text_input(
            say("consents.part"), max_chars=60, placeholder=say("consents.part_hint"), **form.field("part", "")
        )
        heads = _row(form, "heads")
        areas = _row(form, "area")
        left, middle, right = st.columns(3)
        decided = left.date_input(
            say("consents.decided_on"), max_value=today(), format="YYYY-MM-DD", **form.field("decided", today())
        )
        until: date | None = middle.date_input(
            say("consents.valid_until"),
            value=None,
            format="YYYY-MM-DD",
            help=say("consents.valid_help"),
            **form.field("until"),
        )
        for_gate = right.checkbox(
            say("consents.for_gate"), help=say("consents.for_gate_help"), **form.field("for_gate", True)
        )
        evidence = st.text_input(
            say("consents.evidence"),
            max_chars=200,
            placeholder=say("consents.evidence_hint"),
            **form.field("evidence", ""),
        )
        if st.button(say("consents.save"), icon=":material/save:", key=form.key("save")):
            with form.saving():
                count = ConsentCount(
                    total_heads=int(heads[0]),
                    agree_heads=int(heads[1]),
                    object_heads=int(heads[2]),
                    abstain_heads=int(heads[3]),
                    total_area=areas[0],
                    agree_area=areas[1],
                    object_area=areas[2],
                    abstain_area=areas[3],
                )
                consent = ConsentDraft(
                    estate_id=estate_id,
                    matter=matter or Matter.ORDINARY,
                    subject=subject,
                    count=count,
                    decided_on=decided,
                    evidence=evidence,
                    vote_scope=scope or VoteScope.ESTATE,
                    part=part,
                    for_gate=for_gate,
                    valid_until=until,
                )
                _, result = gates.record_consent(store(), actor, consent)
                said = "consents.saved_passed" if result.passed else "consents.saved_failed"
                form.done(told(said, subject=consent.subject))


def _row(form: Draft, kind: str) -> list[Fraction]:
    """Draw the four counts of one kind: all, agreeing, objecting, abstaining."""
    found = []
    for name, column in zip(("total", "agree", "object", "abstain"), st.columns(4), strict=True):
        words = say(f"consents.{name}_{kind}")
        if kind == "heads":
            found.append(Fraction(int(column.number_input(words, 0, 100_000, **form.field(f"{name}_{kind}", 0)))))
        else:
            area = column.number_input(words, 0.0, 1e8, step=10.0, **form.field(f"{name}_{kind}", 0.0))
            found.append(Fraction(Decimal(str(area))))
    return found
