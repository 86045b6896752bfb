"""What figures of a campaign tell of few households: nothing, not even what is left once the others are taken away."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from renovation.model.surveys import RENEW, TENURE, TENURES, DoorOutcome, QuestionKind, SurveyDoor, SurveyQuestion
from renovation.rules.surveys.columns import columns_of
from renovation.rules.surveys.figures import LEAST, figures

RENEWAL = SurveyQuestion(code=RENEW, kind=QuestionKind.SINGLE, options=("yes", "no"))
HOLDING = SurveyQuestion(code=TENURE, kind=QuestionKind.SINGLE, options=TENURES)
_TENURES = st.sampled_from([(one,) for one in TENURES])
_ANSWERS = st.fixed_dictionaries({}, optional={RENEW: st.sampled_from([("yes",), ("no",)]), TENURE: _TENURES})


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 1), _ANSWERS), max_size=60))
def test_no_sum_leaves_few_households(rows: list[tuple[int, int, dict[str, tuple[str, ...]]]]) -> None:
    doors = [
        SurveyDoor(
            household_id=number, number="101", unit_id=2 * building + unit, building_id=building,
            estate_id=building // 2, answers=answers, answered=bool(answers),
            outcome=DoorOutcome.ANSWERED if answers else None,
        )
        for number, (building, unit, answers) in enumerate(rows)
    ]  # fmt: skip
    asked = [RENEWAL, HOLDING]
    found = figures(columns_of(doors, asked), asked)
    said = [door for door in doors if RENEW in door.answers]

    def left(of: list[SurveyDoor], told: set[int], place: str) -> int:
        return sum(getattr(door, place) not in told for door in of)

    units = {one.id for one in found.units if one.willing}
    buildings = {one.id for one in found.buildings if one.willing}
    estates = {one.id for one in found.estates if one.willing}
    assert left(said, estates, "estate_id") not in range(1, LEAST) or found.whole.willing is None
    for estate in (0, 1):
        inside = [door for door in said if door.estate_id == estate]
        assert left(inside, buildings, "building_id") not in range(1, LEAST) or not estates & {estate}
    for building in range(4):
        inside = [door for door in said if door.building_id == building]
        assert left(inside, units, "unit_id") not in range(1, LEAST) or not buildings & {building}
    for option in found.of(RENEW):
        shown = {one.option: one.portion.asked for one in option.groups if one.question == TENURE}
        assert all(count >= LEAST for count in shown.values())
        assert len(said) - sum(shown.values()) not in range(1, LEAST) or not shown
