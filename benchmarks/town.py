"""Measure a town's residents' processes on PostgreSQL: many phones at once, races of one code, processes that die.

Run ``python -m benchmarks.town crowd|races|kills [--phones 1000] [--seconds 60] [--staff 40] [--restart COMMAND]``
from the project's folder, with ``RENOVATION_TEST_POSTGRES`` naming a server on which databases may be made. Two web
processes serve; where there are two processors, they have one of them and the phones the other. Beside the crowd stands
a bare route of the same server and framework that answers with as many bytes, asked by as many phones at the same
moments. With ``--staff``, so many members of staff turn pages of the app meanwhile, in a process of its own.

``soak [--minutes 120] [--rate 2] [--staff 4]`` takes hours and runs only where it is named: voters come at that rate,
the process for long work waits beside the others, and told is how the memory of each grows once it is warm.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from benchmarks._town import PATIENCE_S, Town, served_town, server, staff_working
from renovation.config import CHECKOUT
from renovation.store import Store
from renovation.store.polls import polls as stored

sys.path.insert(0, str(CHECKOUT / "tests" / "town"))
sys.path.insert(0, str(CHECKOUT / "tests" / "survival"))

from plain_phone import Phone, receipt_of
from soak import Sample, growth, look
from town_harness import OpenedPoll, until_it_answers

#: Ballots before a measurement, over both processes.
_WARM = 10
#: How often what a process holds is looked at, and how long a soak's processes fill what they keep at hand.
_LOOKS_EVERY_S, _WARM_UP_S = 15.0, 20 * 60.0
_ECHO = """
import sys, uvicorn
from starlette.applications import Starlette
from starlette.responses import HTMLResponse
from starlette.routing import Route
async def echo(request):
    await request.body()
    return HTMLResponse("x" * 9000)
uvicorn.run(Starlette(routes=[Route("/{path:path}", echo, methods=["GET", "POST"])]), port=int(sys.argv[1]),
            access_log=False, log_level="error")
"""


class TimedPhone(Phone):
    """A phone that notes how long each answer took."""

    took: list[float]

    async def once(self, path, form=None):  # type: ignore[no-untyped-def]
        """Send one request and note the time."""
        began = time.perf_counter()
        page = await super().once(path, form)
        self.took.append(time.perf_counter() - began)
        return page


def moments(phones: int, seconds: float, burst: int) -> list[float]:
    """Return when each phone begins: a Poisson process, and a burst of some in two seconds in the middle."""
    chance = random.Random(7)
    steady = [chance.uniform(0, seconds) for _ in range(phones - burst)]
    return sorted(steady + [seconds / 2 + chance.uniform(0, 2) for _ in range(burst)])


def quantiles(took: list[float]) -> str:
    """Say the middle, 95 and 99 of 100, and the worst, in milliseconds."""
    cuts = statistics.quantiles(took, n=100)
    said = zip(("p50", "p95", "p99", "worst"), (cuts[49], cuts[94], cuts[98], max(took)), strict=True)
    return ", ".join(f"{name} {value * 1000:.0f} ms" for name, value in said)


async def crowd(town: Town, poll: OpenedPoll, begins: list[float]) -> tuple[list[float], Counter[str]]:
    """Let every phone vote once."""
    took: list[float] = []
    ends: Counter[str] = Counter()
    began = time.perf_counter()

    async def one(turn: int, at: float) -> None:
        await asyncio.sleep(max(0.0, at - (time.perf_counter() - began)))
        phone = TimedPhone(
            "localhost", town.ports[turn % len(town.ports)], address=f"10.{turn >> 8 & 255}.{turn & 255}.9"
        )
        phone.took = took
        try:
            async with phone:
                page, receipt = await phone.vote(poll.scanned[turn], ["1", "2"])
                ends["receipt" if receipt else f"status {page.status}"] += 1
        except Exception as error:
            ends[type(error).__name__] += 1

    await asyncio.gather(*(one(turn, at) for turn, at in enumerate(begins)))
    return took, ends


async def echoes(port: int, begins: list[float], requests: int) -> list[float]:
    """Ask the bare route as often, at the same moments."""
    took: list[float] = []
    began = time.perf_counter()

    async def one(at: float) -> None:
        await asyncio.sleep(max(0.0, at - (time.perf_counter() - began)))
        phone = TimedPhone("localhost", port)
        phone.took = took
        async with phone:
            for _ in range(requests):
                await phone.once("/r/vote", {"pick": ["1", "2"]})

    await asyncio.gather(*map(one, begins))
    return took


async def races(town: Town, poll: OpenedPoll) -> Counter[str]:
    """Race each code from two phones at two processes; return how the pairs ended."""
    ends: Counter[str] = Counter()
    gate = asyncio.Semaphore(8)

    async def pair(code: str) -> None:
        async with gate, Phone("localhost", town.ports[0]) as left, Phone("localhost", town.ports[1]) as right:
            pages = [await phone.last_step(code, picks) for phone, picks in ((left, ["1"]), (right, ["2", "3"]))]
            both = await asyncio.gather(left.press(pages[0], "cast"), right.press(pages[1], "cast"))
            ends[" and ".join(sorted("receipt" if receipt_of(page) else str(page.status) for page in both))] += 1

    await asyncio.gather(*map(pair, poll.scanned))
    return ends


async def retried(phone: Phone, ports: list[int], ask: Callable[[], Awaitable[str]]) -> str:
    """Ask until there is an answer, at the next process each time, as a proxy or a resident does."""
    given_up = time.monotonic() + PATIENCE_S
    while True:
        try:
            if said := await ask():
                return said
        except Exception:
            await phone.close()
        if time.monotonic() > given_up:
            return ""
        phone.port = ports[(ports.index(phone.port) + 1) % len(ports)]
        await asyncio.sleep(0.1)


async def kills(
    town: Town, poll: OpenedPoll, begins: list[float], every: float, cut: Callable[[], None]
) -> tuple[dict[str, str], int]:
    """Let every phone vote while processes are killed in turn and the database's server is cut off once."""
    receipts: dict[str, str] = {}
    began, killed = time.perf_counter(), 0

    async def one(turn: int, at: float) -> None:
        await asyncio.sleep(max(0.0, at - (time.perf_counter() - began)))
        code = poll.scanned[turn]
        # One name for the browser whichever process it comes to: a proxy stands before both.
        phone = Phone("localhost", town.ports[turn % 2])
        held = {}

        async def prepare() -> str:
            page = await phone.last_step(code, ["1", "2"])
            held["page"] = page
            return "there" if page.status == 200 and 'data-step="cast"' in page.text else ""

        async def cast() -> str:
            return receipt_of(await phone.press(held["page"], "cast"))

        await retried(phone, town.ports, prepare)
        receipts[code] = await retried(phone, town.ports, cast) if held else ""
        await phone.close()

    async def killer(voters: asyncio.Future[list[None]]) -> None:
        nonlocal killed
        while not voters.done():
            await asyncio.sleep(every)
            await asyncio.to_thread(town.kill, town.ports[killed % 2])
            killed += 1
            if killed == 2:
                await asyncio.to_thread(cut)

    voters = asyncio.gather(*(one(turn, at) for turn, at in enumerate(begins)))
    await asyncio.gather(voters, killer(voters))
    return receipts, killed


def _cut_off(store: Store) -> None:
    """End every connection to the database, as a restart of the server does."""
    with store.engine.connect() as connection:
        ended = sa.text(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        connection.execute(ended)


@contextmanager
def looked_at(town: Town) -> Iterator[dict[str, list[Sample]]]:
    """Look again and again at what every process holds; yield what was seen of each."""
    seen: defaultdict[str, list[Sample]] = defaultdict(list)
    over, began = threading.Event(), time.monotonic()

    def look_on() -> None:
        while not over.wait(_LOOKS_EVERY_S):
            for name, folder in town.folders().items():
                seen[name].append(look(folder, began))

    looking = threading.Thread(target=look_on)
    looking.start()
    try:
        yield seen
    finally:
        over.set()
        looking.join()


def measure_crowd(town: Town, poll: OpenedPoll, begins: list[float], staff: int) -> None:
    """Measure a crowd, and a bare route at the same moments."""
    with staff_working(town, staff) as turned:
        before = town.seconds()
        took, ends = asyncio.run(crowd(town, poll, begins))
        spent = town.seconds() - before
    if staff:
        print(f"{staff} members of staff turned {len(turned.took)} pages: {quantiles(turned.took)}")
        print(f"errors on their pages: {Counter(turned.faults)}")
    town.begin_beside("echo", "-c", _ECHO, str(town.spare_port))
    until_it_answers(town.spare_port)
    per_phone = len(took) // len(begins)
    peer = asyncio.run(echoes(town.spare_port, begins, per_phone))
    spent_each = spent / len(begins) * 1000
    print(f"ends: {dict(ends)}; a phone: {per_phone} requests, {spent_each:.1f} ms of processor")
    print(f"pages: {quantiles(took)}\nbare route: {quantiles(peer)}")


def measure_kills(town: Town, poll: OpenedPoll, begins: list[float], given: argparse.Namespace) -> None:
    """Measure who gets a receipt while processes die."""

    def cut() -> None:
        if given.restart:
            subprocess.run(given.restart, shell=True, check=True)
        else:
            _cut_off(town.store)

    receipts, killed = asyncio.run(kills(town, poll, begins, given.every, cut))
    kept = [receipt for receipt in receipts.values() if receipt]
    cuts = "cut off once" if killed > 1 else "not cut off"
    print(f"killed {killed} times and {cuts}: {len(kept)} receipts, {len(set(kept))} different")


def measure_soak(town: Town, poll: OpenedPoll, begins: list[float], staff: int) -> None:
    """Measure what every process holds after hours."""
    town.begin_beside("jobs", "-m", "renovation.cli", "serve", "--role", "jobs")
    with staff_working(town, staff) as turned, looked_at(town) as seen:
        took, ends = asyncio.run(crowd(town, poll, begins))
    print(f"ends: {dict(ends)}; pages: {quantiles(took)}")
    if staff:
        print(f"{staff} members of staff turned {len(turned.took)} pages: {quantiles(turned.took)}")
        print(f"errors on their pages: {Counter(turned.faults)}")
    for name, samples in seen.items():
        warm = min(_WARM_UP_S, samples[-1].at / 3)
        first, last = next(one for one in samples if one.at >= warm), samples[-1]
        print(
            f"{name}: {first.memory / 1e6:.1f} MB after {first.at / 60:.0f} min, {last.memory / 1e6:.1f} MB after "
            f"{last.at / 60:.0f} min, {growth(samples, warm):+.2f} MB/h (<= 1); files {first.files} → {last.files}, "
            f"threads {first.threads} → {last.threads}"
        )


def main() -> None:
    """Measure and say."""
    asked = argparse.ArgumentParser()
    asked.add_argument("what", nargs="*", default=["crowd", "races", "kills"], help="or soak")
    asked.add_argument("--phones", type=int, default=1000)
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--staff", type=int, default=0, help="members of staff at work beside the crowd")
    asked.add_argument("--every", type=float, default=5.0)
    asked.add_argument("--restart", default="", help="a command that restarts the database's server")
    asked.add_argument("--minutes", type=float, default=120.0, help="how long the soak lasts")
    asked.add_argument("--rate", type=float, default=2.0, help="voters a second of the soak")
    given, _ = asked.parse_known_args()
    server()
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {0})
    for what in given.what:
        measure(what, given)


def measure(what: str, given: argparse.Namespace) -> None:
    """Measure one of them in a town of its own."""
    load = os.getloadavg()[0]
    phones, seconds, burst = given.phones, given.seconds, given.phones // 5
    if what == "soak":
        phones, seconds, burst = round(given.minutes * 60 * given.rate), given.minutes * 60, 0
    begins = moments(phones, seconds, burst)
    with served_town(phones + _WARM) as town:
        print(f"{what}: {phones} phones in {seconds:g} s, two web processes; load before: {load:.1f}", flush=True)
        # What a process does once is no part of what a phone costs.
        asyncio.run(crowd(town, OpenedPoll(town.poll.id, town.poll.scanned[phones:]), [0.0] * _WARM))
        poll = OpenedPoll(town.poll.id, town.poll.scanned[:phones])
        if what == "crowd":
            measure_crowd(town, poll, begins, given.staff)
        elif what == "races":
            print(f"pairs: {dict(asyncio.run(races(town, poll)))}")
        elif what == "kills":
            measure_kills(town, poll, begins, given)
        elif what == "soak":
            measure_soak(town, poll, begins, given.staff)
        with town.store.read() as connection:
            count = len(stored.ballots(connection, poll.id))
        print(f"ballots in the store: {count - _WARM}; load after: {os.getloadavg()[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
