"""Downloads of an outcome, and the notice's form with its preview."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from renovation.exports.files.imprint import marked
from renovation.exports.files.tables import Exported, file_stem
from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.elections import Allocation
from renovation.services import lists
from renovation.services.outcome.exports import ExportFormat, export_outcome
from renovation.services.outcome.notices import NoticeDetails
from renovation.services.outcome.results import Election
from renovation.ui.frame.drafts import draft
from renovation.ui.frame.offer import issuer_at, offer
from renovation.ui.frame.state import store
from renovation.ui.words import language, listed, say

_DATA = (
    (ExportFormat.XLSX, "table"),
    (ExportFormat.CSV, "csv"),
    (ExportFormat.GPKG, "map"),
    (ExportFormat.GEOJSON, "share_location"),
    (ExportFormat.PB, "how_to_vote"),
)


def data_files(held: Election, allocation: Allocation) -> None:
    """Offer the tables and map data; each is made when it is asked for."""
    tongue = language().value

    def make(format_: ExportFormat) -> Callable[[], Exported]:
        return lambda: export_outcome(held, allocation, format_, language=tongue)

    for column, (format_, icon) in zip(st.columns(len(_DATA)), _DATA, strict=True):
        with column:
            offer(
                say(f"page_exports.{format_.value}"),
                make(format_),
                name=f"{file_stem(held.poll.title)}.{format_.value}",
                icon=icon,
                width="stretch",
                key=f"exports.{format_.value}",
                hint=say("page_exports.pb_note") if format_ is ExportFormat.PB else None,
                issued=issuer_at(held.poll.estate_id),
            )


def notice_form(actor: Actor, held: Election, allocation: Allocation) -> None:
    """Ask for what a notice says besides the outcome, show it, and offer it as a Word file and for printing."""
    settings, issued = held.poll.settings, issuer_at(held.poll.estate_id)
    with draft(actor, f"exports.notice.{held.poll.id}") as form:
        first, second = st.columns(2)
        office = first.text_input(
            say("page_exports.office"), max_chars=80, **form.field("office", settings.notice_office or issued.name)
        )
        phone = second.text_input(
            say("page_exports.phone"), max_chars=40, **form.field("phone", settings.notice_phone or issued.phone)
        )
        start = first.date_input(say("page_exports.start"), format="YYYY-MM-DD", **form.field("start", today()))
        days = second.number_input(
            say("page_exports.days"),
            min_value=1,
            max_value=60,
            help=say("page_exports.days_note"),
            **form.field("days", 7),
        )
    details = NoticeDetails(
        day=today(),
        office=office.strip(),
        phone=phone.strip(),
        start=start,
        days=int(days),
        calendar=lists.work_calendar(store()),
    )
    if lacking := details.calendar.lacks({details.begins.year, details.ends.year}):
        st.warning(say("list.years_lacking", years=listed(map(str, lacking))), icon=":material/event_busy:")
    tongue = language().value
    page = export_outcome(held, allocation, ExportFormat.NOTICE, language=tongue, details=details)
    word = export_outcome(held, allocation, ExportFormat.NOTICE_DOCX, language=tongue, details=details)
    left, right, _ = st.columns([1, 1, 2])
    with left:
        offer(
            say("page_exports.notice_docx"),
            word,
            icon="description",
            width="stretch",
            key="exports.notice_docx",
            issued=issued,
        )
    with right:
        offer(
            say("page_exports.notice_html"),
            page,
            icon="print",
            width="stretch",
            key="exports.notice_html",
            issued=issued,
        )
    st.caption(say("page_exports.preview"))
    st.iframe(marked(page, issued, tongue)[2].decode(), height=620)
