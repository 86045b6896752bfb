"""The door from an id to an object: what lies outside an account's part of town is not there, whoever knows its id."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from renovation import services
from renovation.errors import DeniedError, NotFoundError, StageError
from renovation.imports.projects.catalogue import read_catalogue
from renovation.model.accounts import PUBLIC, WHOLE_TOWN, Action, Actor, Role, may
from renovation.model.clock import now, today
from renovation.model.consents import ConsentCount, ConsentDraft, Matter
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft
from renovation.model.elections import BallotKind
from renovation.model.funding import Contribution, SourceKind
from renovation.model.places import EstateWorkDraft
from renovation.model.polls import PollAct, PollProject, PollSettings, PollStage
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.acts import acting
from renovation.services.demands.demands import take_demand
from renovation.services.doors import reading
from renovation.services.house.overview import read_overview
from renovation.services.money.funding import record_contribution
from renovation.services.money.gates import record_consent
from renovation.services.money.pledges import record_pledge
from renovation.services.polls import codes, paper, polls
from renovation.services.register.estate_works import add_estate_work
from renovation.store import Store
from renovation.store.polls import polls as poll_store
from renovation.store.projects import items
from renovation.store.schema.places import area, estate
from renovation.store.schema.projects import project


@dataclass(frozen=True)
class Town:
    """Two streets with an estate and a project each; ``here`` sees the first."""

    store: Store
    here: Actor
    estates: tuple[int, int]
    projects: tuple[int, int]

    def poll(self, estate_id: int | None, *project_ids: int | None, stage: PollStage = PollStage.DRAFT) -> str:
        """Lay a poll straight into the store."""
        said = PollSettings(title="改什么", ballot_kind=BallotKind.APPROVAL, budget=10**7, max_choices=1)
        entries = [
            PollProject(number=number, key=f"P{number}", name=f"项目{number}", cost=10**6, project_id=one)
            for number, one in enumerate(project_ids, 1)
        ]
        with self.store.write() as unit:
            poll_id = poll_store.add(unit.connection, said, at=now(), estate_id=estate_id, stage=stage)
            poll_store.set_projects(unit.connection, poll_id, entries)
            unit.commit()
        return poll_id


@pytest.fixture
def town(store: Store, admin: Actor) -> Town:
    """A town of two streets."""

    def added(table: Any, **values: Any) -> int:
        made: int = unit.connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one()
        return made

    with store.write() as unit:
        items.save(unit.connection, [replace(read_catalogue()[0], code="B1")])
        streets = [added(area, level="street", code=f"S{n}", name=f"街道{n}") for n in (1, 2)]
        homes = [
            added(estate, code=f"E{n}", name=f"小区{n}", status="surveyed", street_id=street)
            for n, street in enumerate(streets, 1)
        ]
        wanted = [
            added(
                project, code=f"XM{home}", estate_id=home, item_code="B1", name=f"项目{home}", quantity="1", unit="项",
                cost=10**6, cost_low=1, cost_high=10**9, status="priced", created_at=now(),
            )
            for home in homes
        ]  # fmt: skip
        unit.commit()
    return Town(
        store=store,
        here=replace(admin, scope=Scope(street_id=streets[0])),
        estates=(homes[0], homes[1]),
        projects=(wanted[0], wanted[1]),
    )


def test_estates_and_projects_are_there_for_who_sees_their_part(town: Town) -> None:
    with reading(town.store, town.here, Action.SEE_REGISTER) as door:
        assert door.estate(town.estates[0]).id == town.estates[0]
        assert door.project(town.projects[0]).id == town.projects[0]
        assert door.estates_in_sight(town.estates) == {town.estates[0]}
        assert door.projects_in_sight([*town.projects, 999]) == {town.projects[0]}
        for asked in (lambda: door.estate(town.estates[1]), lambda: door.project(town.projects[1])):
            with pytest.raises(NotFoundError):
                asked()
        with pytest.raises(DeniedError, match="whole_town"):
            door.require_whole_town()
    with pytest.raises(DeniedError), reading(town.store, PUBLIC, Action.SEE_REGISTER):
        pass


@pytest.mark.parametrize("action", sorted(WHOLE_TOWN))
def test_what_concerns_the_whole_town_is_for_who_sees_all_of_it(town: Town, action: Action) -> None:
    with pytest.raises(DeniedError, match="whole_town"), acting(town.store, town.here, action):
        pass
    assert not may(town.here, action)
    assert may(replace(town.here, scope=EVERYWHERE), action)


def test_a_poll_lies_where_its_estate_does_else_where_all_its_projects_do(town: Town, admin: Actor) -> None:
    mine, others = town.projects
    seen = {town.poll(town.estates[0], mine), town.poll(town.estates[0], others), town.poll(None, mine)}
    placeless = town.poll(None, None)
    hidden = {town.poll(town.estates[1], mine), town.poll(None, mine, others), town.poll(None, others)}
    with reading(town.store, town.here, Action.SEE_REGISTER) as door:
        assert {held.id for held in door.polls()} == {*seen, placeless}
        assert {door.poll(one).id for one in (*seen, placeless)} == {*seen, placeless}
        for one in (*hidden, "nothing"):
            with pytest.raises(NotFoundError, match=r"poll\.unknown"):
                door.poll(one)
    with acting(town.store, town.here, Action.EDIT_POLL) as unit:
        assert {unit.poll(one, PollAct.EDIT).id for one in seen} == seen
        with pytest.raises(DeniedError, match="whole_town"):
            unit.poll(placeless)
        with pytest.raises(NotFoundError):
            unit.poll(hidden.pop())
    with acting(town.store, admin, Action.EDIT_POLL) as unit:
        assert unit.poll(placeless).id == placeless


def test_sight_comes_before_permission_and_permission_before_stage(town: Town, planner: Actor) -> None:
    ours, theirs = (town.poll(home, stage=PollStage.OPEN) for home in town.estates)
    worker = replace(planner, role=Role.SOCIAL_WORKER, scope=town.here.scope)
    with reading(town.store, worker, Action.SEE_PUBLIC) as door:
        with pytest.raises(NotFoundError):
            door.poll(theirs, PollAct.EDIT)
        with pytest.raises(DeniedError, match="not_allowed"):
            door.poll(ours, PollAct.EDIT)
        with pytest.raises(StageError):
            door.poll(ours, PollAct.SEE_TALLY)
        assert door.poll(ours, PollAct.HAND_OUT_CODE).id == ours


def test_the_public_sees_no_draft_and_everybody_what_is_published(town: Town) -> None:
    draft, opened = town.poll(town.estates[1]), town.poll(town.estates[1], stage=PollStage.OPEN)
    published = town.poll(town.estates[1], stage=PollStage.PUBLISHED)
    for public in (PUBLIC, Actor(role=Role.STATION)):
        with reading(town.store, public, Action.SEE_PUBLIC) as door:
            assert {held.id for held in door.polls()} == {opened, published}
            with pytest.raises(NotFoundError):
                door.public_poll(draft)
            with pytest.raises(DeniedError):
                door.public_poll(opened, PollAct.SEE_TALLY)
            assert door.public_poll(published, PollAct.SEE_TALLY).id == published
    with reading(town.store, town.here, Action.SEE_PUBLIC) as door:
        assert door.polls() == ()
        assert [held.id for held in door.polls(with_published=True)] == [published]
        assert door.public_poll(published, PollAct.SEE_TALLY).id == published
        with pytest.raises(NotFoundError):
            door.poll(published)
    assert read_overview(town.store, town.here).counts.polls == {}


def test_what_belongs_to_a_poll_is_where_the_poll_is(town: Town, admin: Actor, social_worker: Actor) -> None:
    ours, theirs = (town.poll(home, stage=PollStage.OPEN) for home in town.estates)
    made = {}
    for poll_id in (ours, theirs):
        venue = polls.add_venue(town.store, admin, poll_id, "居民活动室")
        batch = codes.make_batch(town.store, admin, poll_id, venue.id, 1, "第一批").batch
        box = paper.make_batch(town.store, social_worker, poll_id, venue.id, "箱", today(), 1)
        made[poll_id] = (venue.id, batch.id, box.id)
    with reading(town.store, town.here, Action.SEE_REGISTER) as door:
        venue_id, batch_id, box_id = made[ours]
        poll = door.poll(ours)
        assert door.venue(poll, venue_id).id == venue_id
        assert door.code_batch(batch_id, PollAct.CHANGE_CODE).id == batch_id
        assert door.paper_batch(box_id, PollAct.ADJUDICATE).id == box_id
        venue_id, batch_id, box_id = made[theirs]
        for asked, code in (
            (lambda: door.venue(poll, venue_id), "poll.venue_unknown"),
            (lambda: door.code_batch(batch_id), "code.batch_unknown"),
            (lambda: door.paper_batch(box_id), "paper.batch_unknown"),
            (lambda: door.station(999), "station.unknown"),
        ):
            with pytest.raises(NotFoundError) as told:
                asked()
            assert told.value.code == code


#: What turns an id into an object in the store; whoever calls it has to ask for sight.
_BY_ID = {"get", "get_pot", "get_contribution", "get_consent", "batch", "task", "estate_of"}


def test_no_service_turns_an_id_into_an_object_beside_the_door() -> None:
    beside = []
    folder = Path(services.__file__).parent
    for file in sorted(folder.rglob("*.py")):
        if file.name in ("doors.py", "sight.py") or "demo" in file.parts:
            continue
        tree = ast.parse(file.read_text(encoding="utf-8"))
        stores = {
            name.asname or name.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("renovation.store.")
            for name in node.names
        }
        beside += [
            f"{file.relative_to(folder)}:{node.lineno}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in stores
            and node.func.attr in _BY_ID
        ]
    assert beside == []


def test_what_hangs_on_an_estate_or_project_is_where_that_is(town: Town, admin: Actor) -> None:
    made: list[dict[str, int]] = []
    for home, wanted in zip(town.estates, town.projects, strict=True):
        demand = take_demand(
            town.store,
            admin,
            DemandDraft(
                estate_id=home,
                category=DemandCategory.LIGHTING,
                text="楼道没有灯",
                channel=DemandChannel.HOME_VISIT,
                lon=114.41,
                lat=23.08,
            ),
        )
        line = record_contribution(
            town.store, admin, Contribution(project=str(wanted), kind=SourceKind.RESIDENTS, pledged=100)
        )
        pledge = record_pledge(town.store, admin, wanted, supporter="好心人", kind=SourceKind.PRIVATE, amount=100)
        count = ConsentCount(total_heads=10, total_area=Fraction(10), agree_heads=9, agree_area=Fraction(9))
        consent, _ = record_consent(
            town.store,
            admin,
            ConsentDraft(
                estate_id=home,
                matter=Matter.ORDINARY,
                subject="改造",
                count=count,
                decided_on=date(2026, 1, 5),
                evidence="档案 1",
            ),
        )
        work = add_estate_work(town.store, admin, EstateWorkDraft(estate_id=home, year=2019, what="路灯"))
        assert line.id is not None
        made.append(
            {
                "demand": demand.id,
                "contribution": line.id,
                "pledge": int(pledge.id),
                "consent": consent.id,
                "estate_work": work.id,
            }
        )
    ours, theirs = made
    with reading(town.store, town.here, Action.SEE_REGISTER) as door:
        for noun, number in ours.items():
            assert getattr(door, noun)(number) is not None
        for noun, number in theirs.items():
            with pytest.raises(NotFoundError):
                getattr(door, noun)(number)
        with pytest.raises(DeniedError, match="whole_town"):
            door.panel(1)
