"""What a poll does to its projects and their demands: opened, published, cancelled, or found impossible."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
import shapely

from renovation.errors import ConflictError, DeniedError, InvalidError, NotFoundError, StageError
from renovation.imports.polls.bundle import verify_bundle
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.demands import Demand, DemandCategory, DemandChannel, DemandDraft, DemandStatus
from renovation.model.elections import BallotKind
from renovation.model.menus import Leaving
from renovation.model.polls import Channel, CodeState, Poll, PollSettings, PollStage
from renovation.model.projects import Project, ProjectStatus
from renovation.services.demands import demands
from renovation.services.house import verification
from renovation.services.outcome import publishing, receipts, results, standing
from renovation.services.polls import ballot, codes, polls, voting, ways_out
from renovation.services.projects import projects
from renovation.store import Store, audit
from renovation.store.schema.places import estate

STATION = Actor(role=Role.STATION)
SECOND = Actor(role=Role.PLANNER, login="zweite")


class City:
    """Three projects of one estate, each answering a demand of its own; the poll pays for one."""

    def __init__(self, store: Store, admin: Actor) -> None:
        self.store, self.admin = store, admin
        with store.write() as unit:
            outline = shapely.box(114.4, 23.1, 114.402, 23.102)
            unit.connection.execute(
                estate.insert().values(
                    id=1, code="E1", name="糖厂三号", status="surveyed", households=90,
                    geometry=shapely.to_wkb(outline), min_lon=114.4, min_lat=23.1, max_lon=114.402, max_lat=23.102,
                )
            )  # fmt: skip
            unit.commit()
        self.demands = [self.take(words) for words in ("路灯不亮", "楼道灯坏了", "晚上看不清路")]
        self.projects = [self.make(one, f"装灯{place}") for place, one in enumerate(self.demands)]

    def make(self, answered: Demand, name: str) -> Project:
        draft = projects.draft_from_item(
            self.store, self.admin, estate_id=1, item_code="W02", quantity=Decimal(6), name=name
        )
        return projects.create_project(self.store, self.admin, draft, [answered.id])

    def take(self, words: str) -> Demand:
        draft = DemandDraft(
            estate_id=1,
            category=DemandCategory.LIGHTING,
            text=words,
            channel=DemandChannel.WALK_IN,
            lon=114.401,
            lat=23.101,
        )
        return demands.take_demand(self.store, self.admin, draft)

    def opened(self, title: str = "糖厂三号改什么") -> tuple[Poll, tuple[str, ...]]:
        held = PollSettings(title=title, ballot_kind=BallotKind.APPROVAL, budget=self.projects[0].cost * 3 // 2)
        made = polls.create_poll(self.store, self.admin, held, 1, [one.id for one in self.projects])
        slips = codes.make_batch(self.store, self.admin, made.id, None, 6, "一批").slips
        return polls.open_poll(self.store, self.admin, made.id), tuple(slip.code for slip in slips)

    def vote(self, slips: tuple[str, ...], *ballots: tuple[int, ...]) -> list[str]:
        return [
            voting.cast_ballot(
                self.store, STATION, code, [self.projects[one].code for one in chosen], channel=Channel.STATION
            ).code
            for code, chosen in zip(slips, ballots, strict=False)
        ]

    def sealed(self, *ballots: tuple[int, ...]) -> Poll:
        poll, slips = self.opened()
        self.vote(slips, *ballots)
        polls.close_poll(self.store, self.admin, poll.id)
        return publishing.reconcile_poll(self.store, self.admin, poll.id)

    def project(self, place: int) -> Project:
        return projects.get_project(self.store, self.admin, self.projects[place].id)

    def statuses(self) -> list[ProjectStatus]:
        return [self.project(place).status for place in range(3)]

    def told(self, place: int) -> tuple[DemandStatus, list[str]]:
        whole = demands.demand_file(self.store, self.admin, self.demands[place].id)
        return whole.demand.status, [event.step for event in whole.events if event.step.startswith("project_")]


@pytest.fixture
def city(store: Store, admin: Actor) -> City:
    return City(store, admin)


def test_publishing_moves_winners_on_frees_losers_and_tells_the_demands(city: City) -> None:
    poll = city.sealed((0,), (0, 1), (1,), (0,))
    assert set(city.statuses()) == {ProjectStatus.IN_POLL}
    for place in range(3):
        with pytest.raises(StageError, match=r"project\.fixed"):
            projects.withdraw_project(
                city.store, city.admin, city.project(place).id, city.project(place).version, reason="x"
            )
    publishing.publish_poll(city.store, city.admin, poll.id)
    assert city.statuses() == [ProjectStatus.CHOSEN, ProjectStatus.NOT_CHOSEN, ProjectStatus.NOT_CHOSEN]
    assert city.told(0) == (DemandStatus.IN_PROJECT, ["project_in_poll", "project_chosen"])
    assert city.told(1) == (DemandStatus.RECEIVED, ["project_in_poll", "project_not_chosen"])
    (won,), (lost,), (unnamed,) = (
        standing.standings(city.store, city.admin, city.projects[place].id) for place in range(3)
    )
    assert (won.votes, won.rank, won.selected) == ("3", 1, True)
    assert (lost.votes, lost.rank, lost.projects, lost.selected) == ("2", 2, 3, False)
    assert "2 票" in lost.reason["zh-CN"]
    assert unnamed.reason["en"].startswith("Not selected: it has no votes")
    followed = demands.follow_demand(city.store, city.demands[1].receipt)
    assert [step.step for step in followed.steps][-2:] == ["project_not_chosen", "received"]
    assert followed.steps[-2].parts == (("P0002 装灯1", poll.title),)
    assert verification.check_store(city.store, city.admin) == ()
    # Works on what was chosen begin; what was not can be withdrawn, put to the vote again, or planned.
    begun = projects.advance_project(city.store, city.admin, city.project(0).id, city.project(0).version)
    assert begun.status is ProjectStatus.IN_WORKS
    again = polls.create_poll(city.store, city.admin, poll.settings, 1, [city.projects[1].id])
    polls.open_poll(city.store, city.admin, again.id)
    assert city.told(1)[0] is DemandStatus.IN_PROJECT
    gone = projects.withdraw_project(
        city.store, city.admin, city.project(2).id, city.project(2).version, reason="不再需要"
    )
    assert gone.status is ProjectStatus.WITHDRAWN


def test_what_residents_chose_is_withdrawn_by_who_may_publish_alone(city: City, social_worker: Actor) -> None:
    publishing.publish_poll(city.store, city.admin, city.sealed((0,)).id)
    one = city.project(0)
    with pytest.raises(DeniedError):
        projects.withdraw_project(city.store, social_worker, one.id, one.version, reason="x")
    projects.withdraw_project(city.store, city.admin, one.id, one.version, reason="地下有管线")
    assert city.told(0)[0] is DemandStatus.RECEIVED


def test_a_project_stands_on_one_open_ballot_and_leaves_others_by_name(city: City) -> None:
    city.opened()
    settings = PollSettings(title="另一场", ballot_kind=BallotKind.APPROVAL, budget=10**9)
    with pytest.raises(ConflictError, match=r"poll\.project_not_free"):
        polls.create_poll(city.store, city.admin, settings, 1, [city.projects[0].id])


def test_a_draft_whose_projects_are_taken_meanwhile_says_which_and_is_mended(city: City) -> None:
    settings = PollSettings(title="另一场", ballot_kind=BallotKind.APPROVAL, budget=10**9)
    extra = city.make(city.take("再装一盏"), "门口装灯")
    draft = polls.create_poll(city.store, city.admin, settings, 1, [city.projects[0].id, extra.id])
    held, _ = city.opened()
    (change,) = ballot.ballot_changes(city.store, city.admin, draft.id)
    assert (change.entry.name, change.leaves, change.where) == ("装灯0", Leaving.OTHER_POLL, held.title)
    with pytest.raises(ConflictError, match=r"poll\.project_not_free.*装灯0"):
        polls.open_poll(city.store, city.admin, draft.id)
    assert [one.name for one in ballot.refresh_projects(city.store, city.admin, draft.id).projects] == ["门口装灯"]
    assert polls.open_poll(city.store, city.admin, draft.id).stage is PollStage.OPEN


@pytest.mark.parametrize("stage", [PollStage.OPEN, PollStage.CLOSED, PollStage.RECONCILED])
def test_a_cancelled_poll_voids_its_codes_frees_its_projects_and_says_why(city: City, stage: PollStage) -> None:
    poll, slips = city.opened()
    (receipt,) = city.vote(slips, (0,))
    if stage is not PollStage.OPEN:
        polls.close_poll(city.store, city.admin, poll.id)
    if stage is PollStage.RECONCILED:
        publishing.reconcile_poll(city.store, city.admin, poll.id)
    for reason, second, error in (
        ("  ", SECOND, InvalidError),
        ("开错了", None, DeniedError),
        ("x", city.admin, DeniedError),
    ):
        with pytest.raises(error):
            ways_out.cancel_poll(city.store, city.admin, poll.id, reason=reason, second=second)
    gone = ways_out.cancel_poll(city.store, city.admin, poll.id, reason="预算  没有落实", second=SECOND)
    assert gone.stage is PollStage.CANCELLED
    assert gone.cancelled is not None
    assert gone.cancelled.reason == "预算 没有落实"
    assert polls.get_poll(city.store, PUBLIC, poll.id).cancelled == gone.cancelled
    assert city.statuses() == [ProjectStatus.PRICED] * 3
    assert city.told(0) == (DemandStatus.IN_PROJECT, ["project_in_poll", "project_priced"])
    assert "预算 没有落实" in demands.follow_demand(city.store, city.demands[0].receipt).steps[-1].note
    for code in slips:
        with pytest.raises(StageError, match=r"poll\.cancelled"):
            voting.start_ballot(city.store, code)
        with pytest.raises(StageError, match=r"poll\.cancelled"):
            voting.cast_ballot(city.store, STATION, code, (), channel=Channel.STATION)
    if stage is not PollStage.RECONCILED:
        (counted,) = codes.batches(city.store, city.admin, poll.id)
        assert (counted.states.get(CodeState.UNUSED, 0), counted.states[CodeState.VOID]) == (0, 5)
    assert polls.turnout(city.store, city.admin, poll.id).ballots == 1
    with pytest.raises(StageError):
        results.election(city.store, city.admin, poll.id)
    found = receipts.check_receipt(city.store, receipt)
    assert found is not None
    assert (found.cancelled, found.published) == (True, False)
    with pytest.raises(StageError):
        ways_out.cancel_poll(city.store, city.admin, poll.id, reason="再来", second=SECOND)
    assert verification.check_store(city.store, city.admin) == ()
    with city.store.read() as connection:
        (noted,) = [entry.detail for entry in audit.entries(connection) if entry.act == "poll.cancel"]
    assert (noted["reason"], noted["second"], noted["projects"]) == ("预算 没有落实", "zweite", 3)
    city.opened("重新来过")


@pytest.mark.parametrize("stage", [PollStage.OPEN, PollStage.RECONCILED])
def test_a_project_found_impossible_keeps_its_votes_and_is_left_out(
    city: City, stage: PollStage, tmp_path: Any
) -> None:
    poll, slips = city.opened()
    city.vote(slips, (0,), (0, 1), (0,), (1,))
    if stage is PollStage.RECONCILED:
        polls.close_poll(city.store, city.admin, poll.id)
        publishing.reconcile_poll(city.store, city.admin, poll.id)
    key = city.projects[0].code
    with pytest.raises(DeniedError):
        ways_out.mark_impossible(city.store, city.admin, poll.id, key, reason="有高压线", second=None)
    with pytest.raises(NotFoundError):
        ways_out.mark_impossible(city.store, city.admin, poll.id, "?", reason="有高压线", second=SECOND)
    with pytest.raises(ConflictError, match=r"poll\.not_impossible"):
        ways_out.mark_possible(city.store, city.admin, poll.id, key, reason="误标", second=SECOND)
    for other in (city.projects[1].code, key):
        ways_out.mark_impossible(city.store, city.admin, poll.id, other, reason="有高压线", second=SECOND)
    with pytest.raises(ConflictError, match=r"poll\.impossible_already"):
        ways_out.mark_impossible(city.store, city.admin, poll.id, key, reason="有高压线", second=SECOND)
    ways_out.mark_possible(city.store, city.admin, poll.id, city.projects[1].code, reason="误标", second=SECOND)
    if stage is PollStage.OPEN:
        ticket = voting.start_ballot(city.store, slips[-1])
        assert ticket.poll.impossible[key].reason == "有高压线"
        voting.leave_ballot(city.store, ticket.attempt)
        polls.close_poll(city.store, city.admin, poll.id)
        publishing.reconcile_poll(city.store, city.admin, poll.id)
    publishing.publish_poll(city.store, city.admin, poll.id)
    assert city.statuses() == [ProjectStatus.NOT_CHOSEN, ProjectStatus.CHOSEN, ProjectStatus.NOT_CHOSEN]
    (stood,) = standing.standings(city.store, city.admin, city.projects[0].id)
    assert (stood.votes, stood.rank, stood.selected) == ("3", 1, False)
    assert "有高压线" in stood.reason["zh-CN"]
    assert "有高压线" in demands.follow_demand(city.store, city.demands[0].receipt).steps[-2].note
    bundle = publishing.bundle_file(city.store, PUBLIC, poll.id)[2]
    assert verify_bundle(bundle).differences == ()
    from renovation.exports.outcome import verify_bundle as stand_alone

    (tmp_path / "bundle.zip").write_bytes(bundle)
    assert stand_alone.verify(tmp_path / "bundle.zip")[0] == []
    assert verification.check_store(city.store, city.admin) == ()
    with pytest.raises(StageError):
        ways_out.mark_possible(city.store, city.admin, poll.id, key, reason="晚了", second=SECOND)
