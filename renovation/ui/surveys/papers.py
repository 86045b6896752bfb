"""Papers of a survey on screen: what is hung up before it, taken along, and put up after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from renovation.exports.files.tables import Exported, file_stem
from renovation.model.accounts import Actor
from renovation.model.surveys import FormKind
from renovation.services.surveys import papers
from renovation.services.surveys.campaigns import SurveyFile
from renovation.services.surveys.figures import survey_figures
from renovation.services.surveys.papers import MOST_QUOTES, PaperFormat, SurveyPaper
from renovation.services.surveys.sheets import building_table
from renovation.store import Store
from renovation.ui.frame.answers import refusals
from renovation.ui.frame.offer import issuer_at, offer
from renovation.ui.frame.state import store
from renovation.ui.surveys.fieldwork import fieldwork_part, phone_part
from renovation.ui.words import language, listed, plain, say


def papers_tab(actor: Actor, file: SurveyFile) -> None:
    """Offer the papers of a survey."""
    at_homes = file.survey.draft.kind is not FormKind.BUILDING
    if at_homes:
        st.markdown(f"**{say('survey.papers.notice')}**")
        _paper(actor, file, SurveyPaper.DOOR_NOTICE)
    if file.mine:
        st.markdown(f"**{say('survey.papers.way')}**")
        _way(actor, file)
    phone_part(actor, file)
    fieldwork_part(actor, file)
    if not at_homes:
        _offer(
            file,
            say("survey.buildings.table"),
            lambda here, tongue: building_table(here, actor, file.survey.id, tongue),
            key="buildings",
            name=f"{say('survey.sheet.buildings_file', name=file.survey.draft.name)}.xlsx",
        )
        return
    st.markdown(f"**{say('survey.papers.after')}**")
    if not survey_figures(store(), actor, file.survey.id).options:
        st.caption(say("survey.papers.too_few"))
        return
    _offer(
        file,
        say("survey.papers.table"),
        lambda here, tongue: papers.willingness_table(here, actor, file.survey.id, tongue),
        key="table",
        name=f"{say('survey.table.file', name=file.survey.draft.name)}.xlsx",
    )
    _paper(actor, file, SurveyPaper.RESULT_NOTICE)
    _paper(actor, file, SurveyPaper.REPORT, _quotes(actor, file))


def _offer(file: SurveyFile, words: str, make: Callable[[Store, str], Exported], *, key: str, name: str) -> None:
    here, tongue = store(), language()
    homes = list(file.estates)
    offer(
        words,
        lambda: make(here, tongue),
        name=file_stem(name.rpartition(".")[0]) + "." + name.rpartition(".")[2],
        key=f"survey.paper.{file.survey.id}.{key}",
        issued=issuer_at(homes[0] if len(homes) == 1 else None),
    )


def _paper(actor: Actor, file: SurveyFile, paper: SurveyPaper, quotes: Sequence[str] = ()) -> None:
    what = say(f"survey.papers.{paper.value}")
    title = say(f"survey.paper.{paper.value}", where=_where(file), name=file.survey.draft.name)
    with st.container(horizontal=True):
        for format_, words in ((PaperFormat.DOCX, "word"), (PaperFormat.HTML, "print")):

            def make(here: Store, tongue: str, format_: PaperFormat = format_) -> Exported:
                return papers.survey_paper(here, actor, file.survey.id, paper, format_, tongue, quotes)

            _offer(
                file,
                say(f"survey.papers.{words}", what=what),
                make,
                key=f"{paper.value}.{format_.value}",
                name=f"{title}.{format_.value}",
            )


def _where(file: SurveyFile) -> str:
    return listed(file.estates.values())


def _way(actor: Actor, file: SurveyFile) -> None:
    names = {one.id: f"{file.estates[one.estate_id]} {one.name}" for one in file.buildings if one.id in file.mine}
    building = st.selectbox(
        say("survey.papers.building"),
        list(names),
        format_func=lambda one: plain(names[one]),
        key=f"survey.papers.building.{file.survey.id}",
    )
    name = file.survey.draft.name
    with st.container(horizontal=True):
        at_homes = file.survey.draft.kind is not FormKind.BUILDING
        for key, one in (("blank", None), ("sheets", building)):

            def make(here: Store, tongue: str, one: int | None = one) -> Exported:
                return papers.sheets(here, actor, file.survey.id, one, tongue)

            words = f"{say('survey.sheet.file', name=name)}.html"
            what = say("survey.buildings.sheet" if one and not at_homes else f"survey.papers.{key}")
            _offer(file, what, make, key=key, name=words)
        if not at_homes:
            return
        home = next(one.name for one in file.buildings if one.id == building)
        _offer(
            file,
            say("survey.papers.list"),
            lambda here, tongue: papers.door_list(here, actor, file.survey.id, building, tongue),
            key="list",
            name=f"{say('survey.list.file', name=name, building=home)}.xlsx",
        )


def _quotes(actor: Actor, file: SurveyFile) -> list[str]:
    """Let a lead read what residents said, once they ask for it, and choose what the report quotes."""
    if not file.leads or file.survey.gone_on is not None:
        return []
    key = f"survey.words.{file.survey.id}"
    if st.button(say("survey.papers.read_words"), icon=":material/format_quote:", key=f"{key}.ask"):
        with refusals():
            st.session_state[key] = papers.words_said(store(), actor, file.survey.id)
    said = st.session_state.get(key)
    if not said:
        return []
    return st.multiselect(
        say("survey.papers.quotes"), said, format_func=plain, max_selections=MOST_QUOTES, key=f"{key}.chosen"
    )
