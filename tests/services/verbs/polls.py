"""Verbs of polls: ballots, codes, stations, kits, paper, stages."""

from __future__ import annotations

from typing import Any

from renovation.imports.polls.pabulib import read_pabulib
from renovation.model.accounts import Action
from renovation.model.clock import now, today
from renovation.model.elections import Ballot
from renovation.model.polls import Channel, PollAct, PollProject, PollStage, ProjectTerms
from renovation.services.polls import (
    ballot,
    ballot_map,
    codes,
    elections,
    kits,
    paper,
    polls,
    reconciliation,
    reports,
    stations,
    ties,
    venues,
    voting,
    ways_out,
    wishes,
)
from renovation.store import settings
from renovation.store.polls import codes as code_store
from renovation.store.polls import polls as poll_store
from renovation.store.polls import slips
from verbs import Kind, Outside, Scene, here, row
from verbs.laid import PIN, SECOND, poll_settings

SEE, EDIT, CODES, KEY = Action.SEE_REGISTER, Action.EDIT_POLL, Action.ISSUE_CODES, Action.KEY_PAPER
DRAFT = {"stage": PollStage.DRAFT}
CODE_BATCH = {"batch_id": here.poll.codes.id}
UNUSED = {**CODE_BATCH, "serial": 7}
ENTRY = PollProject(number=1, key="P1", name="甲", cost=100)


def _seal_box(scene: Scene) -> None:
    kits.make_box(scene.world.store, scene.world.admin, scene.world.town.installed.poll_id)


def _mark_of_box(scene: Scene) -> str:
    with scene.world.store.read() as connection:
        return str(poll_store.get(connection, scene.world.town.installed.poll_id).meta["box"][:8])


def _paper(name: str) -> dict[str, Any]:
    return {"batch_id": getattr(here.poll.paper, name).id}


def _held(scene: Scene) -> Any:
    return polls.get_poll(scene.world.store, scene.world.admin, scene.poll.id)


def _slip(number: int) -> Any:
    return lambda scene: scene.poll.slips[number]


_SPARE = "备用棚"


def _add_spare(scene: Scene) -> None:
    with scene.world.store.write() as unit:
        poll_store.add_venue(unit.connection, scene.poll.id, _SPARE, "")
        unit.commit()


def _spare(scene: Scene) -> int:
    with scene.world.store.read() as connection:
        found = [place.id for place in poll_store.venues(connection, scene.poll.id) if place.name == _SPARE]
    return found[0] if found else 10**6


def _announce_hours(scene: Scene) -> None:
    with scene.world.store.write() as unit:
        (held,) = (
            place for place in poll_store.venues(unit.connection, scene.poll.id) if place.id == scene.poll.venue.id
        )
        poll_store.change_venue(unit.connection, held, held.name, f"{today()} 00:00-23:59")
        unit.commit()


def _at_stage(stage: PollStage, name: str) -> Any:
    """Name a poll of its own where the poll of the stage lacks what the verb needs."""
    return lambda scene: (getattr(scene, name) if scene.stage is stage else scene.poll).id


def _reported(scene: Scene) -> None:
    """Have a report of the poll as it stands, so that the next one says nothing of few ballots."""
    with scene.world.store.write() as unit:
        ballots = sum(place[-1] for place in poll_store.ballots_by_place(unit.connection, scene.poll.id))
        settings.put(unit.connection, "report.ballots", {scene.poll.id: ballots})
        unit.commit()


def _printing(scene: Scene) -> None:
    """Have slips of the poll wait for every account that asks."""
    with scene.world.store.write() as unit:
        batch = code_store.batch(unit.connection, scene.poll.codes.id)
        for account_id in {staff.account_id for staff in scene.world.staff.values()} - {None}:
            slips.keep(unit.connection, batch, account_id or 0, [(1, "ABCD-EFG-HJK", "tag")], now())
        unit.commit()


def _found_impossible(scene: Scene) -> None:
    if scene.stage is PollStage.OPEN:
        key, world = scene.poll.keys[0], scene.world
        ways_out.mark_impossible(world.store, world.admin, scene.poll.id, key, reason="不可行", second=SECOND)


PB = """META
key;value
description;x
country;China
unit;x
instance;2025
num_projects;1
num_votes;1
budget;100
vote_type;approval
rule;greedy
date_begin;2025
date_end;2025
PROJECTS
project_id;cost;name
1;50;坡道
VOTES
voter_id;vote
1;1
"""

ROWS = (
    row(wishes.survey_behind, Action.SEE_REGISTER, Kind.POLL),
    row(wishes.polls_from, Action.SEE_REGISTER, Kind.ESTATE, example={"survey_id": here.survey}),
    row(ballot_map.ballot_map, Action.SEE_PUBLIC, Kind.POLL, example={"poll": _held}),
    row(ballot_map.ballot_faces, Action.SEE_PUBLIC, Kind.POLL, example={"poll": _held}),
    row(
        ballot.set_terms,
        EDIT,
        Kind.POLL,
        act=PollAct.EDIT,
        example={"terms": lambda s: {s.poll.keys[0]: ProjectTerms(mandatory=True)}},
    ),
    row(
        codes.make_batch,
        CODES,
        Kind.POLL,
        act=PollAct.MAKE_CODES,
        example={"size": 2, "label": "补印", "households": lambda s: [door.id for door in s.doors[:2]]},
    ),
    row(codes.batches, SEE, Kind.POLL),
    row(codes.batch, SEE, Kind.POLL, example=CODE_BATCH),
    row(codes.lines, CODES, Kind.POLL, example=CODE_BATCH),
    row(codes.fresh_slips, CODES, Kind.POLL),
    row(
        codes.confirm_printed,
        CODES,
        Kind.POLL,
        act=PollAct.MAKE_CODES,
        before=_printing,
        example={**CODE_BATCH, "last": 1},
    ),
    row(codes.void_code, CODES, Kind.POLL, act=PollAct.CHANGE_CODE, example=UNUSED),
    row(codes.void_batch, CODES, Kind.POLL, act=PollAct.CHANGE_CODE, example=CODE_BATCH),
    row(codes.spoil_slip, CODES, Kind.POLL, act=PollAct.CHANGE_CODE, example=UNUSED),
    row(codes.reissue_code, CODES, Kind.POLL, act=(PollAct.CHANGE_CODE, PollAct.MAKE_CODES), example=UNUSED),
    row(codes.find_code, Action.SEE_PUBLIC, Kind.SELF, example={"given": _slip(7)}),
    row(codes.hand_out_paper, CODES, Kind.POLL, act=PollAct.HAND_OUT_CODE, example={"code": _slip(7)}),
    row(
        codes.take_back_paper,
        Action.ADJUDICATE,
        Kind.POLL,
        act=PollAct.ADJUDICATE,
        example={**CODE_BATCH, "serial": 3},
    ),
    row(
        elections.import_election,
        EDIT,
        Kind.TOWN,
        Outside.TOWN_ONLY,
        example={"election": lambda s: read_pabulib(PB.encode(), voters=True), "title": "往年", "source": "x.pb"},
    ),
    row(
        reports.make_report,
        Action.RUN_STATION,
        Kind.POLL,
        act=PollAct.RUN_STATION,
        before=_reported,
    ),
    row(kits.make_kit, Action.RUN_STATION, Kind.POLL, act=PollAct.RUN_STATION, example={"venue_id": here.poll.away.id}),
    row(
        kits.install_kit,
        Action.RUN_STATION,
        Kind.POLL,
        Outside.TOWN_ONLY,
        example={"content": here.town.kit.content, "passphrase": here.town.kit.passphrase},
    ),
    row(
        kits.make_box,
        Action.RUN_STATION,
        Kind.POLL,
        Outside.TOWN_ONLY,
        example={"poll_id": here.town.installed.poll_id},
    ),
    row(
        kits.clear_venue,
        Action.RUN_STATION,
        Kind.POLL,
        Outside.TOWN_ONLY,
        example={"poll_id": here.town.installed.poll_id, "typed": _mark_of_box},
        before=_seal_box,
    ),
    row(
        kits.confirm_day,
        Action.RUN_STATION,
        Kind.POLL,
        Outside.TOWN_ONLY,
        example={"poll_id": here.town.installed.poll_id, "day": lambda s: today(), "second": SECOND},
    ),
    row(
        kits.merge_box,
        Action.RUN_STATION,
        Kind.POLL,
        example={"poll_id": here.travelling.id, "content": here.travelling.box},
    ),
    row(
        kits.give_up_kit,
        Action.OPEN_CLOSE_POLL,
        Kind.POLL,
        act=PollAct.GIVE_UP_KIT,
        example={"poll_id": _at_stage(PollStage.OPEN, "travelling"), "venue_id": here.travelling.venue.id},
    ),
    row(
        paper.make_batch,
        KEY,
        Kind.POLL,
        act=PollAct.KEY_PAPER,
        example={"label": "第二箱", "day": lambda s: today(), "counted": 3},
    ),
    row(paper.batches, SEE, Kind.POLL),
    row(
        paper.correct_cover,
        KEY,
        Kind.POLL,
        act=PollAct.KEY_PAPER,
        example={**_paper("compare"), "counted": 2, "spoiled_at_desk": 0, "not_returned": 0},
    ),
    row(paper.desk, KEY, Kind.POLL, example=_paper("first")),
    row(
        paper.key_ballot,
        KEY,
        Kind.POLL,
        act=PollAct.KEY_PAPER,
        example={**_paper("first"), "position": 1, "choices": lambda s: s.poll.keys[:1]},
        also=({"choices": ()}, {"choices": here.poll.keys}, {"choices": (), "spoiled": True}, _paper("again")),
    ),
    row(paper.finish_round, KEY, Kind.POLL, act=PollAct.KEY_PAPER, example=_paper("keyed"), also=(_paper("again"),)),
    row(paper.differences, SEE, Kind.POLL, example=_paper("compare")),
    row(
        paper.decide,
        Action.ADJUDICATE,
        Kind.POLL,
        act=PollAct.ADJUDICATE,
        example={**_paper("compare"), "position": 1, "choices": lambda s: s.poll.keys[:1]},
    ),
    row(
        paper.read_again,
        Action.ADJUDICATE,
        Kind.POLL,
        act=PollAct.ADJUDICATE,
        example=_paper("compare"),
        also=({"both": True},),
    ),
    row(paper.counts, SEE, Kind.POLL, example=_paper("agreed")),
    row(
        paper.close_batch,
        KEY,
        Kind.POLL,
        or_asks=Action.ADJUDICATE,
        act=PollAct.KEY_PAPER,
        example=_paper("agreed"),
    ),
    row(
        paper.cancel_batch,
        KEY,
        Kind.POLL,
        or_asks=Action.ADJUDICATE,
        act=PollAct.KEY_PAPER,
        example=_paper("first"),
    ),
    row(paper.reopen_batch, Action.ADJUDICATE, Kind.POLL, act=PollAct.ADJUDICATE, example=_paper("closed")),
    row(
        polls.create_poll,
        EDIT,
        Kind.POLL,
        example={
            "settings": lambda s: poll_settings(s.place, "又一场"),
            "estate_id": here.estate.id,
            "project_ids": lambda s: [s.projects.small.id],
        },
    ),
    row(
        polls.edit_poll,
        EDIT,
        Kind.POLL,
        act=PollAct.EDIT,
        example={"settings": lambda s: poll_settings(s.place, "改名"), "version": lambda s: _held(s).version},
    ),
    row(
        ballot.set_projects, EDIT, Kind.POLL, act=PollAct.EDIT, example={"project_ids": lambda s: [s.projects.small.id]}
    ),
    row(ballot.refresh_projects, EDIT, Kind.POLL, act=PollAct.EDIT),
    row(ballot.ballot_changes, SEE, Kind.POLL, **DRAFT),
    row(polls.add_venue, EDIT, Kind.POLL, act=PollAct.ADD_VENUE, example={"name": "老人之家"}),
    row(
        venues.change_venue,
        EDIT,
        Kind.POLL,
        act=PollAct.ADD_VENUE,
        example={
            "venue_id": here.poll.venue.id,
            "name": "老人之家",
            "hours": "2030-05-10 9:00–17:00",
            "second": SECOND,
        },
    ),
    row(
        venues.extend_hours,
        Action.RUN_STATION,
        Kind.POLL,
        act=PollAct.RUN_STATION,
        example={"until": 24 * 60, "venue_id": here.poll.venue.id},
        before=_announce_hours,
    ),
    row(
        venues.remove_venue,
        EDIT,
        Kind.POLL,
        act=PollAct.ADD_VENUE,
        example={"venue_id": _spare, "second": SECOND},
        before=_add_spare,
    ),
    row(polls.venues, Action.SEE_PUBLIC, Kind.POLL),
    row(polls.open_poll, Action.OPEN_CLOSE_POLL, Kind.POLL, act=PollAct.OPEN, example={"second": SECOND}),
    row(
        polls.close_poll,
        Action.OPEN_CLOSE_POLL,
        Kind.POLL,
        act=PollAct.CLOSE,
        example={"second": SECOND},
    ),
    row(polls.last_call, Action.OPEN_CLOSE_POLL, Kind.POLL, act=PollAct.CLOSE),
    row(polls.opening_doubts, Action.OPEN_CLOSE_POLL, Kind.POLL, act=PollAct.OPEN),
    row(polls.closing_doubts, Action.OPEN_CLOSE_POLL, Kind.POLL, act=PollAct.CLOSE),
    row(polls.seal_again, Action.OPEN_CLOSE_POLL, Kind.POLL, act=PollAct.SEAL_AGAIN),
    row(polls.get_poll, Action.SEE_PUBLIC, Kind.POLL),
    row(polls.list_polls, Action.SEE_PUBLIC, Kind.POLL, Outside.PART, example={"stages": [PollStage.OPEN]}),
    row(polls.turnout, SEE, Kind.POLL, act=PollAct.SEE_TURNOUT, stage=PollStage.OPEN),
    row(polls.ballots, Action.SEE_RESULTS, Kind.POLL, act=PollAct.SEE_TALLY),
    row(
        polls.add_imported_poll,
        EDIT,
        Kind.POLL,
        example={
            "settings": lambda s: poll_settings(s.place, "往年"),
            "projects": (ENTRY,),
            "ballots": (Ballot(choices=("P1",)),),
            "estate_id": here.estate.id,
        },
    ),
    row(ways_out.cancel_poll, Action.OPEN_CLOSE_POLL, Kind.POLL, act=PollAct.CANCEL, example={"second": SECOND}),
    row(
        ways_out.mark_impossible,
        Action.OPEN_CLOSE_POLL,
        Kind.POLL,
        act=PollAct.JUDGE_PROJECT,
        example={"key": lambda s: s.poll.keys[0], "second": SECOND},
    ),
    row(
        ways_out.mark_possible,
        Action.OPEN_CLOSE_POLL,
        Kind.POLL,
        act=PollAct.JUDGE_PROJECT,
        example={"key": lambda s: s.poll.keys[0], "second": SECOND},
        before=_found_impossible,
    ),
    row(reconciliation.reconcile, SEE, Kind.POLL),
    row(stations.start_station, Action.RUN_STATION, Kind.POLL, act=PollAct.RUN_STATION, example={"pin": PIN}),
    row(stations.list_stations, Action.RUN_STATION, Kind.POLL, Outside.PART),
    row(stations.close_station, Action.RUN_STATION, Kind.POLL, example={"station_id": here.poll.station_id}),
    row(
        ties.decide_tie,
        Action.OPEN_CLOSE_POLL,
        Kind.POLL,
        act=PollAct.DECIDE_TIE,
        example={"poll_id": _at_stage(PollStage.CLOSED, "tied"), "order": here.tied.keys},
    ),
    row(voting.start_ballot, Action.CAST_BALLOT, Kind.SELF, act=PollAct.CAST, example={"code": _slip(7)}),
    row(
        voting.cast_ballot,
        Action.CAST_BALLOT,
        Kind.SELF,
        act=PollAct.CAST,
        example={"code": _slip(7), "choices": lambda s: s.poll.keys[:1], "channel": Channel.PHONE},
        also=({"channel": Channel.STATION},),
    ),
)
