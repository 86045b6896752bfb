"""Paper sheets keyed with number keys alone: one line a sheet, beside the numbers that the form gives to answers."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import streamlit as st

from renovation.errors import InvalidError
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.surveys import DoorOutcome, FormKind, QuestionKind, SurveyDoor, VisitChannel, VisitDraft
from renovation.rules.surveys.keys import read_keys
from renovation.services.surveys import sheets, visits
from renovation.services.surveys.campaigns import SurveyFile
from renovation.ui.frame.answers import done, refusals
from renovation.ui.frame.state import store
from renovation.ui.surveys.doors import staircase
from renovation.ui.surveys.words import answers_words, option_words, question_words
from renovation.ui.words import plain, say, told


def keying_tab(actor: Actor, file: SurveyFile) -> None:
    """Show the numbers of the form, and take sheets down line by line."""
    if file.survey.draft.kind is FormKind.BUILDING:
        found = sheets.building_sheets(store(), actor, file.survey.id)
        doors = tuple(one.door for one in found if one.building.id in file.mine)
    else:
        chosen = staircase(actor, file)
        doors = () if chosen is None else chosen[1]
    if not doors:
        return
    left, right = st.columns([3, 2], gap="medium")
    with right:
        _line(actor, file, doors)
    with left:
        _numbers(file)


def _numbers(file: SurveyFile) -> None:
    asked = [one for one in file.form.questions if one.kind is not QuestionKind.WORDS]
    for place, question in enumerate(asked, 1):
        if question.choices:
            words = (plain(option_words(question, one)) for one in question.choices)
            options = "　".join(f"`{at}`\N{NO-BREAK SPACE}{said}" for at, said in enumerate(words, 1))
        else:
            options = plain(say("survey.keying.number", low=question.low, high=question.high))
        st.markdown(f"**{place}. {plain(question_words(file.survey.draft.kind, question))}**　{options}")


def _line(actor: Actor, file: SurveyFile, doors: Sequence[SurveyDoor]) -> None:
    asks_of = "_building" if file.survey.draft.kind is FormKind.BUILDING else ""
    st.caption(say(f"survey.keying.hint{asks_of}"))
    with st.form(f"survey.keying.{file.survey.id}", clear_on_submit=True):
        line = st.text_input(say(f"survey.keying.line{asks_of}"), key=f"survey.keying.{file.survey.id}.line")
        sent = st.form_submit_button(say("survey.keying.save"), icon=":material/keyboard_return:")
    if not sent or not line.strip():
        return
    with refusals():
        number, _, keys = line.strip().partition("+")
        door = _door(doors, number.strip())
        answers = read_keys(file.form, keys)
        visits.record_visit(
            store(),
            actor,
            file.survey.id,
            VisitDraft(
                id=secrets.token_hex(12),
                household_id=door.household_id,
                outcome=DoorOutcome.ANSWERED,
                form_version=file.form.version,
                visited_at=now(),
                channel=VisitChannel.PAPER,
                answers=answers,
            ),
        )
        done(told("survey.keying.saved", number=door.number, answers=answers_words(file.form.questions, answers)))


def _door(doors: Sequence[SurveyDoor], typed: str) -> SurveyDoor:
    """Return the door of a number; a building such as 3栋 also by its digits alone, where no other has them."""
    found = [one for one in doors if one.number == typed]
    found = found or [one for one in doors if typed and "".join(filter(str.isdigit, one.number)) == typed]
    if len(found) != 1:
        raise InvalidError("survey.door_unknown", value=typed[:20])
    return found[0]
