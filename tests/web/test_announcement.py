"""What a poll is about, for everybody, while it is open."""

from __future__ import annotations

from typing import Any

import pytest

from renovation.config import settings
from renovation.model import addresses
from renovation.model.accounts import Actor, Role
from renovation.services.polls import polls, ways_out
from renovation.store import Store


def test_everybody_reads_the_announcement_while_the_poll_is_open(
    resident: Any, held: Any, store: Store, admin: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = resident.get(addresses.ANNOUNCEMENT).text
    assert "项目 1 &lt;b&gt;" in page
    assert "居民活动室" in page
    assert "不能用手机投" in page
    monkeypatch.setenv("RENOVATION_RESIDENTS_URL", "https://vote.example/")
    settings.cache_clear()
    page = resident.get(f"{addresses.ANNOUNCEMENT}?poll={held.poll_id}").text
    assert "https://vote.example/r/vote" in page
    assert "现在不在进行" not in page
    second = Actor(role=Role.OBSERVER, login="zweite")
    ways_out.mark_impossible(store, admin, held.poll_id, "P1", reason="下有高压电缆", second=second)
    assert "下有高压电缆" in resident.get(addresses.ANNOUNCEMENT).text
    polls.close_poll(store, admin, held.poll_id, reason="试完了", second=second)
    assert "项目 1" not in resident.get(addresses.ANNOUNCEMENT).text
    # A poster leads to its own poll and, once that is over, says so instead of showing another one in its place.
    assert "现在不在进行" in resident.get(f"{addresses.ANNOUNCEMENT}?poll={held.poll_id}").text
    assert "现在不在进行" not in resident.get(addresses.ANNOUNCEMENT).text
