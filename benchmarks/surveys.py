"""What a survey of a whole city costs, beside pandas: ``python -m benchmarks.surveys``.

400 estates with 160,000 doors, of which 130,000 were visited, on SQLite in a folder of its own: the figures, the grid
of a building's doors, a visit, and the export of a field team with 100,000 rows. The peer adds the same answers up from
a frame that it holds in memory; shares and counts are compared in the run. Wall clock and processor time.
"""

from __future__ import annotations

import csv
import io
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import pandas as pd

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.imports import ImportSource
from renovation.model.places import BuildingDraft, EstateDraft, EstateFacts
from renovation.model.surveys import (
    Answers,
    DoorOutcome,
    FormKind,
    SurveyDoor,
    SurveyDraft,
    VisitChannel,
    VisitDraft,
    fixed_form,
)
from renovation.services.surveys import campaigns, fieldwork, visits
from renovation.services.surveys.figures import survey_figures
from renovation.store import Store, migrate, open_store
from renovation.store.register import buildings, estates
from renovation.store.surveys import visits as visits_store

ESTATES, BUILDINGS, IMPORTED = 400, 10, 100_000
_LEAD = Actor(role=Role.ADMIN, login="cli")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    start, busy = time.perf_counter(), time.process_time()
    yield
    print(f"{what}: {time.perf_counter() - start:.3f} s (processor {time.process_time() - busy:.3f} s)")


def _city(store: Store) -> tuple[int, int]:
    """Lay a city out with one survey of opinion, and one that a field team makes; return both."""
    doors = {f"{one}单元": tuple(f"{floor}0{room}" for floor in range(1, 6) for room in (1, 2)) for one in range(1, 5)}
    with store.write() as unit:
        drafts = [EstateDraft(code=f"E{one}", name=f"小区{one}", facts=EstateFacts()) for one in range(ESTATES)]
        homes = estates.add_estates(unit.connection, drafts, collected_on=today(), collector="测")
        laid = [
            BuildingDraft(estate_id=home, name=f"{number}栋", floors=5, has_lift=number % 4 == 0, doors=doors)
            for home in homes
            for number in range(1, BUILDINGS + 1)
        ]
        for at in range(0, len(laid), 500):
            buildings.add_buildings(unit.connection, laid[at : at + 500])
        unit.commit()

    def begun(name: str) -> int:
        draft = SurveyDraft(
            name=name,
            kind=FormKind.OPINION,
            estate_ids=tuple(homes),
            begins_on=today() - timedelta(days=9),
            ends_on=today() + timedelta(days=20),
            keep_until=today() + timedelta(days=200),
            tenants=32_000,
        )
        return campaigns.create_survey(store, _LEAD, draft)

    return begun("全市入户"), begun("外业队")


def _answers(chance: random.Random) -> Answers:
    said = {}
    for one in fixed_form(FormKind.OPINION):
        if one.choices and chance.random() < 0.95:
            count = chance.randint(1, min(one.most, 3))
            said[one.code] = tuple(sorted(chance.sample(one.choices, count), key=one.choices.index))
    return said


def _visited(store: Store, survey: int) -> list[tuple[SurveyDoor, Answers]]:
    """Go to most doors, and return those that answered with what they said."""
    chance = random.Random(7)
    with store.read() as unit:
        doors = visits_store.doors(unit, survey)
    brought, told = [], []
    for place, door in enumerate(doors):
        if chance.random() < 0.19:
            continue
        answers = _answers(chance) if chance.random() < 0.85 else {}
        outcome = DoorOutcome.ANSWERED if answers else chance.choice((DoorOutcome.REFUSED, DoorOutcome.NOT_HOME))
        visit = VisitDraft(
            id=f"bench-{place:07}",
            household_id=door.household_id,
            outcome=outcome,
            form_version=1,
            visited_at=now(),
            channel=VisitChannel.PAPER,
            answers=answers,
        )
        brought.append((visit, "cli"))
        if answers:
            told.append((door, answers))
    with store.write() as unit:
        visits_store.add_many(unit.connection, survey, brought, at=now())
        unit.commit()
    return told


def _frame(told: list[tuple[SurveyDoor, Answers]]) -> pd.DataFrame:
    """Return the answers as a frame of marks, as somebody would lay them out for pandas."""
    options = [(one.code, option) for one in fixed_form(FormKind.OPINION) for option in one.choices]
    rows = [
        (door.estate_id, door.building_id, door.unit_id, *(option in said.get(code, ()) for code, option in options))
        for door, said in told
    ]
    return pd.DataFrame(rows, columns=["estate", "building", "unit", *(f"{code}.{option}" for code, option in options)])


def _by_pandas(frame: pd.DataFrame) -> tuple[dict[int, float], pd.DataFrame]:
    """Return willingness by estate, and each answer by group, without margins or weights."""
    names = [str(name) for name in frame.columns]
    renew = [name for name in names if name.startswith("renew.")]
    said = frame[renew].any(axis=1)
    for place in ("building", "unit"):
        frame[said].groupby(place)["renew.yes"].agg(["sum", "count"])
    by_estate = {
        int(str(one)): float(share) for one, share in frame[said].groupby("estate")["renew.yes"].mean().items()
    }
    marks = [name for name in names if "." in name]
    groups = [name for name in marks if name.split(".")[0] in ("tenure", "ages", "step_free")]
    return by_estate, pd.DataFrame({group: frame[frame[group]][marks].sum() for group in groups})


def _export(store: Store, survey: int) -> bytes:
    chance = random.Random(11)
    with store.read() as unit:
        doors = chance.sample(visits_store.doors(unit, survey), IMPORTED)
    codes = [one.code for one in fixed_form(FormKind.OPINION) if one.choices]
    made = io.StringIO()
    writer = csv.writer(made)
    writer.writerow(
        [
            "start",
            "campaign",
            "form_version",
            "building",
            "door",
            "outcome",
            *(f"answers/{one}" for one in codes),
            "_uuid",
        ]
    )
    for place, door in enumerate(doors):
        said = _answers(chance) or {"renew": ("yes",)}
        writer.writerow(
            [
                now().isoformat(),
                survey,
                1,
                f"b{door.building_id}",
                f"d{door.household_id}",
                "answered",
                *(" ".join(said.get(one, ())) for one in codes),
                f"5f0c8b1e-{place:08}",
            ]
        )
    return made.getvalue().encode()


def _measure(store: Store) -> None:
    survey, field = _city(store)
    with _timed("130,000 visits taken down at once"):
        told = _visited(store, survey)
    for turn in ("first", "again"):
        with _timed(f"figures of 160,000 doors, {turn}"):
            found = survey_figures(store, _LEAD, survey)
    with _timed("figures with every answer by building and staircase"):
        survey_figures(store, _LEAD, survey, by_place=None)
    frame = _frame(told)
    with _timed("pandas, from a frame in memory, no margins, no weights"):
        by_estate, crossed = _by_pandas(frame)
    ours = {one.id: one.willing.share for one in found.estates if one.willing is not None}
    assert all(abs(float(share) - by_estate[estate]) < 1e-12 for estate, share in ours.items())
    for one in found.options:
        for group in one.groups:
            if group.question != "floor" and group.option:
                column = crossed[f"{group.question}.{group.option}"]
                assert group.portion.found == column[f"{one.question}.{one.option}"]
    assert found.whole.coverage == Fraction(len(told), found.whole.doors)
    home = told[0][0]
    with _timed("the doors of one building"):
        visits.doors_of(store, _LEAD, survey, home.building_id)
    with _timed("one visit"):
        visits.record_visit(
            store,
            _LEAD,
            survey,
            VisitDraft(
                id="bench-one-visit",
                household_id=home.household_id,
                outcome=DoorOutcome.ANSWERED,
                form_version=1,
                visited_at=now(),
                answers={"renew": ("no",)},
            ),
        )
    data = _export(store, field)
    with _timed(f"{IMPORTED:,} rows of a field team, read"):
        rows = fieldwork.read_visits(store, _LEAD, field, data)
    steps: list[int] = []
    with _timed(f"{IMPORTED:,} rows of a field team, checked and kept"):
        taken = fieldwork.import_visits(
            store,
            _LEAD,
            field,
            rows,
            source=ImportSource.of("kobo.csv", data),
            progress=lambda done, _: steps.append(done),
        )
    print(f"taken {taken.recorded:,}, progress told {len(steps)} times")


def main() -> None:
    """Print each measurement on a line."""
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{Path(folder) / 'store.sqlite'}", Path(folder) / "keys")
        migrate(store)
        _measure(store)
        store.close()


if __name__ == "__main__":
    main()
