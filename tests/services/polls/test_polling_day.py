"""A whole polling day: sixty voters, five polls, all ways to vote; every number equals the count by hand."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from renovation.errors import ConflictError, UnavailableError
from renovation.exports.outcome import verify_bundle
from renovation.model import clock
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.elections import BallotKind
from renovation.model.polls import Channel, PollStage
from renovation.rules.polls.instances import decide
from renovation.services.outcome import publishing
from renovation.services.polls import codes, kits, paper, polls, reconciliation, voting
from renovation.store import Store

BY_HAND: dict[str, Any] = tomllib.loads(Path(__file__).with_name("polling_day.toml").read_text(encoding="utf-8"))
KIOSK, PHONE = Actor(role=Role.STATION), PUBLIC
DEAD = datetime(2020, 1, 1, 4, tzinfo=UTC)
SCORED = (BallotKind.POINTS, BallotKind.YES_NO)


def ballots(kind: BallotKind) -> list[tuple[tuple[str, ...], tuple[int, ...]]]:
    """Return what is cast on screens, one for each voter."""
    return [
        (tuple(said), tuple(said.values()) if kind in SCORED else ())
        for count, said in BY_HAND[kind.value]["cast"]
        for _ in range(count)
    ]


def cast(store: Store, held: Any, kind: BallotKind, actor: Actor = KIOSK, *, but: int = 0) -> None:
    channel = Channel.PHONE if actor is PHONE else Channel.STATION
    said = ballots(kind)
    for code, (choices, points) in zip(held.codes, said[: len(said) - but], strict=False):
        voting.cast_ballot(store, actor, code, choices, points, channel=channel)


def on_paper(held: Any, clerks: tuple[Actor, Actor, Actor], foreign: str) -> None:
    first, second, third = clerks
    told = BY_HAND["approval"]
    sheets = told["sheets"]
    with pytest.raises(ConflictError, match=r"code\.other_poll"):
        codes.hand_out_paper(held.store, first, held.poll.id, foreign)
    for code in held.codes[3 : 3 + len(sheets) + told["not_returned"]]:
        codes.hand_out_paper(held.store, first, held.poll.id, code)
    batch = paper.make_batch(
        held.store, first, held.poll.id, held.venue.id, "一箱", clock.today(), len(sheets),
        not_returned=told["not_returned"],
    )  # fmt: skip
    for clerk in (first, second):
        for place, sheet in enumerate(sheets, 1):
            spoiled = sheet == "spoiled"
            paper.key_ballot(held.store, clerk, batch.id, place, () if spoiled else sheet, spoiled=spoiled)
        paper.finish_round(held.store, clerk, batch.id)
    (over,) = paper.differences(held.store, third, batch.id)
    paper.decide(held.store, third, batch.id, over.position, over.first.choices, reason="票上勾了四项")
    paper.close_batch(held.store, third, batch.id)
    assert paper.counts(held.store, third, batch.id) == told["verdicts"]


def offline(
    held: Any,
    laptop: Store,
    admin: Actor,
    kind: BallotKind,
    second: Actor,
    monkeypatch: pytest.MonkeyPatch,
    *,
    dead: bool,
) -> None:
    made = kits.make_kit(held.store, admin, held.poll.id, held.venue.id)
    kits.install_kit(laptop, admin, made.file[2], made.passphrase)
    day = clock.today()
    with monkeypatch.context() as there:
        if dead:
            there.setattr(clock, "tick", lambda: DEAD)
            with pytest.raises(UnavailableError, match=r"ballot\.day_unconfirmed"):
                cast(laptop, held, kind)
            kits.confirm_day(laptop, admin, held.poll.id, day, second=second)
        cast(laptop, held, kind)
        box = kits.make_box(laptop, admin, held.poll.id)[2]
    why = {"reason": "电池没电", "second": second} if dead else {}
    assert kits.merge_box(held.store, admin, held.poll.id, box, **why).ballots == len(ballots(kind))


def test_a_polling_day_adds_up(
    store: Store,
    make_store: Callable[[Path], Store],
    make_open_poll: Callable[..., Any],
    admin: Actor,
    clerks: tuple[Actor, Actor, Actor],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kinds = [BallotKind(name) for name in BY_HAND]
    more = {BallotKind.RANKING: {"max_choices": 3}}
    held = {kind: make_open_poll(kind, 12, title=f"{kind.value} 投票", **more.get(kind, {})) for kind in kinds}
    cast(store, held[BallotKind.APPROVAL], BallotKind.APPROVAL)
    on_paper(held[BallotKind.APPROVAL], clerks, held[BallotKind.CHOOSE_ONE].codes[0])
    cast(store, held[BallotKind.CHOOSE_ONE], BallotKind.CHOOSE_ONE, PHONE)
    for kind, dead in ((BallotKind.POINTS, False), (BallotKind.YES_NO, True)):
        laptop = make_store(tmp_path / kind.value)
        offline(held[kind], laptop, admin, kind, clerks[0], monkeypatch, dead=dead)
    last = held[BallotKind.RANKING]
    cast(store, last, BallotKind.RANKING, but=1)
    ticket = voting.start_ballot(store, last.codes[-1], actor=KIOSK)
    with pytest.raises(ConflictError, match=r"poll\.under_way"):
        polls.close_poll(store, admin, last.poll.id)
    polls.last_call(store, admin, last.poll.id)
    (choices, points) = ballots(BallotKind.RANKING)[-1]
    voting.cast_ballot(store, KIOSK, last.codes[-1], choices, points, channel=Channel.STATION, attempt=ticket.attempt)
    voters = sum(len(ballots(kind)) for kind in kinds) + len(BY_HAND["approval"]["sheets"]) + 2
    assert voters == 60
    for kind, one in held.items():
        polls.close_poll(store, admin, one.poll.id)
        assert [
            line for line in reconciliation.reconcile(store, admin, one.poll.id).lines if line.left != line.right
        ] == []
        publishing.reconcile_poll(store, admin, one.poll.id)
        told, outcome = BY_HAND[kind.value], decide(one.poll, polls.ballots(store, admin, one.poll.id))
        counted = polls.turnout(store, admin, one.poll.id)
        assert {channel.value: count for channel, count in counted.by_channel.items() if count} == told["channels"]
        assert counted.blank == told["blank"]
        found = {line.project: line for line in outcome.outcomes}
        assert {name: line.votes for name, line in found.items() if line.votes} == told["votes"]
        assert {name: line.against for name, line in found.items() if line.against} == told.get("against", {})
        assert {name: found[name].score for name in told.get("score", {})} == told.get("score", {})
        assert list(outcome.winners) == told["winners"]
        sealed = publishing.publish_poll(store, admin, one.poll.id)
        assert sealed.stage is PollStage.PUBLISHED
        bundle = tmp_path / f"{kind.value}.zip"
        bundle.write_bytes(publishing.bundle_file(store, admin, one.poll.id)[2])
        assert verify_bundle.verify(bundle)[0] == []
