"""``docs/town.md``, followed word by word: from a bare Debian to a town that votes, is backed up and is upgraded."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from bare_machine import NOT_RUN, PLAYED, RUN, Block, Machine, bare_machine, blocks
from plain_phone import Phone
from town_harness import OpenedPoll, certificate, open_poll

from renovation.config import CHECKOUT
from renovation.model import addresses
from renovation.store import migrate, open_store

PAGE = blocks((CHECKOUT / "docs" / "town.md").read_text("utf-8"))
HOST = "vote.example"
#: Fewer than ten ballots since the last copy refuse a backup: two copies would give them away.
VOTERS, CODES = 10, 12


def of_section(number: int) -> Iterator[Block]:
    """Return the blocks of a section."""
    return (block for block in PAGE if block.section == number)


def test_every_command_of_the_page_is_run_or_named() -> None:
    known = (*RUN, *PLAYED, *NOT_RUN)
    commands = [command for block in PAGE for command in block.commands]
    assert [command for command in commands if not command.startswith(known)] == []
    # And nothing is named that the page no longer says.
    assert [begin for begin in known if not any(command.startswith(begin) for command in commands)] == []


def test_a_command_that_nobody_knows_is_found() -> None:
    (block,) = blocks(
        "## 1. x\n\n```shell\ncd /opt/renovation && rm -r 'a && b'\n# said\ncat > x <<END\na && b\nEND\n```\n"
    )
    assert block.commands == ("cd /opt/renovation", "rm -r 'a && b'", "cat > x <<END\na && b\nEND")
    assert not block.commands[1].startswith((*RUN, *PLAYED, *NOT_RUN))


def test_ci_installs_what_the_page_says() -> None:
    (line,) = [command for block in of_section(1) for command in block.commands if "apt-get install" in command]
    ours = re.search(r'packages="([^"]+)"', (CHECKOUT / ".ci" / "run").read_text("utf-8"))
    assert ours
    in_ci = {*ours[1].split(), "nginx", "postgresql-15-postgis-3", "openssl"}
    assert set(line.split()[3:]) <= in_ci


@pytest.fixture
def machine(absent: Callable[[str], None]) -> Iterator[Machine]:
    """A bare machine."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs or not shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin"):
        absent("PostgreSQL or nginx of Debian")
    # Short: a socket's path holds 107 bytes. And open to the users that PostgreSQL and nginx run as.
    root = Path(tempfile.mkdtemp(prefix="town-"))
    root.chmod(0o755)
    try:
        with bare_machine(root, programs[-1]) as made:
            yield made
    finally:
        shutil.rmtree(root, ignore_errors=True)


def lay_laptop(machine: Machine) -> OpenedPoll:
    """Let the laptop have held the beginning of a poll."""
    (machine.laptop / ".venv").symlink_to(sys.prefix)
    home = machine.laptop / ".renovation"
    home.mkdir()
    store = open_store(f"sqlite:///{home / 'store.sqlite'}", home / "keys")
    migrate(store)
    poll = open_poll(store, CODES)
    store.close()
    return poll


def through_nginx(machine: Machine, codes: Sequence[str], *paths: str) -> tuple[list[str], list[int]]:
    """Vote as phones do, through nginx; return the receipts, and what other pages answer."""
    unverified = ssl.create_default_context()
    unverified.check_hostname, unverified.verify_mode = False, ssl.CERT_NONE

    async def asked() -> tuple[list[str], list[int]]:
        receipts = []
        for code in codes:
            async with Phone(HOST, machine.ports["https"], unverified) as phone:
                receipts.append((await phone.vote(code, ["1", "2"]))[1])
        async with Phone(HOST, machine.ports["https"], unverified) as phone:
            return receipts, [(await phone.ask(path)).status for path in paths]

    return asyncio.run(asked())


@pytest.mark.slow
def test_the_page_leads_from_a_bare_machine_to_a_running_town(machine: Machine) -> None:
    def follow(*sections: int) -> None:
        for number in sections:
            for block in of_section(number):
                machine.follow(block)

    follow(1, 2, 3)
    poll = lay_laptop(machine)
    follow(4, 5)
    for file in certificate(machine.root / "opt/renovation"):
        assert file.is_file()
    follow(6)
    receipts, pages = through_nginx(machine, poll.scanned[:VOTERS], addresses.RESULTS, "/", "/metrics")
    assert pages == [200, 200, 404]
    follow(7, 8, 9)
    # The doctor ends well: nothing is left to mend. Residents' processes sign in as their own role now.
    assert machine.signed_in() == {"renovation", "renovation_web"}
    receipts += through_nginx(machine, poll.scanned[VOTERS:-1])[0]
    follow(10, 11)
    (machine.moment,) = machine.asked("SELECT now()")
    receipts += through_nginx(machine, poll.scanned[-1:])[0]
    assert machine.asked("SELECT count(*) FROM ballot") == [str(CODES)]
    follow(12)
    # The last ballot was after that moment, and its code works anew.
    assert machine.asked("SELECT count(*) FROM ballot") == [str(CODES - 1)]
    assert through_nginx(machine, poll.scanned[-1:])[0] == receipts[-1:]
    assert machine.asked("SELECT count(*) FROM ballot") == [str(CODES)]
    assert all(receipts)
    assert len(set(receipts)) == CODES
    machine.end()
    assert [command for block in PAGE for command in block.commands] == machine.typed
    # The laptop starts no more.
    left = subprocess.run(
        [".venv/bin/renovation", "serve"], cwd=machine.laptop, capture_output=True, text=True, check=False, timeout=600,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(machine.laptop), "LANG": "en_US.UTF-8"},
    )  # fmt: skip
    assert left.returncode != 0
    assert "moved" in left.stderr, left.stderr
    _nothing_tells_who_voted(machine, poll, receipts)


def _nothing_tells_who_voted(machine: Machine, poll: OpenedPoll, receipts: list[str]) -> None:
    """No log of any server has a code, a receipt or a resident's address in it; nginx's have no time either."""
    written = machine.logs()
    assert written
    for scanned in poll.scanned:
        assert scanned.split(".")[0] not in written
    assert not [receipt for receipt in receipts if receipt in written]
    nginx = "".join(file.read_text("utf-8") for file in (machine.root / "var/log/nginx").iterdir())
    assert not re.search(r"127\.0\.0\.1|\d\d:\d\d|\?|/r/vote", nginx), nginx
