"""What figures of a campaign tell of few households: nothing, not even what is left once the others are taken away."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from renovation.model.surveys import (
    AGE,
    AGES,
    OLD_AGES,
    RENEW,
    TENURE,
    TENURES,
    DoorOutcome,
    KnownGroup,
    QuestionKind,
    SurveyDoor,
    SurveyQuestion,
)
from renovation.rules.surveys.columns import columns_of
from renovation.rules.surveys.figures import LEAST, OTHERS, figures

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
    holding = Counter(door.answers.get(TENURE, ("silent",))[0] for door in said)
    for option in found.of(RENEW):
        shown = {one.option: one.portion.asked for one in option.groups if one.question == TENURE}
        assert all(count >= LEAST for count in shown.values())
        others = shown.pop(OTHERS, 0)
        left = len(said) - sum(shown.values())
        assert not shown or left not in range(1, LEAST)
        assert others in (0, left)
        # Tenants are left out for the sake of a few others only where those are all the others.
        few = len(said) - sum(count for one, count in holding.items() if one in TENURES and count >= LEAST)
        alone = holding["owner"] < LEAST and holding["other"] < LEAST
        assert ("tenant" in shown) == (holding["tenant"] >= LEAST and not (alone and few in range(1, LEAST)))


def test_one_silence_on_tenure_leaves_tenants_and_the_others_told() -> None:
    homes = ["tenant"] * 6 + ["owner"] * 20 + [""]
    doors = [
        SurveyDoor(
            household_id=number, number="101", unit_id=1, building_id=1, estate_id=1, answered=1,
            outcome=DoorOutcome.ANSWERED,
            answers={RENEW: ("no" if home == "tenant" else "yes",)} | ({TENURE: (home,)} if home else {}),
        )
        for number, home in enumerate(homes)
    ]  # fmt: skip
    asked = [RENEWAL, HOLDING]
    yes = next(one for one in figures(columns_of(doors, asked), asked).of(RENEW) if one.option == "yes")
    told = {one.option: (one.portion.found, one.portion.asked) for one in yes.groups if one.question == TENURE}
    assert told == {"tenant": (0, 6), OTHERS: (21, 21)}


def test_weights_go_to_tenants_and_homes_with_old_people_as_another_implementation_has_them() -> None:
    chance = np.random.default_rng(11)
    ages = SurveyQuestion(code=AGE, kind=QuestionKind.SEVERAL, options=AGES, most=len(AGES))
    doors, rows = [], []
    for number in range(600):
        building = int(chance.integers(0, 4))
        rents, old = bool(chance.random() < 0.2), bool(chance.random() < 0.3)
        tells = chance.random() < (0.3 if rents else 0.7) * (0.5 if old else 1)
        renew = "yes" if chance.random() < (0.4 if old else 0.8) else "no"
        answers = {
            RENEW: (renew,),
            TENURE: ("tenant" if rents else "owner",),
            AGE: (str(chance.choice(OLD_AGES)), "18_59") if old else ("18_59",),
        }
        rows.append((building, rents, old, tells, renew))
        doors.append(
            SurveyDoor(
                household_id=number, number="101", unit_id=building, building_id=building, estate_id=1,
                answers=answers if tells else {}, answered=int(tells),
                outcome=DoorOutcome.ANSWERED if tells else DoorOutcome.NOT_HOME,
            )
        )  # fmt: skip
    held = pd.DataFrame(rows, columns=["building", "rents", "old", "tells", "renew"])
    known = {KnownGroup.TENANTS: int(held.rents.sum()), KnownGroup.ELDERS: int(held.old.sum())}
    asked = [RENEWAL, HOLDING, ages]
    found = figures(columns_of(doors, asked), asked, known)
    # Three margins in turn, by pandas, until nothing moves.
    said, weight = held[held.tells], pd.Series(1.0, held[held.tells].index)
    for _ in range(500):
        for column in ("building", "rents", "old"):
            weight *= said[column].map(held[column].value_counts() / weight.groupby(said[column]).sum())
    yes = next(one for one in found.of(RENEW) if one.option == "yes")
    assert yes.weighted is not None
    assert abs(yes.weighted - weight[said.renew == "yes"].sum() / weight.sum()) < 1e-9
    assert {one.group for one in found.missing if one.group} == set(KnownGroup)
    counts = {one.group: (one.answered, one.doors) for one in found.missing if one.group}
    assert counts[KnownGroup.ELDERS] == (int(said.old.sum()), known[KnownGroup.ELDERS])
