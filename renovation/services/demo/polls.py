"""The demonstration city's polls: one that is open with printed test codes, one closed, one published, and a draft."""

from __future__ import annotations

import json
import random
import secrets
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta

from renovation.exports.print import code_slips
from renovation.model.accounts import Actor, Role
from renovation.model.ballots import PaperState, Reading, Round, Verdict
from renovation.model.canonical import to_json
from renovation.model.clock import now, today
from renovation.model.codes import commitment_of, format_code, normalise_code, receipt_number
from renovation.model.elections import BallotKind
from renovation.model.items import ItemClass
from renovation.model.money import FEN_PER_WAN
from renovation.model.polls import Channel, Poll, PollSettings, PollStage, StoredBallot, Venue
from renovation.model.projects import Project, ProjectFilter, ProjectStatus
from renovation.services.demo import projects as works
from renovation.services.demo.places import Progress
from renovation.services.outcome import publishing
from renovation.services.polls import codes, polls
from renovation.services.projects import items, projects
from renovation.services.register import estates
from renovation.store import Connection, Store
from renovation.store.files import write_whole
from renovation.store.polls import codekeys, paper
from renovation.store.polls import codes as code_store
from renovation.store.polls import polls as poll_store
from renovation.store.staff import accounts

_SLIPS = "demo-codes"
_TEST_CODES = 16
#: Projects that a draft leaves the choice between, at least.
_CHOICES = 3
#: What the poll to practise with is known by, and where it is held.
_PRACTICE = "practice"
PRACTICE_VENUES = ("居民活动室", "东门岗亭（没有网络）")
#: Stands for the second person, who confirms at the screen in earnest.
_SECOND = Actor(role=Role.SOCIAL_WORKER, login="shegong")


def build(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Make three polls in the estates that have most projects to vote on."""
    menus = _menus(store, actor)
    names = estates.estate_names(store, actor)
    lays = (_open, _closed, _published)
    for done, ((estate_id, ballot), lay) in enumerate(zip(menus, lays, strict=False), 1):
        lay(store, actor, rng, names[estate_id], estate_id, ballot)
        progress("polls", done, len(lays))


def build_draft(store: Store, actor: Actor, rng: random.Random, progress: Progress) -> None:
    """Prepare the next poll, and one to practise a polling day with, of what the year's programme has left free."""
    # What the programme has left free differs by day; a ballot without a choice would be none.
    for estate_id, ballot in _menus(store, actor)[:2]:
        if len(ballot) < _CHOICES:
            works.offer(store, actor, rng, estate_id, len(ballot), _CHOICES)
    menus, names = _menus(store, actor), estates.estate_names(store, actor)
    for estate_id, ballot in menus[1:2]:
        _practice(store, actor, names[estate_id], estate_id, ballot[:6])
    for estate_id, ballot in menus[:1]:
        _draft(store, actor, rng, names[estate_id], estate_id, ballot)
    progress("drafts", 1, 1)


def _menus(store: Store, actor: Actor) -> list[tuple[int, list[Project]]]:
    """Return what each estate can vote on, the most first; basic works are done without a vote."""
    basic = {item.code for item in items.catalogue(store, actor) if item.item_class is ItemClass.BASIC}
    by_estate: dict[int, list[Project]] = defaultdict(list)
    for row in projects.list_projects(store, actor, ProjectFilter(statuses=(ProjectStatus.PRICED,))):
        if row.project.item_code not in basic:
            by_estate[row.project.estate_id].append(row.project)
    most = sorted(by_estate.items(), key=lambda one: (-len(one[1]), one[0]))
    return [(estate_id, sorted(ballot, key=lambda one: one.id)[:12]) for estate_id, ballot in most]


def _hours(days_ago: int = 0) -> str:
    """Return hours: past ones, or such as everybody can practise in, whenever that is."""
    first = today() - timedelta(days=days_ago)
    if days_ago:
        return f"{first.isoformat()}/{(first + timedelta(days=2)).isoformat()} 08:30-12:00 14:30-18:00"
    return f"{first.isoformat()}/{(first + timedelta(days=30)).isoformat()} 00:00-24:00"


def _settings(name: str, kind: BallotKind, budget: int, rng: random.Random, **more: object) -> PollSettings:
    values: dict[str, object] = {
        "title": f"{name}改什么，大家来选",
        "ballot_kind": kind,
        "budget": budget,
        "notice_office": f"{name}所在社区居民委员会（演示）",
        "notice_phone": f"0752-2{rng.randrange(100000, 999999)}",
        "venue_hours": _hours(),
    }
    return PollSettings(**(values | more))  # type: ignore[arg-type]


def _budget(ballot: Sequence[Project], share: float) -> int:
    """Return a round sum that pays for about this share and for any one project, and never for all of them."""
    every = sum(one.cost for one in ballot)
    wanted = max(int(every * share), *(one.cost for one in ballot))
    steps = (5 * FEN_PER_WAN, FEN_PER_WAN, 1)
    return next((sum_ for step in steps if (sum_ := -(-wanted // step) * step) < every), wanted)


def _draft(
    store: Store, actor: Actor, rng: random.Random, name: str, estate_id: int, ballot: Sequence[Project]
) -> None:
    settings = _settings(name, BallotKind.KNAPSACK, _budget(ballot, 0.5), rng)
    made = polls.create_poll(store, actor, settings, estate_id, [one.id for one in ballot], synthetic=True)
    polls.add_venue(store, actor, made.id, "小区门卫室旁活动室")


def _practice(store: Store, actor: Actor, name: str, estate_id: int, ballot: Sequence[Project]) -> None:
    """Lay a whole polling day for a newcomer to begin: a hall, and a booth without a network."""
    settings = PollSettings(
        title=f"练一个投票日：{name}",
        ballot_kind=BallotKind.APPROVAL,
        budget=_budget(ballot, 0.5),
        max_choices=min(3, len(ballot)),
        denominator=40,
        notice_office=f"{name}所在社区居民委员会（演示）",
        notice_phone="0752-0000000",
        venue_hours=_hours(),
    )
    made = polls.create_poll(store, actor, settings, estate_id, [one.id for one in ballot], synthetic=True)
    for place in PRACTICE_VENUES:
        polls.add_venue(store, actor, made.id, place)
    with store.write() as unit:
        poll_store.put_meta(unit.connection, made.id, **{_PRACTICE: "yes"})
        unit.commit()


def practice_poll(store: Store, actor: Actor) -> Poll | None:
    """Return the demonstration's poll to practise a polling day with; ``None`` where none is in sight."""
    return next((poll for poll in polls.list_polls(store, actor) if _PRACTICE in poll.meta), None)


def _begin(
    store: Store,
    actor: Actor,
    rng: random.Random,
    name: str,
    estate_id: int,
    ballot: Sequence[Project],
    households: int,
    **more: object,
) -> tuple[Poll, Venue]:
    settings = _settings(name, BallotKind.APPROVAL, _budget(ballot, 0.4), rng, max_choices=min(3, len(ballot)), **more)
    made = polls.create_poll(store, actor, settings, estate_id, [one.id for one in ballot], synthetic=True)
    venue = polls.add_venue(store, actor, made.id, "居民活动室")
    return polls.open_poll(store, actor, made.id, denominator=households, second=_SECOND, reason="演示"), venue


def _open(store: Store, actor: Actor, rng: random.Random, name: str, estate_id: int, ballot: Sequence[Project]) -> None:
    poll, venue = _begin(store, actor, rng, name, estate_id, ballot, 420)
    made = codes.make_batch(store, actor, poll.id, venue.id, 180, "第一批")
    drawn = _draw(rng, poll, 96)
    _cast(store, poll, venue, [slip.code for slip in made.slips], drawn, [(Channel.STATION, 78), (Channel.PHONE, 18)])
    test = codes.make_batch(store, actor, poll.id, venue.id, _TEST_CODES, "试投纸条", test=True)
    shown = [(slip.serial, slip.code, slip.tag) for slip in test.slips]
    _filename, _mime, page = code_slips(poll, shown, venue=venue.name, label="试投纸条", test=True)
    kept = to_json({"poll": poll.id, "codes": [slip.code for slip in test.slips]}).encode()
    for suffix, content in ((".html", page), (".json", kept)):
        write_whole(store.keys.parent / f"{_SLIPS}{suffix}", content)


def _closed(
    store: Store, actor: Actor, rng: random.Random, name: str, estate_id: int, ballot: Sequence[Project]
) -> Poll:
    poll, venue = _begin(
        store,
        actor,
        rng,
        name,
        estate_id,
        ballot,
        512,
        rule="mes",
        rule_settings={"add1": "overspend"},
        venue_hours=_hours(8),
    )
    made = codes.make_batch(store, actor, poll.id, venue.id, 400, "第一批")
    drawn = _draw(rng, poll, 364)
    plan = [(Channel.STATION, 232), (Channel.PHONE, 42), (Channel.PAPER, 90)]
    _cast(store, poll, venue, [slip.code for slip in made.slips], drawn, plan, days_ago=6)
    polls.close_poll(store, actor, poll.id, second=_SECOND)
    at = now()
    with store.write() as unit:
        moments = {"opened_at": at - timedelta(days=9), "closed_at": at - timedelta(days=5)}
        poll_store.move_on(unit.connection, poll.id, PollStage.CLOSED, PollStage.CLOSED, **moments)
        unit.commit()
    return poll


def _published(
    store: Store, actor: Actor, rng: random.Random, name: str, estate_id: int, ballot: Sequence[Project]
) -> None:
    poll = _closed(store, actor, rng, name, estate_id, ballot)
    publishing.reconcile_poll(store, actor, poll.id, second=_SECOND)
    publishing.publish_poll(store, actor, poll.id)


def _draw(rng: random.Random, poll: Poll, count: int) -> list[tuple[str, ...]]:
    """Draw ballots: some projects are liked by many, and kinds of neighbours like different ones."""
    keys = [entry.key for entry in poll.on_ballot]
    liked = {key: rng.lognormvariate(0, 0.7) for key in keys}
    kinds = [{key: rng.choice((0.2, 1.0, 1.0, 4.0)) for key in keys} for _ in range(4)]
    limit = poll.settings.max_choices or len(keys)
    drawn: list[tuple[str, ...]] = []
    for _ in range(count):
        if rng.random() < 0.012:
            drawn.append(())
            continue
        taste = rng.choice(kinds)
        size = min(limit, rng.choice((1, 2, 3, 3, 3)))
        # The largest of u^(1/w) is a draw without replacement with weights w.
        ranked = sorted(keys, key=lambda key: rng.random() ** (1 / (liked[key] * taste[key])), reverse=True)
        drawn.append(tuple(key for key in keys if key in set(ranked[:size])))
    return drawn


def _cast(
    store: Store,
    poll: Poll,
    venue: Venue,
    slips: Sequence[str],
    drawn: Sequence[tuple[str, ...]],
    plan: Sequence[tuple[Channel, int]],
    *,
    days_ago: int = 1,
) -> None:
    """Spend codes and fill the ledger as voting would, in one transaction."""
    channels = [channel for channel, count in plan for _ in range(count)]
    with store.write() as unit:
        key = codekeys.key_ring(unit.connection).room(poll.id, venue.room)
        cast: list[StoredBallot] = []
        on_paper: dict[date, list[tuple[str, ...]]] = defaultdict(list)
        for place, (slip, choices, channel) in enumerate(zip(slips, drawn, channels, strict=False)):
            code = normalise_code(slip)
            day = today() - timedelta(days=days_ago + place % 3)
            code_store.spend(unit.connection, codekeys.code_hmac(key, code), channel=channel, day=day)
            if channel is Channel.PAPER:
                on_paper[day].append(choices)
                continue
            cast.append(_ballot(poll, venue, channel, day, choices))
            number = receipt_number(codekeys.receipt_secret(key, code, 0))
            code_store.add_receipt(unit.connection, commitment_of(poll.id, number), poll.id, test=False)
        for number, day in enumerate(sorted(on_paper), 1):
            cast += _paper(unit.connection, poll, venue, on_paper[day], day, f"活动室 {number} 号票箱")
        poll_store.add_ballots(unit.connection, cast)
        unit.commit()


def _ballot(
    poll: Poll, venue: Venue, channel: Channel, day: date, choices: tuple[str, ...], batch_id: int | None = None
) -> StoredBallot:
    return StoredBallot(
        id=secrets.token_hex(16),
        poll_id=poll.id,
        channel=channel,
        day=day,
        choices=choices,
        venue_id=venue.id,
        batch_id=batch_id,
    )


def _paper(
    connection: Connection, poll: Poll, venue: Venue, on_paper: Sequence[tuple[str, ...]], day: date, label: str
) -> list[StoredBallot]:
    clerks = [accounts.by_login(connection, login) for login in ("shegong", "erlu")]
    batch = paper.add_batch(
        connection,
        poll_id=poll.id,
        venue_id=venue.id,
        label=label,
        day=day,
        counted=len(on_paper),
        spoiled_at_desk=1,
        not_returned=0,
    )
    spoiled = {len(on_paper) // 3, len(on_paper) // 2}
    ballots = []
    for position, choices in enumerate(on_paper, 1):
        verdict = Verdict.SPOILED if position in spoiled else Verdict.VALID if choices else Verdict.BLANK
        reading = Reading(position=position, verdict=verdict, choices=choices if verdict is Verdict.VALID else ())
        for turn, clerk in zip((Round.FIRST, Round.SECOND), clerks, strict=True):
            if clerk is not None:
                paper.add_reading(connection, batch.id, turn, clerk.id, reading)
        if verdict is not Verdict.SPOILED:
            ballots.append(_ballot(poll, venue, Channel.PAPER, day, reading.choices, batch.id))
    ids = [clerk.id if clerk else None for clerk in clerks]
    paper.change_batch(connection, batch, state=PaperState.CLOSED.value, first_clerk=ids[0], second_clerk=ids[1])
    return ballots


def printed_codes(store: Store, poll_id: str | None = None) -> tuple[str, ...]:
    """Return the test codes of the demonstration's open poll, as printed; none outside the demonstration."""
    path = store.keys.parent / f"{_SLIPS}.json"
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        if poll_id not in (None, kept["poll"]):
            return ()
        return tuple(format_code(normalise_code(code)) for code in kept["codes"])
    except (OSError, ValueError, KeyError, TypeError):
        return ()
