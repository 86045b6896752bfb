"""What anybody may ask tells nothing that staff keep for themselves: a marker in every inner field never comes out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import shapely
import sqlalchemy as sa

from renovation.errors import ConflictError, RenovationError
from renovation.model.accounts import PUBLIC, Action, Actor, Role, may
from renovation.model.clock import today
from renovation.model.demands import DemandCategory, DemandChannel, DemandDraft
from renovation.model.elections import BallotKind
from renovation.model.funding import SourceKind
from renovation.model.polls import Channel, Poll, PollSettings, PollStage
from renovation.model.projects import Project
from renovation.model.scope import EVERYWHERE, Scope
from renovation.services.demands import demands, work
from renovation.services.money import pledges
from renovation.services.outcome import publishing, receipts, results
from renovation.services.polls import ballot_map, codes, polls, stations, voting
from renovation.services.projects import projects
from renovation.services.register import coverage, estates, facilities, places
from renovation.store import Store
from renovation.store.polls import polls as poll_store
from renovation.store.schema.demands import demand_event
from renovation.store.schema.places import building, estate
from renovation.store.schema.polls import venue as venue_table

MARK = "七七八八"
STATION = stations.STATION
LAMP = "楼下路灯坏了晚上看不清路"
#: What a poll keeps for its staff.
INNER = ("ledger", "reconciled_with", "squeezed", "rescue", "office_digest", "made_by")


def draft(text: str = LAMP, number: str = "") -> DemandDraft:
    return DemandDraft(
        estate_id=1,
        category=DemandCategory.LIGHTING,
        text=text,
        channel=DemandChannel.WALK_IN,
        lon=114.401,
        lat=23.101,
        source_number=number,
    )


class Town:
    """An estate whose staff bear the marker in their name, with demands, offers and a poll."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.staff = Actor(role=Role.ADMIN, login=f"li{MARK}", name=f"李{MARK}")
        outline = shapely.box(114.4, 23.1, 114.402, 23.102)
        west, south, east, north = outline.bounds
        box = {"min_lon": west, "min_lat": south, "max_lon": east, "max_lat": north}
        with store.write() as unit:
            whole = {"geometry": shapely.to_wkb(outline), **box}
            facts = {"code": "E1", "name": "糖厂三号", "status": "surveyed", "households": 90, "property_manager": MARK}
            known = {key: value for key, value in facts.items() if key in estate.c}
            unit.connection.execute(estate.insert().values(id=1, **known, **whole))
            unit.connection.execute(building.insert().values(id=1, estate_id=1, name="3栋", **whole))
            unit.commit()
        self.other = demands.take_demand(store, self.staff, draft(f"{LAMP}{MARK}", f"{MARK}-12"))
        self.own = demands.take_demand(store, PUBLIC, draft(), who="甲")
        for one in (self.other, self.own):
            work.dispatch_demand(store, self.staff, one.id, "住建局", note=MARK)
            work.accept_demand(store, self.staff, one.id)
            work.begin_demand(store, self.staff, one.id)
        work.answer_demand(store, self.staff, self.own.id, "修好了")
        self.joined = demands.join_demand(store, PUBLIC, self.other.id, who="甲")
        with store.write() as unit:
            unit.connection.execute(sa.update(demand_event).values(note=MARK))
            unit.commit()
        self.projects = [self._project(name) for name in ("装路灯", "修路面")]
        pledges.open_for_adoption(store, self.staff, self.projects[0].id, wanted="路灯")
        pledges.offer_pledge(store, PUBLIC, self.projects[0].id, supporter=f"未确认{MARK}", amount=100)
        said = pledges.record_pledge(
            store, self.staff, self.projects[0].id, supporter=f"撤回{MARK}", kind=SourceKind.PRIVATE, amount=100
        )
        pledges.withdraw_pledge(store, self.staff, int(said.id))
        past = today() - timedelta(days=9)
        pledges.record_pledge(
            store,
            self.staff,
            self.projects[0].id,
            supporter=f"过期{MARK}",
            kind=SourceKind.PRIVATE,
            amount=100,
            pledged_on=past,
            expires_on=past,
        )

    def _project(self, name: str) -> Project:
        made = projects.draft_from_item(
            self.store, self.staff, estate_id=1, item_code="W02", quantity=Decimal(6), name=name
        )
        return projects.create_project(self.store, self.staff, made)

    def open(self) -> tuple[Poll, tuple[str, ...]]:
        budget = self.projects[0].cost * 3 // 2
        said = PollSettings(title="改什么", ballot_kind=BallotKind.APPROVAL, budget=budget)
        made = polls.create_poll(self.store, self.staff, said, 1, [one.id for one in self.projects])
        venue = polls.add_venue(self.store, self.staff, made.id, "活动室")
        slips = codes.make_batch(self.store, self.staff, made.id, venue.id, 5, MARK).slips
        opened = polls.open_poll(self.store, self.staff, made.id)
        return opened, tuple(slip.code for slip in slips)

    def keep_inner(self, poll_id: str, *more: str) -> int:
        """Write the marker wherever a poll keeps something for its staff; return its venue with a kit."""
        with self.store.write() as unit:
            poll_store.put_meta(unit.connection, poll_id, **dict.fromkeys((*INNER, *more), MARK))
            travelling = poll_store.add_venue(unit.connection, poll_id, "流动点", "")
            unit.connection.execute(sa.update(venue_table).filter_by(id=travelling.id).values(kit=MARK))
            unit.commit()
        return travelling.id


@pytest.fixture
def town(store: Store) -> Town:
    return Town(store)


def said(ask: Callable[[], Any]) -> str:
    """Return an answer as somebody could look through it, a refusal's fields among it."""
    try:
        found = ask()
    except RenovationError as refusal:
        return f"{refusal.code} {refusal.fields!r}"
    return repr(found)


def of_place(town: Town, actor: Actor) -> Iterator[Callable[[], Any]]:
    """Yield what anybody may ask of places, demands and pledges."""
    store, poster = town.store, town.projects[0].id
    yield lambda: places.list_areas(store, actor, outlines=True)
    yield lambda: places.list_roads(store, actor)
    yield lambda: places.trail(store, actor, EVERYWHERE)
    yield lambda: estates.estate_names(store, actor)
    yield lambda: estates.list_buildings(store, actor, [1])
    yield lambda: facilities.list_facilities(store, actor)
    yield lambda: facilities.facility_kinds(store, actor)
    yield lambda: coverage.has_streets(store, actor)
    yield lambda: demands.place_at(store, actor, 114.401, 23.101)
    yield lambda: demands.estate_choices(store, actor)
    yield lambda: demands.building_choices(store, actor, 1)
    yield lambda: demands.estate_outlines(store, actor, Scope(estate_id=1))
    yield lambda: demands.point_in_estate(store, actor, 1)
    yield lambda: demands.similar_demands(store, actor, 1, None, LAMP)
    yield lambda: demands.join_demand(store, actor, town.other.id, who="乙")
    yield lambda: demands.join_demand(store, actor, town.other.id, who="乙")
    yield lambda: demands.follow_demand(store, town.joined.receipt, actor=actor)
    yield lambda: demands.follow_demand(store, town.own.receipt, actor=actor)
    yield lambda: demands.by_receipt(store, town.joined.receipt, actor)
    yield lambda: work.judge_answer(store, town.joined.receipt, solved=True, actor=actor)
    yield lambda: work.judge_answer(store, town.own.receipt, solved=True, rating=5, actor=actor)
    yield lambda: work.judge_answer(store, town.own.receipt, solved=True, rating=5, actor=actor)
    yield lambda: pledges.adoptable_projects(store, actor)
    yield lambda: pledges.offer_pledge(store, actor, poster, supporter="好心人", amount=100)


def of_poll(town: Town, actor: Actor, poll: Poll, venue_id: int, codes_left: list[str]) -> Iterator[Callable[[], Any]]:
    """Yield what anybody may ask of a poll."""
    store = town.store
    at = stations.Station(id=1, poll_id=poll.id, venue_id=venue_id)
    channel = Channel.STATION if actor is STATION else Channel.PHONE
    code = codes_left.pop()
    yield lambda: polls.get_poll(store, actor, poll.id)
    yield lambda: polls.list_polls(store, actor)
    yield lambda: polls.venues(store, actor, poll.id)
    yield lambda: polls.turnout(store, actor, poll.id)
    yield lambda: stations.poll_of(store, poll.id)
    yield lambda: stations.view_station(store, at)
    yield lambda: ballot_map.ballot_faces(store, actor, poll)
    yield lambda: voting.start_ballot(store, code, actor=actor)
    yield lambda: voting.cast_ballot(store, actor, code, [poll.projects[0].key], channel=channel)
    yield lambda: voting.start_ballot(store, code, actor=actor)
    yield lambda: receipts.check_receipt(store, "00000000")
    yield lambda: results.election(store, actor, poll.id)
    yield lambda: results.ballot_stamp(store, actor, poll.id)
    yield lambda: publishing.check_votes(store, actor, poll.id)
    yield lambda: publishing.bundle_sum(store, actor, poll.id)
    yield lambda: publishing.published_receipts(store, poll.id)


@pytest.mark.parametrize("actor", [PUBLIC, STATION], ids=["resident", "station"])
def test_nothing_that_staff_keep_comes_out_of_what_anybody_may_ask(town: Town, actor: Actor) -> None:
    told = [said(ask) for ask in of_place(town, actor)]
    poll, slips = town.open()
    left = list(slips)
    venue_id = town.keep_inner(poll.id, "ledger_root", "tie_decisions")
    while_open = [said(ask) for ask in of_poll(town, actor, poll, venue_id, left)]
    assert "Ticket(" in "".join(while_open)
    assert "Receipt(" in "".join(while_open)
    with town.store.write() as unit:
        poll_store.put_meta(unit.connection, poll.id, tie_decisions="[]")
        for before, after in (
            (PollStage.OPEN, PollStage.CLOSED),
            (PollStage.CLOSED, PollStage.RECONCILED),
            (PollStage.RECONCILED, PollStage.PUBLISHED),
        ):
            poll_store.move_on(unit.connection, poll.id, before, after)
        poll_store.put_meta(unit.connection, poll.id, ledger_root="根")
        unit.commit()
    published = [said(ask) for ask in of_poll(town, actor, poll, venue_id, left)]
    assert "Election(" in "".join(published)
    assert polls.get_poll(town.store, actor, poll.id).meta["ledger_root"] == "根"
    assert MARK in repr(polls.get_poll(town.store, town.staff, poll.id).meta)
    for answer in (*told, *while_open, *published):
        assert MARK not in answer, answer
        assert town.other.receipt not in answer, answer
    assert not may(actor, Action.SEE_REGISTER)


def test_nobody_joins_a_demand_of_their_own(town: Town) -> None:
    one = demands.take_demand(town.store, PUBLIC, draft("电梯坏了"), who="丙")
    assert demands.follow_demand(town.store, one.receipt).is_own
    with pytest.raises(ConflictError, match=r"demand\.joined_already"):
        demands.join_demand(town.store, PUBLIC, one.id, who="丙")
    assert demands.join_demand(town.store, PUBLIC, one.id, who="丁").supporters == 2
