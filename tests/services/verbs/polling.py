"""Polls of the small town: one per stage in each estate, one that ended in a tie, one whose kit is out."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.ballots import PaperState, Reading, Round, Verdict
from renovation.model.clock import now, today
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollProject, PollSettings, PollStage
from renovation.services.outcome import publishing
from renovation.services.polls import codes, kits, polls, stations, voting, ways_out
from renovation.store import Store
from renovation.store.polls import paper as paper_store
from renovation.store.polls import polls as poll_store
from renovation.store.polls import stations as station_store
from verbs.laid import PIN, SECOND, Place, World, add_project, poll_settings


def _begin(world: World, place: Place, what: str, **settings: Any) -> SimpleNamespace:
    """Make a draft with two projects, two venues and codes."""
    store, actor = world.store, world.admin
    on_ballot = [add_project(world, place, f"{what}{n}").id for n in range(2)]
    chosen = replace(poll_settings(place, what), **settings)
    made = polls.create_poll(store, actor, chosen, place.estate.id, on_ballot)
    held = SimpleNamespace(id=made.id, project_ids=on_ballot, keys=[entry.key for entry in made.projects])
    held.venue = polls.add_venue(store, actor, made.id, f"{place.mark}活动室")
    held.away = polls.add_venue(store, actor, made.id, f"{place.mark}门卫室")
    batch = codes.make_batch(store, actor, made.id, held.venue.id, 8, f"{place.mark}第一批")
    held.codes, held.slips = batch.batch, [slip.code for slip in batch.slips]
    away = codes.make_batch(store, actor, made.id, held.away.id, 2, f"{place.mark}外出")
    held.away_slips = [slip.code for slip in away.slips]
    return held


def _open(world: World, held: SimpleNamespace, *choices: str) -> None:
    polls.open_poll(world.store, world.admin, held.id, denominator=200, second=SECOND)
    for slip, choice in zip(held.slips, choices, strict=False):
        voting.cast_ballot(world.store, PUBLIC, slip, [choice], channel=Channel.PHONE)


def poll_of_stage(world: World, place: Place, stage: PollStage) -> SimpleNamespace:
    """Lay a poll that has come as far as a stage, with codes, ballots, paper and a station."""
    store, actor = world.store, world.admin
    held = _begin(world, place, stage.value)
    if stage is not PollStage.DRAFT:
        _open(world, held, held.keys[0], held.keys[0])
        stations.start_station(store, actor, held.id, held.venue.id, PIN)
        for slip in held.slips[2:4]:
            codes.hand_out_paper(store, actor, held.id, slip)
    _paper(world, place, held)
    with store.write() as unit:
        held.station_id = station_store.add(
            unit.connection,
            token_hash=f"{place.mark}{stage}",
            poll_id=held.id,
            venue_id=held.venue.id,
            pin_hash="none",
            login=actor.login,
            at=now(),
        ).id
        unit.commit()
    if stage in (PollStage.DRAFT, PollStage.OPEN):
        return held
    if stage is PollStage.CANCELLED:
        ways_out.cancel_poll(store, actor, held.id, reason="另有安排", second=SECOND)
        return held
    polls.close_poll(store, actor, held.id, second=SECOND)
    if stage is PollStage.CLOSED:
        return held
    publishing.reconcile_poll(store, actor, held.id, reason="门卫室的票袋还在路上", second=SECOND)
    if stage is PollStage.PUBLISHED:
        publishing.publish_poll(store, actor, held.id)
    return held


def tied_poll(world: World, place: Place) -> SimpleNamespace:
    """Close a poll in which two projects stand equal and the budget pays for one."""
    held = _begin(world, place, "平票", budget=2_000_000, tie_break="refuse")
    _open(world, held, *held.keys)
    polls.close_poll(world.store, world.admin, held.id, second=SECOND)
    return held


def travelling_poll(world: World, place: Place, laptop: Store) -> SimpleNamespace:
    """Open a poll whose kit is out, and vote with it at its venue; the box is not back yet."""
    held = _begin(world, place, "外出")
    _open(world, held)
    kit = kits.make_kit(world.store, world.admin, held.id, held.away.id)
    kits.install_kit(laptop, world.admin, kit.file[2], kit.passphrase)
    voting.cast_ballot(laptop, Actor(role=Role.STATION), held.away_slips[0], held.keys[:1], channel=Channel.STATION)
    held.box = kits.make_box(laptop, world.admin, held.id)[2]
    held.venue = held.away
    return held


def bring_kits(world: World, office: Store) -> None:
    """Bring kits of another office's polls: one to be installed, one that is."""
    settings = PollSettings(title="外地的投票", ballot_kind=BallotKind.APPROVAL, budget=1_000_000, max_choices=1)
    for name in ("kit", "installed"):
        with office.write() as unit:
            poll_id = poll_store.add(unit.connection, settings, at=now())
            poll_store.set_projects(
                unit.connection, poll_id, [PollProject(number=1, key="P1", name="外地的坡道", cost=100)]
            )
            unit.commit()
        venue = polls.add_venue(office, world.admin, poll_id, "外地")
        codes.make_batch(office, world.admin, poll_id, venue.id, 2, "外地")
        polls.open_poll(office, world.admin, poll_id, denominator=10, second=SECOND)
        kit = kits.make_kit(office, world.admin, poll_id, venue.id)
        held = SimpleNamespace(content=kit.file[2], passphrase=kit.passphrase, poll_id=poll_id)
        setattr(world.town, name, held)
    kits.install_kit(world.store, world.admin, held.content, held.passphrase)


def _paper(world: World, place: Place, held: SimpleNamespace) -> None:
    """Lay bundles of one ballot each, straight into the store, read as far as their names say."""
    one, other = (Reading(position=1, verdict=Verdict.VALID, choices=(key,)) for key in held.keys)
    clerks = [world.staff[role].account_id for role in (Role.SOCIAL_WORKER, Role.SECOND_CLERK)]
    held.paper = SimpleNamespace()
    with world.store.write() as unit:
        for name, state, readings in (
            ("first", PaperState.FIRST, ()),
            ("keyed", PaperState.FIRST, (one,)),
            ("again", PaperState.SECOND, (one, one)),
            ("agreed", PaperState.COMPARE, (one, one)),
            ("compare", PaperState.COMPARE, (one, other)),
            ("closed", PaperState.CLOSED, (one, one)),
        ):
            batch = paper_store.add_batch(
                unit.connection,
                poll_id=held.id,
                venue_id=held.venue.id,
                label=f"{place.mark}{name}",
                day=today(),
                counted=1,
                spoiled_at_desk=0,
                not_returned=0,
            )
            for turn, clerk, reading in zip((Round.FIRST, Round.SECOND), clerks, readings, strict=False):
                assert clerk is not None
                paper_store.add_reading(unit.connection, batch.id, turn, clerk, reading)
            setattr(held.paper, name, paper_store.change_batch(unit.connection, batch, state=state.value))
        unit.commit()
