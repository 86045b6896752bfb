"""Measure a town's residents' processes on PostgreSQL: many phones at once, races of one code, processes that die.

Run ``python -m benchmarks.town crowd|races|kills [--phones 1000] [--seconds 60] [--staff 40] [--restart COMMAND]``
from the project's folder, with ``RENOVATION_TEST_POSTGRES`` naming a server on which databases may be made. Two web
processes serve; where there are two processors, they have one of them and the phones the other. Beside the crowd stands
a bare route of the same server and framework that answers with as many bytes, asked by as many phones at the same
moments. With ``--staff``, so many members of staff turn pages of the app meanwhile, in a process of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import sqlalchemy as sa
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets import Subprotocol
from websockets.sync.client import connect

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store, start_store
from renovation.store.polls import polls as stored

sys.path.insert(0, str(CHECKOUT / "tests" / "town"))

from plain_phone import Phone, receipt_of
from town_harness import OpenedPoll, free_ports, open_poll, until_it_answers

_PATIENCE_S = 300.0
#: Ballots before a measurement, over both processes.
_WARM = 10
_STAFF_PAGES = ("codes", "polls", "demands", "projects")
_OFFICE = AccountDraft(login="office", name="办公室", role=Role.ADMIN)
_PASSWORD = "wangjiang-17-louti"
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


@contextmanager
def database() -> Iterator[str]:
    """Make a database of our own, and drop it."""
    server = sa.make_url(os.environ["RENOVATION_TEST_POSTGRES"])
    name = f"renovation_bench_{uuid.uuid4().hex[:8]}"
    # No line is kept: the server may be restarted meanwhile.
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    yield server.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as connection:
        connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))


class Town:
    """The web processes."""

    def __init__(self, url: str, home: Path, ports: list[int]) -> None:
        self.ports = ports
        self._variables = {"RENOVATION_DATABASE_URL": url, "RENOVATION_HOME": str(home), "RENOVATION_ROLE": "web"}
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def begin(self, port: int) -> None:
        """Begin one."""
        self._processes[port] = self._serve(port, "renovation.town.web")

    def begin_staff(self, port: int) -> subprocess.Popen[bytes]:
        """Begin the app of the staff; it is none of the web processes."""
        return self._serve(port, "renovation.cli", "serve", "--role", "staff")

    def _serve(self, port: int, *module: str) -> subprocess.Popen[bytes]:
        variables = {**os.environ, **self._variables, "RENOVATION_PORT": str(port)}
        command = [*_pinned(1), sys.executable, "-m", *module]
        return subprocess.Popen(command, cwd=CHECKOUT, env=variables, stdout=subprocess.DEVNULL)

    def kill(self, port: int) -> None:
        """Kill one as a crash does, begin it anew, and wait until it serves: on a busy machine that takes its time."""
        self._processes[port].send_signal(signal.SIGKILL)
        self._processes[port].wait()
        self.begin(port)
        until_it_answers(port)

    def seconds(self) -> float:
        """Return the processor time that all of them took so far (Linux)."""
        ticks = 0
        for process in self._processes.values():
            ticks += sum(map(int, Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
        return ticks / os.sysconf("SC_CLK_TCK")

    def end(self) -> None:
        """End all of them."""
        for process in self._processes.values():
            process.terminate()
        for process in self._processes.values():
            process.wait()


def _pinned(processor: int) -> list[str]:
    return ["taskset", "-c", str(processor)] if (os.cpu_count() or 1) > processor else []


class TimedPhone(Phone):
    """A phone that notes how long each answer took."""

    took: list[float]

    async def once(self, path, form=None):  # type: ignore[no-untyped-def]
        """Send one request and note the time."""
        began = time.perf_counter()
        page = await super().once(path, form)
        self.took.append(time.perf_counter() - began)
        return page


def staff_at_work(port: int, session: str, over: threading.Event, turned: list[float]) -> None:
    """Turn pages of the app as a browser does, one every few seconds, and note how long each took."""
    link = connect(
        f"ws://127.0.0.1:{port}/_stcore/stream",
        subprotocols=[Subprotocol("streamlit")],
        max_size=None,
        ping_interval=None,
        additional_headers={"Cookie": f"renovation_session={session}"},
    )
    with link:
        for page in itertools.cycle(_STAFF_PAGES):
            if over.wait(random.uniform(2, 6)):
                return
            began, said = time.perf_counter(), BackMsg()
            said.rerun_script.page_name = page
            link.send(said.SerializeToString())
            while ForwardMsg.FromString(bytes(link.recv(timeout=_PATIENCE_S))).WhichOneof("type") != "script_finished":
                pass
            turned.append(time.perf_counter() - began)


@contextmanager
def staff_working(town: Town, store: Store, port: int, count: int) -> Iterator[list[float]]:
    """Have so many members of staff at work; yield how long their pages took."""
    turned: list[float] = []
    if not count:
        yield turned
        return
    process = town.begin_staff(port)
    over = threading.Event()
    try:
        accounts.create_first_account(store, _OFFICE, _PASSWORD)
        sessions = [accounts.sign_in(store, _OFFICE.login, _PASSWORD).token for _ in range(count)]
        until_it_answers(port)
        hands = [threading.Thread(target=staff_at_work, args=(port, one, over, turned)) for one in sessions]
        for hand in hands:
            hand.start()
        try:
            yield turned
        finally:
            over.set()
            for hand in hands:
                hand.join()
    finally:
        process.terminate()
        process.wait()


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
    given_up = time.monotonic() + _PATIENCE_S
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


def main() -> None:
    """Measure and say."""
    asked = argparse.ArgumentParser()
    asked.add_argument("what", nargs="*", default=["crowd", "races", "kills"])
    asked.add_argument("--phones", type=int, default=1000)
    asked.add_argument("--seconds", type=float, default=60.0)
    asked.add_argument("--staff", type=int, default=0, help="members of staff at work beside the crowd")
    asked.add_argument("--every", type=float, default=5.0)
    asked.add_argument("--restart", default="", help="a command that restarts the database's server")
    given = asked.parse_args()
    if "RENOVATION_TEST_POSTGRES" not in os.environ:
        sys.exit("RENOVATION_TEST_POSTGRES names no server.")
    if (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(0, {0})
    for what in given.what:
        measure(what, given)


def measure(what: str, given: argparse.Namespace) -> None:
    """Measure one of them in a town of its own."""
    load = os.getloadavg()[0]
    with ExitStack() as held:
        url = held.enter_context(database())
        home = Path(held.enter_context(tempfile.TemporaryDirectory()))
        store, _ = start_store(url, home / "keys")
        held.callback(store.close)
        poll = open_poll(store, given.phones + _WARM)
        *ports, staff, bare = free_ports(4)
        town = Town(url, home, ports)
        held.callback(town.end)
        for port in ports:
            town.begin(port)
        for port in ports:
            until_it_answers(port)
        begins = moments(given.phones, given.seconds, given.phones // 5)
        print(f"{given.phones} phones in {given.seconds:g} s, two web processes; load before: {load:.1f}")
        # What a process does once is no part of what a phone costs.
        asyncio.run(crowd(town, OpenedPoll(poll.id, poll.scanned[given.phones :]), [0.0] * _WARM))
        poll = OpenedPoll(poll.id, poll.scanned[: given.phones])
        if what == "crowd":
            with staff_working(town, store, staff, given.staff) as turned:
                before = town.seconds()
                took, ends = asyncio.run(crowd(town, poll, begins))
                spent = town.seconds() - before
            if turned:
                print(f"{given.staff} members of staff turned {len(turned)} pages: {quantiles(turned)}")
            echo = subprocess.Popen([*_pinned(1), sys.executable, "-c", _ECHO, str(bare)])
            held.callback(echo.wait)
            held.callback(echo.terminate)
            until_it_answers(bare)
            per_phone = len(took) // given.phones
            peer = asyncio.run(echoes(bare, begins, per_phone))
            print(
                f"ends: {dict(ends)}; a phone: {per_phone} requests, {spent / given.phones * 1000:.1f} ms of processor"
            )
            print(f"pages: {quantiles(took)}\nbare route: {quantiles(peer)}")
        elif what == "races":
            print(f"pairs: {dict(asyncio.run(races(town, poll)))}")
        else:
            cut = (
                (lambda: subprocess.run(given.restart, shell=True, check=True))
                if given.restart
                else lambda: _cut_off(store)
            )
            receipts, killed = asyncio.run(kills(town, poll, begins, given.every, cut))
            kept = [receipt for receipt in receipts.values() if receipt]
            cuts = "cut off once" if killed > 1 else "not cut off"
            print(f"killed {killed} times and {cuts}: {len(kept)} receipts, {len(set(kept))} different")
        with store.read() as connection:
            count = len(stored.ballots(connection, poll.id))
        print(f"ballots in the store: {count - _WARM}; load after: {os.getloadavg()[0]:.1f}")


if __name__ == "__main__":
    main()
