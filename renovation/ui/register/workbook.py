"""A workbook of several sheets taken in as one, and templates to fill in."""

from __future__ import annotations

import streamlit as st

from renovation.errors import Fault, ImportRefusedError
from renovation.model.accounts import Actor
from renovation.model.imports import ImportKind, ImportSource
from renovation.services.house import jobs, workbooks
from renovation.services.house.files import FileTask
from renovation.services.house.updates import effect_lines, update_text
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.findings import change_table, corrections_of, fault_table, refused, say_mended, verdict
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.jobs import begin
from renovation.ui.register.estates import enum_label
from renovation.ui.words import language, listed, say, told

_LISTED = 100


def templates(kind: ImportKind) -> None:
    """Offer an empty list of a kind to fill in, and the workbook of all."""
    with st.container(horizontal=True, gap="small"):
        if kind in workbooks.PARTS:
            made = workbooks.template([kind], language())
            offer(say("template.one", kind=enum_label(kind)), made, key=f"template.{kind.value}", icon="table")
        offer(
            say("template.whole"),
            workbooks.template(list(workbooks.PARTS), language()),
            key="template.whole",
            icon="library_books",
        )


@st.cache_data(max_entries=4, show_spinner=False)
def is_workbook(data: bytes) -> bool:
    """Tell whether a file is a workbook with several sheets of the register, called as the template calls them."""
    return len(workbooks.kinds_in(data)) > 1


def workbook_form(actor: Actor, data: bytes, source: ImportSource, datum: str) -> None:
    """Show what every sheet of a workbook brings, and have all of them taken in."""
    keys = {kind: f"{source.sha256}.{kind.value}" for kind in workbooks.PARTS}
    parts = workbooks.parse_workbook(data, datum=datum, corrections=lambda kind: corrections_of(keys[kind]))
    st.info(told("workbook.what", names=listed(enum_label(kind) for kind in parts)), icon=":material/library_books:")
    for kind, parsed in parts.items():
        st.markdown(f"**{enum_label(kind)}**")
        verdict(parsed, parsed.faults)
        say_mended(keys[kind], parsed.changes)
        if parsed.faults:
            heading = f"{enum_label(kind)} · {say('import_page.faults')}"
            refused(actor, parsed.faults, keys[kind], heading=heading)
    is_faulty = any(parsed.faults for parsed in parts.values())
    change_table([change for parsed in parts.values() for change in parsed.changes], has_faults=is_faulty)
    if is_faulty:
        return
    faults: tuple[Fault, ...] = ()
    with refusals() as met:
        try:
            trial = workbooks.import_workbook(store(), actor, parts, source=source, dry_run=True)
        except ImportRefusedError as error:
            faults = error.faults
    if met.error:
        return
    if faults:
        fault_table(say("import_page.faults"), faults)
        return
    asked = [fault for parsed in parts.values() for fault in parsed.warnings]
    asked += [fault for record in trial.values() for fault in record.questions]
    if asked:
        fault_table(say("import_page.warnings"), asked)
    for record in trial.values():
        for line in effect_lines(record.effects, language())[:_LISTED]:
            st.text(f"· {line}")
    updates = [(kind, update) for kind, record in trial.items() for update in record.updates]
    for kind, update in updates[:_LISTED]:
        st.text(update_text(store(), actor, kind, update, language()))
    sure = not (asked or updates) or st.checkbox(say("import_page.yes"), key=f"workbook.yes.{source.sha256}")
    count = workbooks.brought(trial)
    if not count:
        st.info(say("workbook.nothing_new"), icon=":material/check:")
    if st.button(
        say("workbook.take", count=count),
        type="primary",
        icon=":material/save:",
        disabled=not (sure and count),
        key="workbook.take",
    ):
        task = FileTask(
            kind=None,
            filename=source.filename,
            datum=datum,
            decided={kind: corrections_of(keys[kind]).decided for kind in parts},
            agreed={"update": bool(asked or updates)},
            data=data,
            parsed=parts,
        )
        begin(actor, lambda: jobs.ask_import(store(), actor, task))
