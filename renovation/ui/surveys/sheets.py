"""Sheets of buildings on screen: which have one, a sheet filled in, and what the sheets bring into the records."""

from __future__ import annotations

import streamlit as st

from renovation.model.accounts import Actor
from renovation.services.surveys import sheets
from renovation.services.surveys.campaigns import SurveyFile
from renovation.services.surveys.sheets import BuildingSheet
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.confirm import confirmed
from renovation.ui.frame.grid import grid
from renovation.ui.frame.state import store
from renovation.ui.surveys.doors import answers_form, seen
from renovation.ui.surveys.words import question_words
from renovation.ui.words import label, listed, plain, say, told


def sheets_tab(actor: Actor, file: SurveyFile) -> None:
    """List the buildings; choosing one lets a collector fill its sheet in."""
    st.caption(say("survey.buildings.lead"))
    found = sheets.building_sheets(store(), actor, file.survey.id)
    if not found:
        st.info(say("survey.buildings.none"), icon=":material/apartment:")
        return
    answered = sum(one.door.answered > 0 for one in found)
    st.progress(answered / len(found), told("survey.buildings.progress", answered=answered, buildings=len(found)))
    words = {one.code: question_words(file.survey.draft.kind, one) for form in file.forms for one in form.questions}
    picked = grid(
        {
            "estate": [file.estates[one.building.estate_id] for one in found],
            "building": [one.building.name for one in found],
            "state": [_state(one) for one in found],
            "news": [listed(words[code].rstrip("？?") for code in one.news) for one in found],
            "counted": [_counted(one, words) for one in found],
        },
        words="survey.buildings.column",
        headings={"estate": say("survey.column.estate")},
        ids=[one.building.id for one in found],
        pick="one",
        key=f"surveys.sheets.{file.survey.id}",
    )
    if file.leads and file.survey.gone_on is None and any(one.news for one in found):
        sure = confirmed(
            f"survey.sheets.{file.survey.id}",
            say("survey.buildings.take"),
            say("survey.buildings.take_sure"),
            icon="drive_file_move",
        )
        if sure:
            with refusals():
                done(told("survey.buildings.taken", count=sheets.take_sheets(store(), actor, file.survey.id)))
    if not picked:
        st.caption(say("survey.buildings.pick"))
        return
    _building(actor, file, found[picked[0]], [one for one in found if not one.door.answered], words)


def _state(one: BuildingSheet) -> str:
    return say("survey.door.not_yet") if one.door.outcome is None else label("enum.DoorOutcome", one.door.outcome)


def _counted(one: BuildingSheet, words: dict[str, str]) -> str:
    lines = (say("survey.buildings.differs", question=words[code], count=count) for code, count in one.counted.items())
    return listed(lines)


def _building(
    actor: Actor, file: SurveyFile, one: BuildingSheet, ahead: list[BuildingSheet], words: dict[str, str]
) -> None:
    st.markdown(f"#### {plain(one.building.name)}")
    if one.door.answered > 1:
        st.warning(told("survey.door.conflict", count=one.door.answered), icon=":material/call_split:")
    if one.counted:
        st.info(told("survey.buildings.counted", lines=_counted(one, words)), icon=":material/rule:")
    if file.survey.is_open and one.building.id in file.mine:
        answers_form(actor, file, one.door, [held.door for held in ahead])
    if one.door.visits and one.building.id in file.mine:
        seen(actor, file, one.door)
