"""Buildings down to their doors, and what a survey looked for and found."""

from __future__ import annotations

from datetime import date

import streamlit as st

from renovation.model.accounts import Action, Actor, may
from renovation.model.clock import today
from renovation.model.places import Deficit
from renovation.model.surveys import FormKind
from renovation.services.register.deficits import MAX_COLLECTOR, record_deficits
from renovation.services.register.estates import EstateFile, doors_of
from renovation.services.surveys.sheets import KnownFact, building_facts
from renovation.text.surveys import answer_said, question_said
from renovation.ui.frame.drafts import begun, draft
from renovation.ui.frame.grid import WHOLE, grid
from renovation.ui.frame.shell import page_link
from renovation.ui.frame.state import store
from renovation.ui.register.buildings import building_form
from renovation.ui.register.estates import enum_label
from renovation.ui.words import aside, language, plain, say, told


def buildings(file: EstateFile, actor: Actor) -> None:
    """List the buildings; choosing one shows its stairwells and doors."""
    may_edit = may(actor, Action.EDIT_ESTATES)
    if not file.buildings:
        st.info(say("estate.file.no_buildings"))
        if may_edit:
            building_form(actor, file.estate.id, None)
        return
    yes, no = say("estate.file.yes"), say("estate.file.no")
    picked = grid(
        {
            "building": [one.name for one in file.buildings],
            "floors": [one.floors for one in file.buildings],
            "stairs": [file.doors.get(one.id, (0, 0))[0] for one in file.buildings],
            "doors": [file.doors.get(one.id, (0, 0))[1] for one in file.buildings],
            "lift": ["" if one.has_lift is None else yes if one.has_lift else no for one in file.buildings],
        },
        words="estate.file",
        kinds=dict.fromkeys(("floors", "stairs", "doors"), WHOLE),
        ids=[one.id for one in file.buildings],
        pick="one",
        key="estate.buildings",
    )
    if not picked:
        st.caption(say("estate.file.choose_building"))
        if may_edit:
            building_form(actor, file.estate.id, None)
        return
    one = file.buildings[picked[0]]
    stairwells = doors_of(store(), actor, one.id)
    st.markdown(f"**{plain(one.name)}**")
    if not stairwells:
        st.caption(say("estate.file.no_doors"))
    for unit, doors in stairwells:
        st.markdown(aside(plain(unit.name), say("estate.file.doors_count", count=len(doors))))
        st.caption(plain("　".join(door.number for door in doors)))
    _facts(actor, file.estate.id, one.id)
    if may_edit:
        building_form(actor, file.estate.id, one, stairwells)


def _facts(actor: Actor, estate_id: int, building_id: int) -> None:
    """Say what sheets brought into the building's record, of each survey with its day and the way there."""
    by_survey: dict[int, list[KnownFact]] = {}
    for one in building_facts(store(), actor, estate_id):
        if one.fact.building_id == building_id:
            by_survey.setdefault(one.fact.survey_id, []).append(one)
    for survey_id, found in by_survey.items():
        day = max(one.fact.taken_on for one in found)
        st.markdown(f"**{told('survey.buildings.on_file', survey=found[0].survey, day=day)}**")
        lines = (
            f"{plain(question_said(FormKind.BUILDING, one.question, language()))} "
            f"**{plain(answer_said(one.question, one.fact.said, language()))}**"
            for one in found
        )
        st.markdown("　".join(lines))
        page_link("surveys", label=say("survey.taken.open"), icon="door_front", query={"survey": str(survey_id)})


def survey_form(file: EstateFile, actor: Actor) -> None:
    """Take down which deficits were looked at, and what was found."""
    name = f"estate.survey.{file.estate.id}"
    with (
        st.expander(say("estate.survey.title"), icon=":material/checklist:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        st.caption(say("estate.survey.hint"))
        who, when = st.columns(2)
        collector = who.text_input(
            say("estate.file.collector"),
            max_chars=MAX_COLLECTOR,
            **form.field("collector", actor.name or actor.login),
        )
        day = when.date_input(
            say("estate.file.collected_on"), max_value=today(), format="YYYY-MM-DD", **form.field("day", today())
        )
        found: dict[Deficit, bool] = {}
        columns = st.columns(3)
        for place, deficit in enumerate(Deficit):
            said = columns[place % 3].radio(
                enum_label(deficit),
                ["yes", "no"],
                # Never filled in beforehand: what is saved was looked at by this person on this day.
                index=None,
                format_func=lambda answer: say(f"estate.file.{answer}"),
                horizontal=True,
                **form.field(deficit.value),
            )
            if said is not None:
                found[deficit] = said == "yes"
        if not st.button(say("estate.survey.save"), type="primary", icon=":material/save:", key=form.key("save")):
            return
        assert isinstance(day, date)
        with form.saving():
            record_deficits(
                store(),
                actor,
                file.estate.id,
                found,
                collected_on=day,
                collector=collector,
                version=file.estate.version,
            )
            form.forget()
            st.rerun()
