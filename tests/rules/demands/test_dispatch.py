"""Which department, and by when."""

from __future__ import annotations

from datetime import date

from renovation.imports.files.lists import shipped
from renovation.model.demands import DemandCategory
from renovation.model.intake import DispatchRule, IntakeRules
from renovation.model.lists import ListKind
from renovation.model.localities import calendar_of, dispatch_of, subtypes_of
from renovation.model.workdays import DayKind, WorkCalendar
from renovation.rules.demands.dispatch import department_named, departments, due_day, is_too_far, rule_for

LIGHT = DemandCategory.LIGHTING
SHIPPED = IntakeRules(
    subtypes=subtypes_of(shipped(ListKind.DEADLINES)),
    dispatch=dispatch_of(shipped(ListKind.DEPARTMENTS)),
    replies=(),
    calendar=calendar_of(shipped(ListKind.HOLIDAYS)),
)


def test_place_comes_before_subtype_before_category() -> None:
    rules = [
        DispatchRule(category=LIGHT, department="城管"),
        DispatchRule(category=LIGHT, department="街道", subtype="stair_light"),
        DispatchRule(category=LIGHT, department="桥西办", place="桥西街道"),
    ]
    assert rule_for(rules, LIGHT).department == "城管"
    assert rule_for(rules, LIGHT, subtype="stair_light").department == "街道"
    assert rule_for(rules, LIGHT, subtype="stair_light", places={"桥西街道"}).department == "桥西办"
    assert rule_for(rules, DemandCategory.ROAD) is None
    assert departments(rules) == ("城管", "街道", "桥西办")


def test_half_typed_department_is_the_one_it_can_only_mean() -> None:
    known = ("住房和城乡建设局", "街道办事处", "城市管理局", "城市更新局")
    assert department_named(" 住房 ", known) == "住房和城乡建设局"
    assert department_named("城市", known) == "城市"
    assert department_named("供电局", known) == "供电局"
    assert department_named("局", (*known, "局")) == "局"


def test_deadline_is_the_subtypes_else_the_categorys() -> None:
    day = date(2026, 3, 30)
    assert due_day(SHIPPED, DemandCategory.FIRE_SAFETY, "fire_lane", day) == date(2026, 3, 31)
    assert due_day(SHIPPED, DemandCategory.FIRE_SAFETY, "", day) == date(2026, 4, 2)
    assert due_day(IntakeRules(subtypes=(), dispatch=(), replies=()), LIGHT, "", day) is None


def test_working_days_leave_holidays_out_and_count_days_worked_instead() -> None:
    calendar = SHIPPED.calendar
    # 2026: off from 15 to 23 February, worked on Saturday the 14th and Saturday the 28th.
    assert calendar.last_day(date(2026, 2, 12), 3, DayKind.WORKING) == date(2026, 2, 24)
    assert calendar.last_day(date(2026, 2, 26), 2, DayKind.WORKING) == date(2026, 2, 28)
    assert calendar.last_day(date(2026, 9, 30), 2, DayKind.WORKING) == date(2026, 10, 9)
    assert calendar.last_day(date(2026, 9, 30), 3, DayKind.WORKING) == date(2026, 10, 10)
    assert calendar.last_day(date(2026, 2, 12), 3, DayKind.CALENDAR) == date(2026, 2, 15)
    assert calendar.lacks({2026, 2027}) == (2027,)
    # Without an announcement weekends alone are left out.
    assert WorkCalendar().last_day(date(2026, 9, 30), 2, DayKind.WORKING) == date(2026, 10, 2)


def test_every_category_has_a_deadline_and_a_department() -> None:
    for category in DemandCategory:
        assert due_day(SHIPPED, category, "", date(2026, 1, 1)) is not None
        assert rule_for(SHIPPED.dispatch, category) is not None
    for rule in SHIPPED.dispatch:
        assert rule.subtype in {row.code for row in SHIPPED.subtypes if row.category == rule.category}


def test_a_pin_half_a_kilometre_off_is_a_slip_of_the_hand() -> None:
    assert [is_too_far(metres) for metres in (None, 0.0, 500.0, 500.1)] == [False, False, False, True]
