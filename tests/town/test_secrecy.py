"""Who voted what, in a town: two web processes and the one for long work leave nothing that joins the two.

Looked at are every row of every table (the queue's too), every log, and the figures for a monitor, while people vote;
then, with the poll sealed, everything that a thief of the whole database can put together.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from plain_phone import Phone
from town_harness import ADMIN, OpenedPoll, free_ports, open_poll, running, until_it_answers

from renovation.model import addresses
from renovation.model.accounts import Actor, Role
from renovation.model.codes import make_code, normalise_code
from renovation.services.house import jobs
from renovation.services.outcome import publishing
from renovation.services.polls import polls
from renovation.store import Store, start_store
from renovation.store.house import queue
from renovation.store.polls import codekeys

sys.path.insert(0, str(Path(__file__).parents[1] / "attack"))

import linking

VOTERS, PROJECTS = 24, 12
#: A time of day, however it is written: with hours, or as seconds of an epoch.
_TIME = re.compile(r"\d\d:\d\d|\b1[6-9]\d{8}(?:\.\d+)?\b")


@dataclass
class Town:
    """What the processes of a town left behind: of voters (hash of a code → choices), receipts, terminals, logs."""

    store: Store
    poll: OpenedPoll
    logs: Path
    truth: dict[str, tuple[str, ...]] = field(default_factory=dict)
    receipts: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def secrets(self) -> list[str]:
        """Return whatever is written as it is nowhere: codes, receipts, addresses."""
        plain = [scanned.rpartition(".")[0] or scanned for scanned in self.poll.scanned]
        return [*plain, *map(normalise_code, plain), *self.receipts, "10.77."]


def rows(store: Store) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return every row of every table of a database, of whomever it is."""
    with store.read() as connection:
        named = sa.text("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname !~ '^(pg_|information)'")
        for table in list(connection.execute(named).scalars()):
            if table != "public.spatial_ref_sys":
                for (row,) in connection.execute(sa.text(f"SELECT to_jsonb(t) FROM {table} t")):
                    yield table, row


def hashed(store: Store, poll: OpenedPoll) -> dict[str, str]:
    """Return code → what the store keeps of it."""
    with store.read() as connection:
        key = codekeys.key_ring(connection).room(poll.id, "活动室")
    return {one: codekeys.code_hmac(key, normalise_code(one.rpartition(".")[0] or one)) for one in poll.scanned}


async def _vote(town: Town, ports: list[int]) -> None:
    kept = hashed(town.store, town.poll)
    chosen = itertools.combinations(range(1, PROJECTS + 1), 3)
    for turn, scanned in enumerate(town.poll.scanned):
        picks = next(chosen)
        async with Phone("localhost", ports[turn % 2], address=f"10.77.{turn}.9") as phone:
            if turn % 6 == 5:
                # Somebody guesses, and somebody else goes away before the last button.
                await phone.press(await phone.ask(addresses.VOTE), "code", code=make_code())
            wanted = [str(number) for number in picks]
            if turn >= VOTERS:
                assert (await phone.last_step(scanned, wanted)).status == 200
                continue
            page, receipt = await phone.vote(scanned, wanted)
            assert receipt, (page.status, page.text[:500])
            town.receipts.append(receipt)
            town.truth[kept[scanned]] = tuple(sorted(f"P{number}" for number in picks))


def _until(store: Store, number: int) -> None:
    for _ in range(3000):
        if (found := jobs.watch_job(store, ADMIN, number)).state.is_over:
            assert found.state.value == "done", found
            return
        time.sleep(0.1)
    raise AssertionError("nobody did the work")


@pytest.fixture
def town(postgres_url: str, tmp_path: Path) -> Iterator[Town]:
    """A poll that was held on two web processes, with a backup by the third process in the middle of it."""
    home = tmp_path / "home"
    store, _ = start_store(postgres_url, home / "keys")
    queue.lay(store)
    held = Town(store, open_poll(store, VOTERS + 3, projects=PROJECTS, most=3), tmp_path / "logs")
    ports = free_ports(2)
    said = {
        "RENOVATION_DATABASE_URL": postgres_url, "RENOVATION_HOME": str(home), "RENOVATION_LOGS": str(held.logs),
    }  # fmt: skip
    with ExitStack() as kept:
        processes = [
            kept.enter_context(running([sys.executable, "-m", f"renovation.town.{kind}"], **said, **more))
            for kind, more in (
                *(("web", {"RENOVATION_ROLE": "web", "RENOVATION_PORT": str(port)}) for port in ports),
                ("jobs", {"RENOVATION_ROLE": "jobs"}),
            )
        ]
        for port in ports:
            until_it_answers(port)
        asyncio.run(_vote(held, ports))
        for port in ports:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=600) as answer:
                held.told.append(answer.read().decode())
        # What stands in the queue is looked at before anybody takes it out, and after.
        asked = jobs.ask_nightly(store, home / "backups")
        held.told += [json.dumps(row, default=str) for table, row in rows(store) if "procrastinate" in table]
        _until(store, asked.id)
    # What ``running`` read from the terminals is gone; what was kept in files is not.
    assert all(process.returncode is not None for process in processes)
    yield held
    store.close()


def facts_of(row: Mapping[str, Any], codes: set[str]) -> set[str]:
    """Return which of code, choice and time of day a row tells."""
    told = json.dumps(row, ensure_ascii=False, default=str)
    found = {
        "code": any(code in told for code in codes),
        "choice": re.search(r'"choices": \[[^\]]|"P\d+", "P\d+"', told) is not None,
        "time": _TIME.search(told) is not None,
    }
    return {name for name, is_told in found.items() if is_told}


@pytest.mark.slow
def test_nothing_in_a_town_joins_a_voter_with_a_vote(town: Town) -> None:
    store, secrets = town.store, town.secrets()
    seen: Counter[str] = Counter()
    kept = set(hashed(store, town.poll).values())
    for table, row in rows(store):
        told = json.dumps(row, ensure_ascii=False, default=str)
        assert not [one for one in secrets if one in told], (table, row)
        facts = facts_of(row, kept)
        assert len(facts) < 2, (table, row)
        seen.update([table, *(f"{table} {fact}" for fact in facts)])
    # Codes and choices are known where they stand, and so are the rows of the queue.
    assert seen["public.ballot choice"] == seen["public.receipt"] == VOTERS
    assert seen["public.voter_code code"] == VOTERS + 3
    assert {"public.job", "public.procrastinate_periodic_defers"} & seen.keys()

    written = "".join(file.read_text("utf-8") for file in town.logs.iterdir())
    assert written.count("Serving begins") == 3
    for text in (written, *town.told):
        assert not [one for one in (*secrets, *kept) if one in text], text
    assert not re.search(r"/r/|\?", written), written
    figures = [line for text in town.told[:2] for line in text.splitlines() if not line.startswith("#")]
    assert len(figures) > 10
    assert not [line for line in figures if "{" in line and not re.search(r'\{(status|version)="\w+"\}', line)]

    second = Actor(role=Role.OBSERVER, login="observer")
    polls.close_poll(store, ADMIN, town.poll.id, reason="三个人走了", second=second)
    publishing.reconcile_poll(store, ADMIN, town.poll.id)
    publishing.publish_poll(store, ADMIN, town.poll.id)
    found = linking.by_what_rows_tell(store, town.poll.id, town.truth)
    assert found.voters == VOTERS
    assert found.certain == 0
    assert found.figure <= found.chance + 0.02, found
    # What is left to order alone hits one on average.
    assert linking.by_order_of_rows(store, town.poll.id, town.truth) <= 8


def test_a_row_that_tells_two_things_is_found() -> None:
    codes = {"a" * 64}
    assert facts_of({"code_hmac": "a" * 64, "at": "2026-11-29T08:01:02"}, codes) == {"code", "time"}
    assert facts_of({"choices": ["P1"], "at": 1_790_000_000.5}, codes) == {"choice", "time"}
    assert facts_of({"choices": [], "day": "2026-11-29"}, codes) == set()
