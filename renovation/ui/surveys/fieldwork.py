"""Field teams with KoboToolbox or ODK on screen: the form to take along, and their exports to take in."""

from __future__ import annotations

from collections import Counter

import streamlit as st

from renovation.errors import ImportRefusedError
from renovation.model import addresses
from renovation.model.accounts import Actor
from renovation.model.imports import ImportSource
from renovation.services.surveys import fieldwork, phones
from renovation.services.surveys.campaigns import SurveyFile
from renovation.services.surveys.phones import VisitArrival
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.findings import fault_table
from renovation.ui.frame.offer import offer
from renovation.ui.frame.state import store
from renovation.ui.uploads import file_field
from renovation.ui.words import say, told

_EPOCH = "surveys.fieldwork"


def phone_part(actor: Actor, file: SurveyFile) -> None:
    """Lead a collector to the page for the phone, and take in the file that it saves where there is no network."""
    if not file.mine or file.survey.gone_on is not None:
        return
    path = f"{addresses.DOORS}?survey={file.survey.id}"
    with st.expander(say("survey.phone.title"), icon=":material/smartphone:"):
        st.markdown(told("survey.phone.how", link=addresses.on_phones(path) or path))
        st.link_button(say("survey.phone.open"), path, icon=":material/smartphone:")
        epoch = st.session_state.get(_EPOCH, 0)
        sent = file_field(say("survey.phone.file"), type=["json"], key=f"{_EPOCH}.phone.{file.survey.id}.{epoch}")
        if sent is None:
            return
        with refusals():
            brought = phones.take_file(store(), actor, file.survey.id, sent.getvalue())
            arrived = Counter(one.arrival for one in brought)
            st.session_state[_EPOCH] = epoch + 1
            counts = {one.value: arrived[one] for one in VisitArrival}
            done(told("survey.phone.taken", **counts))


def fieldwork_part(actor: Actor, file: SurveyFile) -> None:
    """Offer a lead the form for field teams, and take in what they bring, after a reading for trial."""
    if not file.leads or file.survey.gone_on is not None:
        return
    with st.expander(say("survey.fieldwork.title"), icon=":material/phone_android:"):
        here, number = store(), file.survey.id
        offer(
            say("survey.fieldwork.form"),
            lambda: fieldwork.form_for_field(here, actor, number),
            name=f"{say('survey.xlsform.file', name=file.survey.draft.name)}.xlsx",
            key=f"survey.xlsform.{number}",
        )
        if not file.survey.is_open:
            return
        epoch = st.session_state.get(_EPOCH, 0)
        sent = file_field(say("survey.fieldwork.file"), type=["csv", "xlsx"], key=f"{_EPOCH}.{number}.{epoch}")
        if sent is None:
            return
        with refusals():
            data = sent.getvalue()
            source = ImportSource.of(sent.name, data)
            try:
                rows = fieldwork.read_visits(here, actor, number, data)
                trial = fieldwork.import_visits(here, actor, number, rows, source=source, dry_run=True)
            except ImportRefusedError as error:
                fault_table(say("import_page.faults"), error.faults)
                return
            st.info(_told("taken_trial", trial), icon=":material/fact_check:")
            if trial.recorded and st.button(say("survey.fieldwork.take"), type="primary", icon=":material/save:"):
                taken = fieldwork.import_visits(here, actor, number, rows, source=source)
                st.session_state[_EPOCH] = epoch + 1
                done(_told("taken", taken))


def _told(key: str, found: fieldwork.VisitsTaken) -> str:
    return told(
        f"survey.fieldwork.{key}",
        rows=found.rows,
        recorded=found.recorded,
        recognised=found.recognised,
        twice=found.asked_twice,
        moved=found.moved,
    )
