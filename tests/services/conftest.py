"""A poll that is open, and the town of the verbs, on both engines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import Poll, PollProject, PollSettings, PollStage, Venue
from renovation.model.scope import EVERYWHERE
from renovation.services.polls import codes, polls
from renovation.store import Store, migrate, open_store
from renovation.store.polls import polls as poll_store
from renovation.store.polls import sealing
from renovation.store.staff import accounts as account_store

# The table of verbs is a package beside these tests.
sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def town(
    request: pytest.FixtureRequest,
    make_store: Callable[[Path], Store],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    """A small town with one of everything, laid out once per engine; what it is says ``verbs/rehearsal.py``."""
    from verbs.rehearsal import Rehearsal, Town
    from verbs.world import lay_out

    folder = tmp_path_factory.mktemp("town")
    if request.param == "sqlite":
        store = make_store(folder / "town")
    else:
        store = open_store(request.getfixturevalue("make_postgres_database")(), folder / "keys")
        migrate(store)
    with pytest.MonkeyPatch.context() as patch:
        # It rewrites files, and the scene stands on one transaction that is never committed.
        patch.setattr(sealing, "squeeze", lambda *_: True)
        rehearsal = Rehearsal(store)
        with rehearsal.call(keep=True):
            world = lay_out(rehearsal.store, make_store(folder / "laptop"), make_store(folder / "office"), folder)
    yield Town(rehearsal, world)
    store.close()


@dataclass(frozen=True)
class Held:
    """An open poll with a venue and fresh codes."""

    store: Store
    poll: Poll
    venue: Venue
    batch_id: int
    codes: tuple[str, ...]


def ballot_projects(count: int = 6) -> tuple[PollProject, ...]:
    """Projects of 10, 20, … 万元."""
    return tuple(
        PollProject(number=n, key=f"P{n}", name=f"项目{n}", cost=n * 10_000_000, description="说明", why="23 户反映")
        for n in range(1, count + 1)
    )


def make_draft(store: Store, kind: BallotKind = BallotKind.APPROVAL, **settings: object) -> str:
    """Lay a draft straight into the store, without estates and catalogue."""
    values: dict[str, object] = {"title": "糖厂三号小区改造投票", "ballot_kind": kind, "budget": 60_000_000}
    if kind is BallotKind.APPROVAL:
        values["max_choices"] = 3
    if kind is BallotKind.POINTS:
        values["max_points"] = 10
    with store.write() as unit:
        poll_id = poll_store.add(unit.connection, PollSettings(**(values | settings)), at=now())  # type: ignore[arg-type]
        poll_store.set_projects(unit.connection, poll_id, ballot_projects())
        unit.commit()
    return poll_id


def _make_held(
    store: Store, admin: Actor, kind: BallotKind = BallotKind.APPROVAL, size: int = 10, **settings: object
) -> Held:
    poll_id = make_draft(store, kind, **settings)
    venue = polls.add_venue(store, admin, poll_id, "居民活动室")
    made = codes.make_batch(store, admin, poll_id, venue.id, size, "第一批")
    opened = polls.open_poll(store, admin, poll_id, denominator=200)
    assert opened.stage is PollStage.OPEN
    return Held(store, opened, venue, made.batch.id, tuple(slip.code for slip in made.slips))


@pytest.fixture
def make_held() -> Callable[..., Held]:
    """Open a poll with codes at one venue, in a given store."""
    return _make_held


@pytest.fixture
def make_open_poll(store: Store, admin: Actor) -> Callable[..., Held]:
    """Open a poll of a kind, with codes at one venue."""

    def make(kind: BallotKind = BallotKind.APPROVAL, size: int = 10, **settings: object) -> Held:
        return _make_held(store, admin, kind, size, **settings)

    return make


@pytest.fixture
def voting_poll(make_open_poll: Callable[..., Held]) -> Held:
    """An open approval poll with ten codes."""
    return make_open_poll()


@pytest.fixture
def make_poll_draft(store: Store) -> Callable[..., str]:
    """Lay a draft poll of six projects into the store."""

    def make(kind: BallotKind = BallotKind.APPROVAL, **settings: object) -> str:
        return make_draft(store, kind, **settings)

    return make


@pytest.fixture
def clerks(store: Store) -> tuple[Actor, Actor, Actor]:
    """A social worker, a second clerk, and an administrator, with accounts."""
    made = []
    with store.write() as unit:
        for role in (Role.SOCIAL_WORKER, Role.SECOND_CLERK, Role.ADMIN):
            account = account_store.add(
                unit.connection,
                login=role.value,
                name=role.value,
                role=role,
                password_hash="none",
                created_at=now(),
                scope=EVERYWHERE,
            )
            made.append(Actor(role=role, account_id=account.id, login=account.login))
        unit.commit()
    return made[0], made[1], made[2]
