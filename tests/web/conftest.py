"""The residents' plain pages on an installation of their own, through the same border as in the real server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import shapely
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from renovation.config import settings
from renovation.model.accounts import Actor
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import PollProject, PollSettings
from renovation.services.polls import codes, polls
from renovation.store import Store, open_store
from renovation.store.house import grants
from renovation.store.polls import polls as poll_store
from renovation.store.schema import places
from renovation.store.spatial import bounds_of
from renovation.ui.border import Border
from renovation.web import frame, residents

sys.path.insert(0, str(Path(__file__).parent))
ORIGIN = "http://localhost"


@dataclass(frozen=True)
class Held:
    """An open poll and its codes."""

    poll_id: str
    codes: tuple[str, ...]


class Resident(TestClient):
    """A browser without scripts: it sends a form as its page says, and follows where it is sent."""

    def post_form(self, path: str, fields: dict[str, str], **options: object):  # type: ignore[no-untyped-def]
        """Send a form from a page of this server."""
        return self.post(path, data=fields, headers={"origin": ORIGIN}, **options)


@pytest.fixture
def door(store: Store) -> Iterator[Store]:
    """The store as residents' processes have it open: on PostgreSQL in the role that a town gives them."""
    if store.is_sqlite:
        yield store
        return
    role = f"web_{store.engine.url.database}"
    with store.engine.begin() as connection:
        connection.execute(
            sa.text(f"DO $$ BEGIN CREATE ROLE {role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
        )
    grants.grant(store, role)
    url = store.engine.url.update_query_dict({"options": f"-c role={role}"})
    opened = open_store(url.render_as_string(hide_password=False), store.keys)
    yield opened
    opened.close()
    with store.engine.begin() as connection:
        connection.execute(sa.text(f"DROP OWNED BY {role}"))
        connection.execute(sa.text(f"DROP ROLE {role}"))


@pytest.fixture
def resident(store: Store, door: Store, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resident]:
    """A resident at the door of the store, on both engines in turn."""
    monkeypatch.setenv("RENOVATION_HOME", str(store.keys.parent))
    monkeypatch.setattr(frame, "shared_store", lambda url, keys: door)
    settings.cache_clear()
    app = Starlette(routes=residents.ROUTES, middleware=[Middleware(Border)])
    yield Resident(app, base_url=ORIGIN, client=("10.0.0.7", 50_000))
    settings.cache_clear()


@pytest.fixture
def held(store: Store, admin: Actor) -> Held:
    """An open poll of three projects and its codes."""
    settings_of_it = PollSettings(
        title="糖厂三号改什么", ballot_kind=BallotKind.APPROVAL, budget=40_000_000, max_choices=2, denominator=100
    )
    entries = [
        PollProject(
            number=n, key=f"P{n}", name=f"项目 {n} <b>*号*</b>", cost=n * 10_000_000, lon=109.4 + n / 1000, lat=24.3
        )
        for n in (1, 2, 3)
    ]
    with store.write() as unit:
        poll_id = poll_store.add(unit.connection, settings_of_it, at=now())
        poll_store.set_projects(unit.connection, poll_id, entries)
        unit.commit()
    venue = polls.add_venue(store, admin, poll_id, "居民活动室")
    made = codes.make_batch(store, admin, poll_id, venue.id, 10, "第一批")
    polls.open_poll(store, admin, poll_id, denominator=100)
    return Held(poll_id, tuple(slip.code for slip in made.slips))


def _box(lon: float, lat: float, size: float) -> dict[str, Any]:
    wkb = shapely.to_wkb(shapely.box(lon, lat, lon + size, lat + size))
    return {"geometry": wkb, **bounds_of([wkb])[0]}


@pytest.fixture
def estate(store: Store) -> int:
    """An estate with a building, both with the number one, and another estate far away."""
    with store.write() as unit:
        for number, name, lon in ((1, "糖厂三号", 114.4), (2, "东江二号", 114.6)):
            unit.connection.execute(
                places.estate.insert().values(
                    id=number, code=f"E{number}", name=name, status="surveyed", **_box(lon, 23.1, 0.002)
                )
            )
        unit.connection.execute(
            places.building.insert().values(id=1, estate_id=1, name="3栋", **_box(114.4004, 23.1004, 0.0004))
        )
        unit.commit()
    return 1
