"""Polls: drafts from projects, opening that freezes, stages and roles, imported elections, codes that nobody keeps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, RenovationError, StageError
from renovation.model.accounts import PERMISSIONS, Actor, Role
from renovation.model.clock import now, today
from renovation.model.elections import Ballot, BallotKind
from renovation.model.menus import Leaving
from renovation.model.polls import TIMETABLE, Channel, PollAct, PollProject, PollSettings, PollStage, ProjectTerms
from renovation.model.scope import Scope
from renovation.services.house import verification
from renovation.services.house.log import read_log
from renovation.services.outcome import publishing
from renovation.services.polls import ballot, codes, paper, polls, stations, venues, voting, ways_out
from renovation.services.polls.ballot import set_terms
from renovation.store import Store
from renovation.store.polls import polls as poll_store
from renovation.store.schema import metadata
from renovation.store.schema.places import estate
from renovation.store.schema.polls import poll as poll_table
from renovation.store.schema.projects import item, project


@pytest.fixture
def project_ids(store: Store) -> list[int]:
    """Three projects of one estate of 210 households."""
    with store.write() as unit:
        place = unit.connection.execute(
            estate.insert().values(code="E1", name="糖厂三号", status="surveyed", households=210).returning(estate.c.id)
        ).scalar_one()
        unit.connection.execute(item.insert().values(code="B1", position=1, content={"item_class": "basic"}))
        made = []
        for number in (1, 2, 3):
            row = {
                "code": f"XM{number}", "estate_id": place, "item_code": "B1", "name": f"项目{number}", "quantity": "1",
                "unit": "项", "cost": number * 10_000_000, "cost_low": 1, "cost_high": 10**9, "status": "priced",
                "created_at": now(),
            }  # fmt: skip
            made.append(unit.connection.execute(project.insert().values(row).returning(project.c.id)).scalar_one())
        unit.commit()
    return made


def settings(**changed: Any) -> PollSettings:
    values: dict[str, Any] = {
        "title": "糖厂三号改什么", "ballot_kind": BallotKind.APPROVAL, "budget": 40_000_000, "max_choices": 2,
        "votes_basic": True,
    }  # fmt: skip
    return PollSettings(**(values | changed))


def test_draft_keeps_the_order_and_opening_freezes(
    store: Store, planner: Actor, admin: Actor, project_ids: list[int]
) -> None:
    draft = polls.create_poll(store, planner, settings(), 1, list(reversed(project_ids)))
    assert [(entry.number, entry.key) for entry in draft.projects] == [(1, "XM3"), (2, "XM2"), (3, "XM1")]
    assert {entry.category for entry in draft.projects} == {"basic"}
    draft = ballot.set_projects(store, planner, draft.id, [project_ids[1], project_ids[0], project_ids[2]])
    assert [entry.key for entry in draft.projects] == ["XM2", "XM1", "XM3"]
    draft = set_terms(store, planner, draft.id, {"XM1": ProjectTerms(mandatory=True)})
    assert [entry.key for entry in draft.on_ballot] == ["XM2", "XM3"]
    assert draft.free_budget == 30_000_000
    opened = polls.open_poll(store, admin, draft.id)
    assert opened.settings.denominator == 210
    assert len(opened.digest) == 64
    with pytest.raises(StageError):
        ballot.set_projects(store, planner, draft.id, project_ids)
    with pytest.raises(StageError):
        polls.edit_poll(store, planner, draft.id, settings(), version=opened.version)
    with store.write() as unit:
        unit.connection.execute(poll_table.update().values(budget=41_000_000))
        unit.commit()
    found = [fault.code for fault in verification.check_store(store, admin)]
    assert found == ["store.poll", "store.poll_project"]


def test_basic_projects_cannot_be_voted_on(store: Store, planner: Actor, admin: Actor, project_ids: list[int]) -> None:
    draft = polls.create_poll(store, planner, settings(), 1, project_ids)
    set_terms(store, planner, draft.id, {"XM1": ProjectTerms(mandatory=True)})
    made = codes.make_batch(store, admin, draft.id, None, 1, "一批")
    polls.open_poll(store, admin, draft.id)
    with pytest.raises(InvalidError, match=r"ballot\.unknown_project"):
        voting.cast_ballot(store, Actor(role=Role.STATION), made.slips[0].code, ("XM1",), channel=Channel.STATION)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"budget": 9_000_000}, "poll.nothing_affordable"),
        ({"max_choices": 4}, "poll.more_choices_than_projects"),
    ],
)
def test_contradictory_poll_is_refused_by_name(
    store: Store, admin: Actor, project_ids: list[int], changed: dict[str, Any], code: str
) -> None:
    draft = polls.create_poll(store, admin, settings(**changed), 1, project_ids)
    with pytest.raises(InvalidError) as told:
        polls.open_poll(store, admin, draft.id)
    assert told.value.code == code
    assert polls.get_poll(store, admin, draft.id).stage is PollStage.DRAFT


def test_empty_and_stale_drafts_do_not_open(store: Store, admin: Actor, project_ids: list[int]) -> None:
    empty = polls.create_poll(store, admin, settings())
    with pytest.raises(InvalidError, match=r"poll\.empty"):
        polls.open_poll(store, admin, empty.id)
    draft = polls.create_poll(store, admin, settings(), 1, project_ids)
    with store.write() as unit:
        unit.connection.execute(project.update().where(project.c.id == project_ids[0]).values(cost=11_000_000))
        unit.commit()
    with pytest.raises(ConflictError, match=r"poll\.project_changed"):
        polls.open_poll(store, admin, draft.id)
    ballot.refresh_projects(store, admin, draft.id)
    assert polls.open_poll(store, admin, draft.id).projects[0].cost == 11_000_000


def test_a_draft_says_what_leaves_it_and_why_and_is_mended_in_one_act(
    store: Store, admin: Actor, project_ids: list[int]
) -> None:
    draft = polls.create_poll(store, admin, settings(votes_basic=False), 1, project_ids)
    with pytest.raises(InvalidError, match=r"poll\.basic_on_ballot"):
        polls.open_poll(store, admin, draft.id)
    draft = polls.edit_poll(store, admin, draft.id, settings(), version=draft.version)
    with store.write() as unit:
        for at, changed in ((0, {"status": "withdrawn"}), (1, {"cost": 50_000_000}), (2, {"name": "换了名"})):
            unit.connection.execute(project.update().where(project.c.id == project_ids[at]).values(**changed))
        unit.commit()
    changes = ballot.ballot_changes(store, admin, draft.id)
    said = [(one.entry.name, one.leaves, one.name) for one in changes]
    assert said == [
        ("项目1", Leaving.WITHDRAWN, "项目1"),
        ("项目2", Leaving.OVER_BUDGET, "项目2"),
        ("项目3", None, "换了名"),
    ]
    assert [one.name for one in ballot.refresh_projects(store, admin, draft.id).projects] == ["换了名"]
    (over, gone) = [one for one in read_log(store, admin) if one.act == "poll.drop_project"]
    assert [(one.detail["name"], one.detail["leaves"]) for one in (gone, over)] == [
        ("项目1", "withdrawn"),
        ("项目2", "over_budget"),
    ]
    ballot.set_projects(store, admin, draft.id, [])
    # Nothing to vote on: the same act puts on what is free and within the budget.
    assert [one.name for one in ballot.refresh_projects(store, admin, draft.id).projects] == ["换了名"]


def test_two_people_editing_one_draft(store: Store, planner: Actor) -> None:
    draft = polls.create_poll(store, planner, settings())
    polls.edit_poll(store, planner, draft.id, settings(title="甲"), version=draft.version)
    with pytest.raises(ConflictError, match=r"poll\.changed_meanwhile"):
        polls.edit_poll(store, planner, draft.id, settings(title="乙"), version=draft.version)


def test_drafts_and_running_totals_are_not_for_residents(voting_poll: Any, planner: Actor) -> None:
    held = voting_poll
    resident = Actor(role=Role.RESIDENT)
    draft = polls.create_poll(held.store, planner, settings())
    with pytest.raises(NotFoundError):
        polls.get_poll(held.store, resident, draft.id)
    assert [poll.id for poll in polls.list_polls(held.store, resident)] == [held.poll.id]
    with pytest.raises(DeniedError):
        polls.turnout(held.store, resident, held.poll.id)
    assert polls.turnout(held.store, planner, held.poll.id).blank is None


def test_imported_election_is_taken_whole(store: Store, planner: Actor) -> None:
    entries = [PollProject(number=n, key=str(n), name=f"P{n}", cost=n * 1000) for n in range(1, 65)]
    ballots = [Ballot((str(n % 64 + 1), str((n * 7) % 64 + 1))) for n in range(6586)]
    made = polls.add_imported_poll(store, planner, settings(max_choices=64), entries, ballots, source="file.pb")
    assert made.stage is PollStage.CLOSED
    assert polls.turnout(store, planner, made.id).by_channel == {Channel.IMPORTED: 6586}
    assert len(polls.ballots(store, planner, made.id)) == 6586
    with pytest.raises(InvalidError, match=r"ballot\.unknown_project"):
        polls.add_imported_poll(store, planner, settings(), entries, [Ballot(("99",))])
    assert len(polls.list_polls(store, planner)) == 1


def test_no_code_is_kept_anywhere(voting_poll: Any, admin: Actor, social_worker: Actor) -> None:
    held = voting_poll
    for code in held.codes[:3]:
        voting.cast_ballot(held.store, Actor(role=Role.STATION), code, ("P1",), channel=Channel.STATION)
    codes.hand_out_paper(held.store, social_worker, held.poll.id, held.codes[3])
    codes.void_code(held.store, social_worker, held.batch_id, 5, "测试")
    forms = [form.encode() for code in held.codes for form in (code, code.replace("-", ""), code.lower())]
    if held.store.is_sqlite:
        folder = held.store.keys.parent
        kept = b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())
    else:
        with held.store.read() as connection:
            kept = b"".join(
                str(row).encode() for table in metadata.sorted_tables for row in connection.execute(sa.select(table))
            )
    assert kept
    assert not [form for form in forms if form in kept]


def _calls(held: Any) -> dict[PollAct, Callable[[Actor], object]]:
    store, poll_id = held.store, held.poll.id
    second = Actor(role=Role.ADMIN, login="zweite")
    clean = replace(held.poll.settings, denominator=None)
    return {
        PollAct.EDIT: lambda actor: polls.edit_poll(
            store, actor, poll_id, clean, version=polls.get_poll(store, second, poll_id).version
        ),
        PollAct.ADD_VENUE: lambda actor: polls.add_venue(store, actor, poll_id, "大门口"),
        PollAct.MAKE_CODES: lambda actor: codes.make_batch(store, actor, poll_id, None, 1, "批"),
        PollAct.HAND_OUT_CODE: lambda actor: codes.hand_out_paper(store, actor, held.poll.id, held.codes[1]),
        PollAct.CAST: lambda actor: voting.cast_ballot(store, actor, held.codes[0], (), channel=Channel.STATION),
        PollAct.OPEN: lambda actor: polls.open_poll(store, actor, poll_id),
        PollAct.CLOSE: lambda actor: polls.close_poll(store, actor, poll_id),
        PollAct.RUN_STATION: lambda actor: stations.start_station(store, actor, poll_id, held.venue.id, "730518"),
        PollAct.KEY_PAPER: lambda actor: paper.make_batch(store, actor, poll_id, held.venue.id, "箱", today(), 1),
        PollAct.RECONCILE: lambda actor: publishing.reconcile_poll(store, actor, poll_id),
        PollAct.SEAL_AGAIN: lambda actor: polls.seal_again(store, actor, poll_id),
        PollAct.SEE_TALLY: lambda actor: polls.ballots(store, actor, poll_id),
        PollAct.PUBLISH: lambda actor: publishing.publish_poll(store, actor, poll_id),
        PollAct.CANCEL: lambda actor: ways_out.cancel_poll(store, actor, poll_id, reason="开错了", second=second),
        PollAct.JUDGE_PROJECT: lambda actor: ways_out.mark_impossible(
            store, actor, poll_id, "P1", reason="有高压线", second=second
        ),
        PollAct.CHANGE_CODE: lambda actor: codes.void_code(store, actor, held.batch_id, 1, "测试"),
    }


@pytest.mark.parametrize("stage", list(PollStage))
def test_timetable_and_permissions_are_what_services_enforce(
    sqlite_store: Store, admin: Actor, make_matrix_poll: Callable[[PollStage], Any], stage: PollStage
) -> None:
    held = make_matrix_poll(stage)
    for act in _calls(held):
        stages, action = TIMETABLE[act]
        for role in Role:
            actor = Actor(role=role, account_id=None, login=f"somebody-{role.value}")
            expected = stage in stages and role in PERMISSIONS[action]
            try:
                _calls(held)[act](actor)
                happened: object = True
                # Only a refusal leaves the poll to the next who tries.
                held = make_matrix_poll(stage)
            except (DeniedError, StageError) as refused:
                happened = refused
            except RenovationError as other:
                pytest.fail(f"{act} {stage} {role}: {other}")
            assert (happened is True) is expected, (act, stage, role, happened)


@pytest.fixture
def make_matrix_poll(sqlite_store: Store, admin: Actor, make_held: Callable[..., Any]) -> Callable[[PollStage], Any]:
    """Make a poll with codes and put it straight into a stage."""

    def make(stage: PollStage) -> Any:
        held = make_held(sqlite_store, admin, size=3)
        voting.cast_ballot(sqlite_store, Actor(role=Role.STATION), held.codes[2], ("P1",), channel=Channel.STATION)
        sealed = stage in (PollStage.RECONCILED, PollStage.PUBLISHED)
        for after in (PollStage.CLOSED, None, stage) if sealed else (stage,):
            if after is None:
                publishing.reconcile_poll(sqlite_store, admin, held.poll.id)
                continue
            with sqlite_store.write() as unit:
                now_stands = poll_store.get(unit.connection, held.poll.id).stage
                poll_store.move_on(unit.connection, held.poll.id, now_stands, after)
                unit.commit()
        return held

    return make


def test_who_sees_a_part_of_town_sees_and_changes_its_polls_alone(
    store: Store, planner: Actor, admin: Actor, project_ids: list[int]
) -> None:
    with store.write() as unit:
        elsewhere = unit.connection.execute(
            estate.insert().values(code="E2", name="春晖新村", status="surveyed").returning(estate.c.id)
        ).scalar_one()
        unit.commit()
    here = replace(planner, scope=Scope(estate_id=1))
    there = replace(planner, scope=Scope(estate_id=elsewhere))
    of_estate = polls.create_poll(store, here, settings(), 1, project_ids)
    by_projects = polls.create_poll(store, planner, settings(), None, project_ids)
    assert {poll.id for poll in polls.list_polls(store, here)} == {of_estate.id, by_projects.id}
    assert polls.list_polls(store, there) == ()
    for poll in (of_estate, by_projects):
        with pytest.raises(NotFoundError):
            polls.get_poll(store, there, poll.id)
        with pytest.raises(NotFoundError):
            ballot.set_projects(store, there, poll.id, [])
        with pytest.raises(NotFoundError):
            polls.open_poll(store, replace(admin, scope=there.scope), poll.id)
    for place, chosen in ((1, []), (None, project_ids), (elsewhere, project_ids)):
        with pytest.raises(NotFoundError):
            polls.create_poll(store, there, settings(), place, chosen)
    with pytest.raises(DeniedError, match="whole_town"):
        polls.create_poll(store, there, settings())
    with pytest.raises(DeniedError, match="second_person"):
        polls.open_poll(store, admin, of_estate.id, second=replace(admin, login="zweite", scope=there.scope))
    polls.open_poll(store, admin, of_estate.id, second=replace(admin, login="zweite", scope=here.scope))
    for act in (
        lambda second: ways_out.cancel_poll(store, admin, of_estate.id, reason="开错了", second=second),
        lambda second: ways_out.mark_impossible(
            store, admin, of_estate.id, of_estate.projects[0].key, reason="有高压线", second=second
        ),
    ):
        with pytest.raises(DeniedError, match="second_person"):
            act(replace(admin, login="zweite", scope=there.scope))


def test_venue_gets_another_name_and_its_codes_stay_good(voting_poll: Any, admin: Actor) -> None:
    held, second = voting_poll, replace(admin, login="zweite")
    with pytest.raises(DeniedError, match=r"poll\.second_person"):
        venues.change_venue(held.store, admin, held.poll.id, held.venue.id, "新楼", "", reason="下雨")
    venues.change_venue(held.store, admin, held.poll.id, held.venue.id, "新楼", "", reason="下雨", second=second)
    added = polls.add_venue(held.store, admin, held.poll.id, held.venue.name)
    assert added.room != held.venue.room
    assert voting.start_ballot(held.store, held.codes[0]).poll.id == held.poll.id
    more = codes.make_batch(held.store, admin, held.poll.id, added.id, 1, "新的").slips[0].code
    assert voting.start_ballot(held.store, more).venue_id == added.id
    with pytest.raises(ConflictError, match=r"poll\.venue_used"):
        venues.remove_venue(held.store, admin, held.poll.id, added.id, reason="多了", second=second)
    spare = polls.add_venue(held.store, admin, held.poll.id, "备用棚")
    venues.remove_venue(held.store, admin, held.poll.id, spare.id, reason="多了", second=second)
    assert [place.name for place in polls.venues(held.store, admin, held.poll.id)] == ["新楼", held.venue.name]
