"""The page of surveys: a visit in one tap, a sheet keyed with number keys, figures for everybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.surveys import DoorOutcome, FormKind, SurveyDraft, VisitDraft, Worker
from renovation.services.register import buildings
from renovation.services.surveys import campaigns, visits
from renovation.store import Store
from renovation.store.schema.places import estate
from renovation.text import Language, text

OPERATOR = Actor(role=Role.ADMIN, login="cli")


def begun(store: Store, login: str) -> int:
    """Begin a campaign of an estate with one staircase, in which somebody collects."""
    with store.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂一号", status="surveyed"))
        unit.commit()
    buildings.create_building(store, OPERATOR, 1, "1栋", doors={"1单元": ("101", "102", "201", "202")})
    draft = SurveyDraft(
        name="糖厂一号入户",
        kind=FormKind.OPINION,
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


def test_what_follows_the_papers_and_the_money_are_shown(
    installation: Store, sign_in: Callable[[Role], tuple[str, Actor]], open_page: Callable[..., AppTest]
) -> None:
    survey = begun(installation, sign_in(Role.PLANNER)[1].login)
    visits.add_door(installation, OPERATOR, survey, 1, "1单元", "301 302")
    for place, door in enumerate(visits.doors_of(installation, OPERATOR, survey, 1)[0][1]):
        said = {"renew": ("yes",), "wishes": ("pipes",), "contribute": ("below_500",), "words": (f"路灯 {place}",)}
        draft = VisitDraft(
            id=f"visit-{place:04}",
            household_id=door.household_id,
            outcome=DoorOutcome.ANSWERED,
            form_version=1,
            visited_at=now(),
            answers=said,
        )
        visits.record_visit(installation, OPERATOR, survey, draft)
    page = open_page("surveys", Role.PLANNER, **{"surveys.chosen": survey})
    for part in ("figures", "follows", "papers", "setup"):
        page.session_state["surveys.part.doors.keying.figures.follows.papers.setup"] = part
        page.run()
        assert not page.exception, (part, page.exception)
    money = open_page("money", Role.PLANNER, **{"money.section": "forecast"})
    assert text("money.forecast.hint", Language.ZH) in [one.value for one in money.caption]
