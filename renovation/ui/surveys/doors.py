"""The doors of a staircase: a grid of floors and rooms, the next door, and what was met there, in one tap."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

import streamlit as st

from renovation.exports.surveys.pictures import address_of, path_of
from renovation.model.accounts import Actor
from renovation.model.clock import day_of, now
from renovation.model.surveys import (
    MAX_WORDS,
    Answers,
    DoorOutcome,
    Form,
    FormKind,
    QuestionKind,
    SurveyDoor,
    SurveyQuestion,
    VisitChannel,
    VisitDraft,
)
from renovation.services.surveys import visits
from renovation.services.surveys.campaigns import SurveyFile
from renovation.text.surveys import numbered
from renovation.ui.frame.answers import done, refusals, warn_of_contacts
from renovation.ui.frame.drafts import Draft, begun, draft, forget_draft
from renovation.ui.frame.state import person, store
from renovation.ui.surveys.words import LOOKS, answers_words, option_words, question_words
from renovation.ui.words import label, listed, plain, say, told

_CHOSEN = "surveys.door"
#: A door where nothing more is to be got, unless all else is done.
_SETTLED = (DoorOutcome.ANSWERED, DoorOutcome.REFUSED, DoorOutcome.EMPTY)
_TAPPED = (DoorOutcome.NOT_HOME, DoorOutcome.REFUSED, DoorOutcome.EMPTY)
#: Doors that are named as the next ones.
_NEXT = 4


def staircase(actor: Actor, file: SurveyFile) -> tuple[str, tuple[SurveyDoor, ...]] | None:
    """Let somebody choose one of their staircases, and return its name and doors."""
    several = len(file.estates) > 1
    mine = {
        one.id: f"{file.estates[one.estate_id]} {one.name}" if several else one.name
        for one in file.buildings
        if one.id in file.mine
    }
    if not mine:
        st.info(say("survey.door.none_yours"), icon=":material/door_front:")
        return None
    where = f"surveys.{file.survey.id}"
    left, right = st.columns([2, 3], gap="medium")
    building = left.selectbox(
        say("survey.door.building"), list(mine), format_func=lambda one: mine[one], key=f"{where}.building"
    )
    found = dict(visits.doors_of(store(), actor, file.survey.id, building))
    if not found:
        st.info(say("survey.door.no_doors"), icon=":material/door_front:")
        if file.survey.is_open:
            _add(actor, file, building, "")
        return None
    name = right.segmented_control(
        say("survey.door.unit"),
        list(found),
        default=next(iter(found)),
        required=True,
        format_func=plain,
        key=f"{where}.unit.{building}",
    )
    return (name, found[name]) if name in found else None


def doors_tab(actor: Actor, file: SurveyFile) -> None:
    """Show the staircase, the chosen door, and what may be taken down there."""
    chosen = staircase(actor, file)
    if chosen is None or not chosen[1]:
        return
    name, doors = chosen
    answered = sum(one.outcome is DoorOutcome.ANSWERED for one in doors)
    st.progress(answered / max(len(doors), 1), told("survey.door.progress", answered=answered, doors=len(doors)))
    ahead = next_doors(doors)
    # Nobody goes on once the survey is closed.
    if ahead and file.survey.is_open:
        st.markdown(told("survey.door.next", numbers=listed(one.number for one in ahead[:_NEXT])))
    elif not ahead:
        st.markdown(say("survey.door.all_done"))
    by_id = {one.household_id: one for one in doors}
    if st.session_state.get(_CHOSEN) not in by_id:
        st.session_state[_CHOSEN] = (ahead or list(doors))[0].household_id
    left, right = st.columns([2, 3], gap="medium")
    with left:
        _grid(doors, st.session_state[_CHOSEN])
        if file.survey.is_open:
            _add(actor, file, doors[0].building_id, name)
    with right:
        _door(actor, file, by_id[st.session_state[_CHOSEN]], name, ahead)


def next_doors(doors: Sequence[SurveyDoor]) -> list[SurveyDoor]:
    """Return the doors that are still to be gone to: those where nobody has been, then the least visited."""
    ahead = [one for one in doors if one.outcome not in _SETTLED]
    return sorted(ahead, key=lambda one: (one.visits, -(one.floor or 0), one.number))


def _grid(doors: Sequence[SurveyDoor], chosen: int) -> None:
    floors: dict[int | None, list[SurveyDoor]] = {}
    for one in doors:
        floors.setdefault(one.floor, []).append(one)
    for floor in sorted(floors, key=lambda one: (one is None, -(one or 0))):
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            words = say("survey.door.other_floor") if floor is None else say("survey.door.floor", floor=floor)
            st.caption(words, width=56)
            for one in sorted(floors[floor], key=lambda door: door.number):
                icon, colour = LOOKS[one.outcome]
                number = plain(one.number)
                state = say("survey.door.not_yet") if one.outcome is None else label("enum.DoorOutcome", one.outcome)
                st.button(
                    f":{colour}[{number}]" if colour and one.household_id != chosen else number,
                    key=f"survey.door.{one.household_id}",
                    icon=f":material/{icon}:",
                    type="primary" if one.household_id == chosen else "secondary",
                    help=told("survey.door.told", number=one.number, state=state),
                    on_click=_choose,
                    args=(one.household_id,),
                )
    st.caption(say("survey.door.legend"))


def _choose(household_id: int) -> None:
    st.session_state[_CHOSEN] = household_id


def _door(actor: Actor, file: SurveyFile, one: SurveyDoor, unit: str, ahead: Sequence[SurveyDoor]) -> None:
    names = {held.id: held.name for held in file.buildings}
    state = say("survey.door.not_yet") if one.outcome is None else label("enum.DoorOutcome", one.outcome)
    st.markdown(f"#### {told('survey.door.chosen', building=names[one.building_id], unit=unit, number=one.number)}")
    been = [say("survey.door.visits", count=one.visits)] if one.visits else []
    st.caption(plain(listed([state, *been, *filter(None, [one.come_back])])))
    if one.answered > 1:
        st.warning(told("survey.door.conflict", count=one.answered), icon=":material/call_split:")
    if file.survey.is_open:
        _met(actor, file, one, ahead)
        answers_form(actor, file, one, ahead)
    if one.visits:
        seen(actor, file, one)


def _met(actor: Actor, file: SurveyFile, one: SurveyDoor, ahead: Sequence[SurveyDoor]) -> None:
    with st.container(horizontal=True):
        tapped = [
            outcome
            for outcome in _TAPPED
            if st.button(
                label("enum.DoorOutcome", outcome),
                icon=f":material/{LOOKS[outcome][0]}:",
                key=f"survey.met.{one.household_id}.{outcome.value}",
            )
        ]
    if tapped:
        _take(actor, file, one, ahead, tapped[0])
    with (
        st.expander(label("enum.DoorOutcome", DoorOutcome.COME_BACK), icon=":material/schedule:"),
        draft(actor, f"survey.back.{file.survey.id}.{one.household_id}") as form,
    ):
        when = st.text_input(
            say("survey.door.when"),
            max_chars=40,
            placeholder=say("survey.door.when_hint"),
            **form.field("when", ""),
        )
        warn_of_contacts(when)
        if st.button(say("survey.door.back"), icon=":material/schedule:", key=form.key("save")):
            _take(actor, file, one, ahead, DoorOutcome.COME_BACK, come_back=when, form=form)


def _take(
    actor: Actor,
    file: SurveyFile,
    one: SurveyDoor,
    ahead: Sequence[SurveyDoor],
    outcome: DoorOutcome,
    *,
    answers: Answers | None = None,
    come_back: str = "",
    form: Draft | None = None,
) -> None:
    """Take a visit down, and go on to the next door."""
    with refusals():
        visits.record_visit(
            store(),
            actor,
            file.survey.id,
            VisitDraft(
                id=secrets.token_hex(12),
                household_id=one.household_id,
                outcome=outcome,
                form_version=file.form.version,
                visited_at=now(),
                channel=VisitChannel.SCREEN,
                answers=answers or {},
                come_back=come_back,
            ),
        )
        if form is not None:
            form.forget()
        forget_draft(actor, _sheet_name(file, one))
        st.session_state.pop(_seen_key(file, one), None)
        left = [door for door in ahead if door.household_id != one.household_id]
        if left:
            st.session_state[_CHOSEN] = left[0].household_id
        done(told("survey.door.saved", number=one.number, outcome=label("enum.DoorOutcome", outcome)))


def _sheet_name(file: SurveyFile, one: SurveyDoor) -> str:
    return f"survey.answers.{file.survey.id}.{file.form.version}.{one.household_id}"


def answers_form(actor: Actor, file: SurveyFile, one: SurveyDoor, ahead: Sequence[SurveyDoor]) -> None:
    """Take down what a door answers, and go on to the next."""
    name = _sheet_name(file, one)
    is_first = one.outcome is not DoorOutcome.ANSWERED
    with (
        st.expander(
            label("enum.FormKind", file.survey.draft.kind),
            icon=":material/assignment:",
            expanded=is_first or begun(actor, name),
        ),
        draft(actor, name) as form,
    ):
        if file.survey.draft.kind is not FormKind.BUILDING:
            st.caption(say("survey.door.notice"))
        given = _questions(file, file.form, form)
        if st.button(say("survey.door.save"), type="primary", icon=":material/save:", key=form.key("save")):
            _take(actor, file, one, ahead, DoorOutcome.ANSWERED, answers=given, form=form)


def _questions(file: SurveyFile, asked: Form, form: Draft) -> dict[str, tuple[str, ...]]:
    given: dict[str, tuple[str, ...]] = {}
    for place, question in enumerate(asked.in_order, 1):
        said = _ask(question, f"{place}. {question_words(file.survey.draft.kind, question)}", form)
        if said:
            given[question.code] = said
    return given


def _ask(question: SurveyQuestion, words: str, form: Draft) -> tuple[str, ...]:
    asked = plain(words)
    if question.kind is QuestionKind.WORDS:
        told_here = st.text_area(asked, max_chars=MAX_WORDS, height=80, **form.field(question.code, ""))
        warn_of_contacts(told_here)
        return (told_here,) if told_here.strip() else ()
    if question.kind is QuestionKind.NUMBER:
        number = st.number_input(asked, question.low, question.high, None, step=1, **form.field(question.code))
        return () if number is None else (str(int(number)),)

    def said(option: str) -> str:
        path, number = path_of(question, option), question.choices.index(option) + 1
        words = option_words(question, option)
        # Numbered as on paper and on a phone.
        words = words if question.kind is QuestionKind.SCALE else numbered(number, words)
        return (f"![]({address_of(path)}) " if path else "") + plain(words)

    if question.takes_several:
        if question.is_capped:
            asked += plain(say("survey.keying.many", most=question.most))
        several = form.field(question.code, [])
        return tuple(st.pills(asked, question.choices, selection_mode="multi", format_func=said, **several))
    one = st.pills(asked, question.choices, format_func=said, **form.field(question.code))
    return () if one is None else (one,)


def _seen_key(file: SurveyFile, one: SurveyDoor) -> str:
    return f"surveys.seen.{file.survey.id}.{one.household_id}"


def seen(actor: Actor, file: SurveyFile, one: SurveyDoor) -> None:
    """Show the answers once somebody asks for them: each look is noted, a page that is drawn again is none."""
    key = _seen_key(file, one)
    if st.button(say("survey.door.look"), icon=":material/visibility:", key=f"{key}.ask"):
        with refusals():
            st.session_state[key] = visits.visits_at(store(), actor, file.survey.id, one.household_id)
    found = st.session_state.get(key)
    if found is None:
        return
    if not found:
        st.caption(say("survey.door.nothing_seen"))
    asked = {form.version: form.questions for form in file.forms}
    for visit in found:
        held = visit.draft
        line = told(
            "survey.door.by",
            day=day_of(held.visited_at),
            who=person(visit.login),
            channel=label("enum.VisitChannel", held.channel),
            outcome=label("enum.DoorOutcome", held.outcome),
            version=held.form_version,
        )
        with st.container(border=True):
            st.caption(line + (f" · {say('survey.door.aside')}" if visit.set_aside else ""))
            for question in asked.get(held.form_version, ()):
                if question.code in held.answers:
                    words = question_words(file.survey.draft.kind, question)
                    st.markdown(f"{plain(words)} **{plain(answers_words([question], held.answers))}**")
            open_question = one.answered > 1 and file.leads and held.outcome is DoorOutcome.ANSWERED
            if open_question and st.button(say("survey.door.counts"), icon=":material/check:", key=f"{key}.{held.id}"):
                with refusals():
                    visits.choose_visit(store(), actor, file.survey.id, one.household_id, held.id)
                    st.session_state.pop(key, None)
                    st.rerun()


def _add(actor: Actor, file: SurveyFile, building_id: int, unit: str) -> None:
    name = f"survey.add.{file.survey.id}.{building_id}"
    with (
        st.expander(say("survey.door.add"), icon=":material/add:", expanded=begun(actor, name)),
        draft(actor, name) as form,
    ):
        stairwell = st.text_input(say("survey.door.add_unit"), max_chars=20, **form.field("unit", unit))
        number = st.text_input(say("survey.door.add_number"), max_chars=80, **form.field("number", ""))
        if st.button(say("survey.door.add_save"), icon=":material/add:", key=form.key("save")):
            with form.saving():
                count = visits.add_door(store(), actor, file.survey.id, building_id, stairwell, number)
                form.done(told("survey.door.added", count=count))
