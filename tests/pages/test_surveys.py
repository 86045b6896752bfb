"""The page of surveys: a visit in one tap, a sheet keyed with number keys, figures for everybody else."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import openpyxl
import pytest
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.surveys import Answers, DoorOutcome, FormKind, QuestionKind, SurveyDraft, VisitDraft, Worker
from renovation.rules.surveys.keys import read_keys
from renovation.services.register import buildings
from renovation.services.surveys import campaigns, fieldwork, papers, phones, visits
from renovation.store import Store
from renovation.store.schema.places import estate
from renovation.text import Language, text
from renovation.text.surveys import question_said, read_questions

OPERATOR = Actor(role=Role.ADMIN, login="cli")


def begun(store: Store, login: str, kind: FormKind = FormKind.OPINION) -> int:
    """Begin a campaign of an estate with one staircase, in which somebody collects."""
    with store.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂一号", status="surveyed"))
        unit.commit()
    buildings.create_building(store, OPERATOR, 1, "1栋", doors={"1单元": ("101", "102", "201", "202")})
    draft = SurveyDraft(
        name="糖厂一号入户",
        kind=kind,
        estate_ids=(1,),
        begins_on=today(),
        ends_on=today() + timedelta(days=30),
        keep_until=today() + timedelta(days=200),
    )
    made = campaigns.create_survey(store, OPERATOR, draft)
    campaigns.set_workers(store, OPERATOR, made, (Worker(login=login, leads=True),))
    return made


def outcomes(store: Store, survey: int) -> dict[str, DoorOutcome | None]:
    (_, doors), *_ = visits.doors_of(store, OPERATOR, survey, 1)
    return {door.number: door.outcome for door in doors}


def answer_every_door(store: Store, survey: int, said: Callable[[int], Answers]) -> None:
    """Record an answer at every door of the one building."""
    for place, door in enumerate(visits.doors_of(store, OPERATOR, survey, 1)[0][1]):
        draft = VisitDraft(
            id=f"visit-{place:04}",
            household_id=door.household_id,
            outcome=DoorOutcome.ANSWERED,
            form_version=1,
            visited_at=now(),
            answers=said(place),
        )
        visits.record_visit(store, OPERATOR, survey, draft)


def press(page: AppTest, key: str) -> None:
    next(button for button in page.button if button.label == text(key, Language.ZH)).click().run()
    assert not page.exception, page.exception


def test_a_door_takes_one_tap_and_a_sheet_one_line(
    installation: Store, sign_in: Callable[[Role], tuple[str, Actor]], open_page: Callable[..., AppTest]
) -> None:
    survey = begun(installation, sign_in(Role.SOCIAL_WORKER)[1].login)
    page = open_page("surveys", Role.SOCIAL_WORKER, **{"surveys.chosen": survey})
    # The next door stands open: the highest where nobody has been.
    press(page, "enum.DoorOutcome.not_home")
    assert outcomes(installation, survey)["201"] is DoorOutcome.NOT_HOME
    next(one for one in page.get("button_group") if one.label.startswith("1")).set_value("yes").run()
    press(page, "survey.door.save")
    assert outcomes(installation, survey)["202"] is DoorOutcome.ANSWERED
    (kept,) = visits.visits_at(installation, OPERATOR, survey, 4)
    assert kept.draft.answers == {"renew": ("yes",)}
    page.session_state["surveys.part.doors.keying.figures.follows.papers.setup"] = "keying"
    page.run()
    next(one for one in page.text_input if one.label == text("survey.keying.line", Language.ZH)).input("101+3+1.2++2")
    press(page, "survey.keying.save")
    assert outcomes(installation, survey)["101"] is DoorOutcome.ANSWERED
    (kept,) = visits.visits_at(installation, OPERATOR, survey, 1)
    assert kept.draft.answers == {
        "renew": ("no",),
        "wishes": ("stair_hazard", "pipes"),
        "contribute": ("labour",),
    }
    watching = open_page("surveys", Role.OBSERVER, **{"surveys.chosen": survey})
    assert text("enum.DoorOutcome.refused", Language.ZH) not in [one.label for one in watching.button]
    assert next(one.value for one in watching.metric) == "2 / 4"


@pytest.mark.parametrize("kind", FormKind)
def test_a_question_has_one_number_on_screen_phone_paper_and_in_the_field_app(
    kind: FormKind,
    installation: Store,
    sign_in: Callable[[Role], tuple[str, Actor]],
    open_page: Callable[..., AppTest],
) -> None:
    survey = begun(installation, sign_in(Role.SOCIAL_WORKER)[1].login, kind)
    own = read_questions(
        "还有什么难处 | 文字\n要不要建车棚 | 单选 | 要、不要\n每月愿交多少元 | 数字 | 0-50\n满意物业吗 | 打分"
    )
    campaigns.change_form(installation, OPERATOR, survey, own)
    form = campaigns.survey_file(installation, OPERATOR, survey).form
    named = [f"{at}. {question_said(kind, one, Language.ZH)}" for at, one in enumerate(form.in_order, 1)]
    # Words come last: number keys answer all before them.
    assert [one.kind is QuestionKind.WORDS for one in form.in_order[-2:]] == [True, True]
    page = open_page("surveys", Role.SOCIAL_WORKER, **{"surveys.chosen": survey})
    capped = text("survey.keying.many", Language.ZH, most=3)
    widgets = [*page.get("button_group"), *page.text_area, *page.number_input]
    shown = {one.label.replace("\\", "").removesuffix(capped) for one in widgets}
    first = "sheets.keying.papers" if kind is FormKind.BUILDING else "doors.keying.figures.follows.papers"
    page.session_state[f"surveys.part.{first}.setup"] = "keying"
    page.run()
    keyed = "\n".join(one.value for one in page.markdown)
    phone = phones.phone_pack(installation, OPERATOR, survey).form
    sheet = papers.sheets(installation, OPERATOR, survey)[2].decode()
    field = openpyxl.load_workbook(io.BytesIO(fieldwork.form_for_field(installation, OPERATOR, survey)[2]))["survey"]
    labels = {row[2] for row in field.iter_rows(min_row=2, values_only=True)}
    for question, said in zip(form.in_order, named, strict=True):
        # A building's sheet opens once its line is chosen.
        assert said in shown or kind is FormKind.BUILDING
        assert f"**{said}**" in keyed or question.kind is QuestionKind.WORDS
        assert said in sheet
        assert said in labels
    assert phone.in_order == form.in_order
    # The last number key of a line answers the last question before those of words.
    at = len(form.in_order) - 3
    assert list(read_keys(form, "+" * at + "2")) == [form.in_order[at].code]


def test_a_survey_of_satisfaction_shows_no_willingness(
    installation: Store, sign_in: Callable[[Role], tuple[str, Actor]], open_page: Callable[..., AppTest]
) -> None:
    survey = begun(installation, sign_in(Role.PLANNER)[1].login, FormKind.SATISFACTION)
    visits.add_door(installation, OPERATOR, survey, 1, "1单元", "301")
    answer_every_door(installation, survey, lambda _: {"overall": ("4",)})
    page = open_page("surveys", Role.PLANNER, **{"surveys.chosen": survey})
    page.session_state["surveys.part.doors.keying.figures.follows.papers.setup"] = "figures"
    page.run()
    assert not page.exception
    answered, willing = (text(f"survey.column.{name}", Language.ZH) for name in ("answered", "willing"))
    heads = [set(one.value.columns) for one in page.dataframe]
    assert any(answered in one for one in heads)
    assert not any(willing in one for one in heads)
    report = papers.survey_paper(installation, OPERATOR, survey, papers.SurveyPaper.REPORT, papers.PaperFormat.HTML)
    assert willing not in report[2].decode()


def test_what_follows_the_papers_and_the_money_are_shown(
    installation: Store, sign_in: Callable[[Role], tuple[str, Actor]], open_page: Callable[..., AppTest]
) -> None:
    survey = begun(installation, sign_in(Role.PLANNER)[1].login)
    visits.add_door(installation, OPERATOR, survey, 1, "1单元", "301 302")
    said = {"renew": ("yes",), "wishes": ("pipes",), "contribute": ("below_500",)}
    answer_every_door(installation, survey, lambda place: {**said, "words": (f"路灯 {place}",)})
    page = open_page("surveys", Role.PLANNER, **{"surveys.chosen": survey})
    for part in ("figures", "follows", "papers", "setup"):
        page.session_state["surveys.part.doors.keying.figures.follows.papers.setup"] = part
        page.run()
        assert not page.exception, (part, page.exception)
    money = open_page("money", Role.PLANNER, **{"money.section": "forecast"})
    assert text("money.forecast.hint", Language.ZH) in [one.value for one in money.caption]
