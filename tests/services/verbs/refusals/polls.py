"""Refusals of polls: paper, codes, kits, stations, ballots."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from renovation.errors import RenovationError
from renovation.exports.polls.kit import BOX, travel_file
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.ballots import PaperState
from renovation.model.codes import make_code
from renovation.model.polls import Channel, PollStage
from renovation.model.projects import ProjectDraft
from renovation.services.outcome import publishing
from renovation.services.polls import codes, kits, paper, polls, stations, ties, voting
from renovation.services.projects import projects
from renovation.services.staff import accounts
from renovation.store.polls import boxes as box_store
from renovation.store.polls import codekeys
from renovation.store.polls import paper as paper_store
from verbs import Scene
from verbs.laid import (
    PIN,
    SECOND,
    poll_settings,
)
from verbs.refusals.steps import CLOSED, DRAFT, OPEN, Act, admin, clerk, other_clerk, then, who


def _bundle(scene: Scene, name: str) -> int:
    return int(getattr(scene.place.polls[OPEN].paper, name).id)


def _key(name: str, position: int = 1, choice: int = 0, who: Any = clerk) -> Act:
    def act(scene: Scene) -> Any:
        keys = scene.place.polls[OPEN].keys
        return paper.key_ballot(*who(scene), _bundle(scene, name), position, [keys[choice]])

    return act


def _hand_on(name: str, who: Any = clerk) -> Act:
    return lambda scene: paper.finish_round(*who(scene), _bundle(scene, name))


def _cover(name: str, counted: int) -> Act:
    return lambda scene: paper.correct_cover(
        *clerk(scene), _bundle(scene, name), counted=counted, spoiled_at_desk=0, not_returned=0, reason="重数"
    )


def _third_clerk(scene: Scene) -> tuple[Any, Actor]:
    account = accounts.create_account(
        *admin(scene), accounts.AccountDraft(login="third-clerk", name="第三人", role=Role.SECOND_CLERK)
    )[0]
    return scene.world.store, accounts.as_actor(account)


def _decide_own(scene: Scene) -> Any:
    clerk = who(scene, Role.SOCIAL_WORKER)
    deciding = replace(scene.world.admin, account_id=clerk.account_id)
    keys = scene.place.polls[OPEN].keys
    return paper.decide(scene.world.store, deciding, _bundle(scene, "first"), 1, keys[:1], reason="看过原票")


def _cancel(name: str) -> Act:
    return lambda scene: paper.cancel_batch(*clerk(scene), _bundle(scene, name), "建错了")


def _two_on_one_reading(scene: Scene) -> Any:
    with scene.world.store.write() as unit:
        held = paper_store.batch(unit.connection, _bundle(scene, "agreed"))
        paper_store.change_batch(unit.connection, held, counted=2)
        unit.commit()
    return paper.close_batch(*clerk(scene), held.id)


_CLERKS = then(
    _key("first"), _hand_on("first"), _key("first", choice=1, who=other_clerk), _hand_on("first", other_clerk)
)

PAPER: Sequence[tuple[str, Act]] = (
    ("paper.closed", _key("closed")),
    ("paper.keyed_twice", _key("compare")),
    ("paper.keyed_twice", lambda s: paper.desk(*clerk(s), _bundle(s, "compare"))),
    ("paper.other_clerk", then(_key("first"), _key("first", who=other_clerk))),
    ("paper.same_clerk", then(_key("first"), _hand_on("first"), _key("first"))),
    (
        "paper.other_clerk",
        then(_key("first"), _hand_on("first"), _key("first", who=other_clerk), _key("first", who=_third_clerk)),
    ),
    ("paper.fewer_than_keyed", then(_cover("first", 2), _key("first"), _key("first", 2), _cover("first", 1))),
    ("paper.not_all_keyed", _hand_on("first")),
    ("paper.not_all_keyed", then(_key("first"), _cover("first", 2), _hand_on("first"))),
    ("paper.not_compared_yet", lambda s: paper.differences(*admin(s), _bundle(s, "first"))),
    ("paper.not_compared_yet", lambda s: paper.counts(*admin(s), _bundle(s, "again"))),
    ("paper.not_compared_yet", lambda s: paper.decide(*admin(s), _bundle(s, "again"), 1, [], reason="看过原票")),
    ("paper.not_compared_yet", lambda s: paper.read_again(*admin(s), _bundle(s, "first"), "重录")),
    ("paper.not_compared_yet", lambda s: paper.close_batch(*clerk(s), _bundle(s, "again"))),
    ("paper.own_reading", then(_CLERKS, _decide_own)),
    ("paper.no_difference", lambda s: paper.decide(*admin(s), _bundle(s, "agreed"), 1, [], reason="看过原票")),
    ("paper.differences_open", lambda s: paper.close_batch(*clerk(s), _bundle(s, "compare"))),
    ("paper.does_not_add_up", _two_on_one_reading),
    ("paper.cancel_keyed", _cancel("compare")),
    ("paper.cancelled", then(_cancel("first"), _cancel("first"))),
    ("paper.not_closed", lambda s: paper.reopen_batch(*admin(s), _bundle(s, "compare"), "有误")),
)


def _vote(stage: PollStage, slip: int, who: Actor = PUBLIC, *, at: PollStage | None = None, **said: Any) -> Act:
    """Vote with the slip of the poll of a stage; ``at`` the station of another."""

    def act(scene: Scene) -> Any:
        held = scene.place.polls[stage]
        if at is not None:
            said["poll_id"] = scene.place.polls[at].id
        return voting.start_ballot(scene.world.store, held.slips[slip], actor=who, **said)

    return act


def _cast(slip: int, **said: Any) -> Act:
    def act(scene: Scene) -> Any:
        held = scene.place.polls[OPEN]
        return voting.cast_ballot(
            scene.world.store, PUBLIC, held.slips[slip], held.keys[:1], **{"channel": Channel.PHONE, **said}
        )

    return act


def _elsewhere(act: Callable[..., Any], **said: Any) -> Act:
    """Vote at a station with the slip of another venue."""

    def tried(scene: Scene) -> Any:
        held = scene.place.polls[OPEN]
        station = Actor(role=Role.STATION)
        return act(store=scene.world.store, actor=station, code=held.slips[6], venue_id=held.away.id, **said)

    return tried


def _out(act: Callable[..., Any], *said: Any, **more: Any) -> Act:
    """Do something about the poll whose kit is out."""
    return lambda scene: act(
        *admin(scene),
        *(one(scene.place.travelling) if callable(one) else one for one in said),
        **{name: one(scene.place.travelling) if callable(one) else one for name, one in more.items()},
    )


def _signed(change: Callable[[dict[str, Any]], None]) -> Act:
    """Bring a box whose content is another, under the right key."""

    def act(scene: Scene) -> Any:
        held = scene.place.travelling
        body = json.loads(held.box.split(b"\n", 1)[1])
        change(body)
        with scene.world.store.read() as connection:
            key = codekeys.key_ring(connection).room(held.id, body["venue"])
        made = travel_file(BOX, body, kits._signing_key(key, BOX), "box.json")
        return kits.merge_box(*admin(scene), held.id, made[2])

    return act


def _lost_ballot(body: dict[str, Any]) -> None:
    body["ballots"] = []


def _other_venue(body: dict[str, Any]) -> None:
    body["venue"] = "没有的地方"


def _other_poll(body: dict[str, Any]) -> None:
    body["poll"]["digest"] = "0" * 64


def _spent_here(scene: Scene) -> None:
    held = scene.place.travelling
    with scene.world.store.write() as unit:
        rows = box_store.code_rows(unit.connection, held.away.id)
        for one in rows:
            one["state"] = "void"
        box_store.merge_codes(unit.connection, held.away.id, rows)
        unit.commit()


def _bring(scene: Scene) -> Any:
    return kits.merge_box(*admin(scene), scene.place.travelling.id, scene.place.travelling.box)


def _wrong_pin(times: int) -> Act:
    def act(scene: Scene) -> Any:
        token = stations.start_station(*admin(scene), scene.place.polls[OPEN].id, None, PIN)
        for _ in range(times - 1):
            try:
                stations.end_station(scene.world.store, token, "000000")
            except RenovationError:
                continue
        return stations.end_station(scene.world.store, token, "000000")

    return act


def _ballot_of(*names: str) -> Act:
    def act(scene: Scene) -> Any:
        ids = [getattr(scene.place.projects, name).id for name in names]
        return polls.create_poll(*admin(scene), poll_settings(scene.place, "又"), scene.estate.id, ids)

    return act


def _open(scene: Scene, poll_id: str) -> Any:
    return polls.open_poll(*admin(scene), poll_id, denominator=9, second=SECOND)


def _twice_on_ballots(scene: Scene) -> Any:
    first, second = (_ballot_of("small")(scene) for _ in range(2))
    _open(scene, first.id)
    return _open(scene, second.id)


def _edited(scene: Scene, project_id: int, **said: Any) -> Any:
    held = projects.get_project(*admin(scene), project_id)
    values = {name: getattr(held, name) for name in ProjectDraft.__slots__}
    return projects.edit_project(*admin(scene), held.id, held.version, ProjectDraft(**(values | said)))


def _dearer(scene: Scene) -> Any:
    held = scene.place.polls[DRAFT]
    _edited(scene, held.project_ids[0], cost=1_700_000)
    return _open(scene, held.id)


def _reopened(scene: Scene) -> Any:
    """Change what was sealed, past the services."""
    held = scene.place.polls[PollStage.RECONCILED]
    with scene.world.store.write() as unit:
        batch = paper_store.batch(unit.connection, held.paper.closed.id)
        paper_store.change_batch(unit.connection, batch, state=PaperState.COMPARE.value)
        unit.commit()
    return publishing.publish_poll(*admin(scene), held.id)


POLLS: Sequence[tuple[str, Act]] = (
    ("code.kit_out", _out(codes.make_batch, lambda p: p.id, lambda p: p.away.id, 2, "补印")),
    ("code.kit_out", _out(codes.hand_out_paper, lambda p: p.id, lambda p: p.away_slips[1])),
    ("code.voted", lambda s: codes.hand_out_paper(*admin(s), s.poll.id, s.poll.slips[0])),
    ("code.other_poll", lambda s: codes.hand_out_paper(*admin(s), s.poll.id, s.place.travelling.slips[0])),
    ("code.other_poll", _vote(CLOSED, 5, at=OPEN)),
    ("kit.other_poll", lambda s: kits.merge_box(*admin(s), s.poll.id, s.place.travelling.box)),
    ("code.on_paper", _vote(OPEN, 2)),
    ("code.on_paper", _cast(3)),
    ("code.spent", _vote(OPEN, 0)),
    ("code.spent", _cast(0, attempt="another")),
    ("ballot.channel", _cast(5, channel=Channel.PAPER)),
    ("poll.not_open_yet", _vote(DRAFT, 5)),
    ("poll.closed", _vote(CLOSED, 5)),
    ("poll.cancelled", _vote(PollStage.CANCELLED, 5)),
    ("poll.cancelled", _vote(PollStage.CANCELLED, 0)),
    ("code.kit_out", lambda s: voting.start_ballot(s.world.store, s.place.travelling.away_slips[1], actor=PUBLIC)),
    ("code.other_venue", _elsewhere(voting.start_ballot)),
    ("code.other_venue", _elsewhere(voting.cast_ballot, choices=["x"], channel=Channel.STATION)),
    ("kit.out_already", _out(kits.make_kit, lambda p: p.id, lambda p: p.away.id)),
    ("kit.altered", lambda s: kits.install_kit(*admin(s), s.town.kit.content, make_code())),
    (
        "kit.installed_already",
        lambda s: kits.install_kit(*admin(s), s.town.installed.content, s.town.installed.passphrase),
    ),
    ("kit.not_a_kit", lambda s: kits.make_box(*admin(s), s.poll.id)),
    ("kit.foreign", _signed(_other_poll)),
    ("kit.unbalanced", _signed(_lost_ballot)),
    ("kit.contradicts", then(_spent_here, _bring)),
    (
        "kit.replayed",
        then(_out(kits.give_up_kit, lambda p: p.id, lambda p: p.away.id, reason="丢了"), _bring),
    ),
    ("kit.none_out", lambda s: kits.give_up_kit(*admin(s), s.poll.id, s.poll.away.id, "丢了")),
    ("poll.kit_out", _out(polls.close_poll, lambda p: p.id, second=SECOND)),
    (
        "poll.too_many_projects",
        lambda s: polls.create_poll(*admin(s), poll_settings(s.place), s.estate.id, range(10**4)),
    ),
    ("poll.project_not_free", _ballot_of("chosen")),
    ("poll.project_not_free", _twice_on_ballots),
    ("poll.project_changed", _dearer),
    ("poll.venue_twice", lambda s: polls.add_venue(*admin(s), s.poll.id, f"{s.mark} 活动室")),
    (
        "poll.no_tie",
        lambda s: ties.decide_tie(*admin(s), s.place.polls[CLOSED].id, s.place.polls[CLOSED].keys, "抽签"),
    ),
    ("poll.ledger_changed", _reopened),
    ("poll.no_bundle", lambda s: publishing.bundle_file(*admin(s), s.place.polls[CLOSED].id)),
    ("station.wrong_pin", lambda s: stations.end_station(s.world.store, "no station", PIN)),
    ("station.wrong_pin", _wrong_pin(1)),
    ("station.wait", _wrong_pin(12)),
)
