"""A computer that is locked to voting shows nothing of the app; the ballot is no page of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.elections import BallotKind
from renovation.model.polls import PollSettings, PollStage
from renovation.services.polls import stations
from renovation.store import Store
from renovation.store.polls import polls as stored


@pytest.mark.parametrize("name", ["kiosk", "home", "sign_in", "estates", "log", "station"])
def test_a_locked_computer_shows_nothing_of_the_app(
    installation: Store, open_page: Callable[..., AppTest], name: str
) -> None:
    settings = PollSettings(title="投票", ballot_kind=BallotKind.APPROVAL, budget=30_000_00)
    with installation.write() as unit:
        poll_id = stored.add(unit.connection, settings, at=now())
        stored.move_on(unit.connection, poll_id, PollStage.DRAFT, PollStage.OPEN)
        unit.commit()
    admin = Actor(role=Role.ADMIN, login="admin")
    token = stations.start_station(installation, admin, poll_id, None, "730518")
    page = open_page(name, Role.ADMIN, **{"renovation.station": token})
    assert [info.value for info in page.info] == ["这台电脑正在用于投票。"]
    assert not page.title
