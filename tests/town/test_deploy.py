"""What ``deploy/`` ships, with Debian's real servers: units load, nginx takes its file, requests pass through it."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path

from plain_phone import Phone, receipt_of
from town_harness import free_ports, nginx_file, open_poll, running, serving, until_it_answers

from renovation.config import CHECKOUT
from renovation.model import addresses
from renovation.store import start_store
from renovation.store.polls import polls as stored

DEPLOY = CHECKOUT / "deploy"
Absent = Callable[[str], None]


def tool(name: str, absent: Absent) -> str:
    """Return where a program of Debian lies."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        absent(f"{name}, a package of Debian")
    return str(found)


def kill_one_of(watcher: int) -> None:
    """Kill one of a watcher's web processes."""
    asked = ["pgrep", "-P", str(watcher), "-f", "renovation.town.web"]
    found = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.split()
    os.kill(int(found[0]), signal.SIGKILL)


def refused_by(port: int) -> int:
    """Return how often a process has said that something is not there; nobody else asks for such things."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=600) as answer:
        said = answer.read().decode()
    found = re.search(r'renovation_answers_total\{status="4xx"\} (\d+)', said)
    return int(found[1]) if found else 0


def test_every_unit_loads(tmp_path: Path, absent: Absent) -> None:
    verify = tool("systemd-analyze", absent)
    for unit in (DEPLOY / "systemd").iterdir():
        said = unit.read_text(encoding="utf-8").replace("/opt/renovation/.venv/bin/python", sys.executable)
        (tmp_path / unit.name).write_text(said.replace("/opt/renovation", str(CHECKOUT)), encoding="utf-8")
    # A template is looked at as an instance of it.
    units = [str(tmp_path / unit.name.replace("@.", "@8601.")) for unit in sorted((DEPLOY / "systemd").iterdir())]
    shutil.copy(tmp_path / "renovation-web@.service", tmp_path / "renovation-web@8601.service")
    done = subprocess.run([verify, "verify", "--man=no", *units], capture_output=True, text=True, check=False)
    ours = [line for line in done.stderr.splitlines() if str(tmp_path) in line or "renovation" in line]
    assert (done.returncode, ours) == (0, [])


def test_the_compose_file_is_one(absent: Absent, tmp_path: Path) -> None:
    check = tool("docker-compose", absent)
    said = {**os.environ, "RENOVATION_PASSWORD": "word", "RENOVATION_HOSTS": "vote.example"}
    command = [check, "-f", str(DEPLOY / "compose.yml"), "config", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, env=said)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_town_behind_nginx_serves_on_while_its_processes_die(
    tmp_path: Path, absent: Absent, postgres_url: str
) -> None:
    nginx = tool("nginx", absent)
    web1, web2, staff, staff2, http, https = free_ports(6)
    ports = {"web1": web1, "web2": web2, "staff": staff, "staff2": staff2, "http": http, "https": https}
    file = nginx_file(tmp_path, ports)
    command = [nginx, "-p", str(tmp_path), "-e", str(tmp_path / "main-error.log"), "-c", str(file)]
    tried = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
    assert tried.returncode == 0, tried.stderr
    home = tmp_path / "home"
    store, _ = start_store(postgres_url, home / "keys")
    poll = open_poll(store, 8)
    town = {
        "RENOVATION_DATABASE_URL": postgres_url, "RENOVATION_HOME": str(home), "RENOVATION_PORT": str(staff),
        "RENOVATION_WEB_PORT": str(web1), "RENOVATION_LOGS": str(tmp_path / "logs"), "RENOVATION_ROLE": "all",
        "RENOVATION_STAFF_PROCESSES": "2",
    }  # fmt: skip
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE
    with running(serving("--town"), **town) as watcher, running(command):
        for port in (web1, web2, staff, staff2):
            until_it_answers(port)

        async def residents() -> list[str]:
            """Vote, each with requests to both processes in turn; one of them dies in the middle."""
            told = []
            for turn, code in enumerate(poll.scanned[:4]):
                async with Phone("localhost", https, unverified) as phone:
                    page = await phone.last_step(code, ["1", "3"])
                    if turn == 2:
                        kill_one_of(watcher.pid)
                    cast = await phone.press(page, "cast")
                    # A second press gets the same receipt.
                    again = await phone.press(page, "cast")
                assert receipt_of(again) == receipt_of(cast) != "", (cast.status, cast.text[:400])
                told.append(receipt_of(cast))
            return told

        receipts = asyncio.run(residents())

        async def others() -> list[int]:
            asked = [addresses.RESULTS, "/", "/metrics", "/ready", "/polls"]
            async with Phone("localhost", https, unverified) as phone, Phone("localhost", http) as unencrypted:
                found = [(await phone.ask(path)).status for path in asked]
                return [*found, (await unencrypted.once("/r/vote")).status]

        assert asyncio.run(others()) == [200, 200, 404, 404, 200, 301]

        async def browser() -> tuple[int, int]:
            """Open the staff's app and ask for what it refuses; return how often each of its processes did."""
            async with Phone("localhost", https, unverified) as tab:
                # The first answer gives the browser its name.
                await tab.ask("/")
                before = [refused_by(port) for port in (staff, staff2)]
                for _ in range(5):
                    assert (await tab.ask("/auth/login")).status == 404
            first, second = (refused_by(port) - was for port, was in zip((staff, staff2), before, strict=True))
            return first, second

        came = {asyncio.run(browser()) for _ in range(12)}
        assert came == {(5, 0), (0, 5)}
        until_it_answers(web1)
        until_it_answers(web2)
    with store.read() as connection:
        ballots = stored.ballots(connection, poll.id)
    store.close()
    assert len(set(receipts)) == len(ballots) == 4
    assert watcher.returncode == 0
    # Nothing in any log tells who, when or what.
    written = "".join(one.read_text(encoding="utf-8") for one in tmp_path.glob("*.log"))
    assert not re.search(r"127\.0\.0\.1|\d\d:\d\d|\?|/r/vote", written), written
    ours = "".join(one.read_text(encoding="utf-8") for one in (tmp_path / "logs").iterdir())
    assert not any(code.split(".")[0] in ours or receipt in ours for code in poll.scanned for receipt in receipts)
