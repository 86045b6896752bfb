"""Payments of a project on screen: what has arrived, when and by which document; one more, or one taken back."""

from __future__ import annotations

import streamlit as st

from renovation.errors import ImportRefusedError
from renovation.exports.files.tables import TableSheet, workbook
from renovation.imports.money.payments import FIELDS, parse_payments
from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.funding import Payment, PaymentDraft, SourceKind
from renovation.model.imports import ImportSource
from renovation.model.money import fen_in, yuan
from renovation.services.money import payments
from renovation.services.money.funding import ProjectMoney
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.findings import corrections_of, forget_corrections, may_be_taken, refused
from renovation.ui.frame.grid import COUNT, DAY, grid
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.money.pots import kind_name
from renovation.ui.uploads import file_field
from renovation.ui.words import aside, say, told

_EPOCH = "money.payments.file"


def payments_section(actor: Actor, seen: ProjectMoney) -> None:
    """List the payments of a project, and let who keeps the money add one or take one back."""
    found = payments.payments(store(), actor, seen.place.id)
    st.markdown(f"**{say('money.payments')}**")
    picked = []
    if found:
        names = {pot.id: pot.name for pot in seen.open_pots}
        picked = grid(
            {
                "paid_on": [one.paid_on for one in found],
                "from": [one.supporter or names.get(one.pot or "", kind_name(one.kind)) for one in found],
                "amount": [float(yuan(one.amount)) for one in found],
                "document": [one.document for one in found],
                "standing": [
                    say("money.payment_undone", day=one.undone_on, why=one.undone_why) if one.undone_on else ""
                    for one in found
                ],
            },
            words="money.payment",
            kinds={"amount": COUNT, "paid_on": DAY},
            ids=[one.id for one in found],
            pick="one",
            key=f"money.payments.{seen.place.id}",
        )
    else:
        st.caption(say("money.no_payments"))
    if not may(actor, Action.EDIT_MONEY):
        return
    if picked and found[picked[0]].undone_on is None:
        _undo(actor, seen, found[picked[0]])
    _record(actor, seen)


def payments_list(actor: Actor) -> None:
    """Take in a list of payments: what is wrong with it, what it would record, and one button."""
    if not may(actor, Action.EDIT_MONEY):
        return
    epoch = st.session_state.get(_EPOCH, 0)
    with st.expander(say("money.payments_list"), icon=":material/upload_file:"):
        st.caption(say("money.payments_list_how"))
        name = say("money.payments_list_name")
        empty = TableSheet(name=name, headings=[field.headings[0] for field in FIELDS], rows=[])
        offer(say("money.payments_template"), workbook(name, [empty]), key="money.payments.template", icon="table")
        file = file_field(say("money.payments_file"), type=["xlsx", "csv"], key=f"{_EPOCH}.{epoch}")
        if file is None:
            return
        with refusals():
            data = file.getvalue()
            key = ImportSource.of(file.name, data).sha256
            parsed = parse_payments(data, corrections=corrections_of(key))
            if not may_be_taken(actor, parsed, key):
                return
            try:
                trial = payments.import_payments(store(), actor, parsed, dry_run=True)
            except ImportRefusedError as error:
                refused(actor, error.faults, key, is_kept=False)
                return
            said = {"count": trial.recorded, "sum": trial.amount}
            st.info(told("money.payments_trial", known=trial.recognised, **said), icon=":material/fact_check:")
            if trial.recorded and st.button(say("money.take_payments"), type="primary", icon=":material/save:"):
                payments.import_payments(store(), actor, parsed)
                forget_corrections()
                st.session_state[_EPOCH] = epoch + 1
                done(told("money.payments_taken", **said))


def _record(actor: Actor, seen: ProjectMoney) -> None:
    names = {f"pot:{pot.id}": aside(pot.name, pot.year) for pot in seen.open_pots}
    names |= {f"kind:{kind.value}": kind_name(kind) for kind in SourceKind if kind is not SourceKind.IN_KIND}
    # What is owed stands first: an adopted programme's pots, then the sources on file.
    owed = [f"pot:{pot.id}" for pot, _ in seen.planned]
    owed += [f"pot:{one.pot}" if one.pot else f"kind:{one.kind.value}" for one in seen.contributions]
    options = list(dict.fromkeys([*(one for one in owed if one in names), *names]))
    name = f"money.payment.{seen.place.id}"
    with st.expander(say("money.new_payment"), expanded=begun(actor, name)), draft(actor, name) as form:
        source = st.selectbox(
            say("money.payment.from"),
            options,
            index=None,
            format_func=names.__getitem__,
            placeholder=say("money.source_hint"),
            **form.field("source", among=[None, *options]),
        )
        one, two = st.columns(2)
        amount = one.number_input(say("money.payment.amount"), 0.0, 1e10, step=1000.0, **form.field("amount", 0.0))
        day = two.date_input(
            say("money.payment.paid_on"), max_value=today(), format="YYYY-MM-DD", **form.field("day", today())
        )
        document = st.text_input(
            say("money.payment.document"), max_chars=120, placeholder=say("money.document_hint"),
            **form.field("document", ""),
        )  # fmt: skip
        if not st.button(say("money.save_payment"), icon=":material/save:", width="stretch", key=form.key("save")):
            return
        if source is None:
            st.warning(say("money.source_hint"), icon=":material/info:")
            return
    with form.saving():
        what, _, value = source.partition(":")
        asked = PaymentDraft(
            project=seen.place.id,
            amount=fen_in(amount),
            paid_on=day,
            document=document,
            kind=SourceKind(value) if what == "kind" else SourceKind.DISTRICT,
            pot=value if what == "pot" else None,
        )
        payments.record_payment(store(), actor, asked)
        form.done(told("money.payment_saved", code=seen.place.code, amount=asked.amount))


def _undo(actor: Actor, seen: ProjectMoney, one: Payment) -> None:
    with draft(actor, f"money.payment.undo.{one.id}") as form:
        reason = st.text_input(say("money.undo_reason"), max_chars=200, **form.field("reason", ""))
        wanted = st.button(say("money.undo_payment"), icon=":material/undo:", key=form.key("save"))
    if wanted:
        with form.saving():
            payments.undo_payment(store(), actor, one.id, reason=reason)
            form.done(told("money.payment_taken_back", code=seen.place.code, amount=one.amount))
