"""What is in the log for good goes to a second system, and nothing else does."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator

import pytest

from renovation.errors import InvalidError
from renovation.model.accounts import Action, Actor
from renovation.services.acts import acting
from renovation.store import Store, audit, forward


@pytest.fixture
def second_system() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as service:
        service.bind(("127.0.0.1", 0))
        service.settimeout(600)
        yield service
    logging.getLogger("renovation.log").handlers.clear()


def test_an_entry_goes_to_the_second_system_once_it_is_durable(
    store: Store, admin: Actor, second_system: socket.socket
) -> None:
    forward.forward_to(f"127.0.0.1:{second_system.getsockname()[1]}")
    with acting(store, admin, Action.CHANGE_SETTINGS) as unit:
        unit.log("settings.two_persons", "settings", "rolled back", wanted=True)
    with acting(store, admin, Action.CHANGE_SETTINGS) as unit:
        unit.log("settings.two_persons", "settings", "第一条\n第二条", wanted=False)
        unit.commit()
    said = second_system.recv(65_536)
    assert b"\n" not in said
    head, _, body = said.decode().partition(": ")
    assert head.endswith("renovation")
    sent = json.loads(body.rstrip("\x00"))
    with store.read() as connection:
        *_, last = audit.entries(connection)
    assert (sent["object_id"], sent["digest"], sent["login"]) == ("第一条\n第二条", last.digest, admin.login)


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:many", "/no/such/socket"])
def test_a_second_system_that_is_none_is_said_at_start(address: str) -> None:
    with pytest.raises(InvalidError, match=r"config\.invalid"):
        forward.forward_to(address)
