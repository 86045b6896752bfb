"""A town on a database of its own: its processes, the real nginx before them, and an open poll."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from renovation.config import CHECKOUT
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now
from renovation.model.codes import with_tag
from renovation.model.elections import BallotKind
from renovation.model.polls import PollProject, PollSettings
from renovation.services.polls import codes, polls
from renovation.store import Store, settings
from renovation.store.polls import polls as stored

ADMIN = Actor(role=Role.ADMIN, login="admin", name="管理员")
#: A guard against what hangs, not a measure.
_PATIENCE_S = 600


@dataclass(frozen=True)
class OpenedPoll:
    """An open poll, and what the squares on its slips hold."""

    id: str
    scanned: tuple[str, ...]


def open_poll(store: Store, count: int, *, projects: int = 3, most: int = 2) -> OpenedPoll:
    """Open a poll of so many projects with so many codes, by one person alone."""
    with store.write() as unit:
        settings.put(unit.connection, "two_persons", False)
        unit.commit()
    said = PollSettings(
        title="糖厂三号改什么", ballot_kind=BallotKind.APPROVAL, budget=40_000_000, max_choices=most, denominator=count
    )
    entries = [PollProject(number=n, key=f"P{n}", name=f"路灯{n}", cost=n * 10_000_000) for n in range(1, projects + 1)]
    with store.write() as unit:
        poll_id = stored.add(unit.connection, said, at=now())
        stored.set_projects(unit.connection, poll_id, entries)
        unit.commit()
    venue = polls.add_venue(store, ADMIN, poll_id, "活动室")
    slips = [
        slip
        for first in range(0, count, codes.MOST_CODES)
        for slip in codes.make_batch(
            store, ADMIN, poll_id, venue.id, min(codes.MOST_CODES, count - first), f"从第 {first + 1} 张起"
        ).slips
    ]
    polls.open_poll(store, ADMIN, poll_id, denominator=count)
    return OpenedPoll(poll_id, tuple(with_tag(slip.code, slip.tag) for slip in slips))


def free_ports(count: int) -> list[int]:
    """Return ports in a row that nobody listens at."""
    while True:
        with socket.socket() as first:
            first.bind(("127.0.0.1", 0))
            begin = int(first.getsockname()[1])
        held: list[socket.socket] = []
        with suppress(OSError, OverflowError):
            for port in range(begin, begin + count):
                held.append(socket.socket())
                held[-1].bind(("127.0.0.1", port))
        for one in held:
            one.close()
        if len(held) == count:
            return list(range(begin, begin + count))


def until_it_answers(port: int, path: str = "/ready") -> None:
    """Wait until a process can serve."""
    end = time.monotonic() + _PATIENCE_S
    while time.monotonic() < end:
        with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60) as answer:
            if answer.status == 200:
                return
        time.sleep(0.1)
    raise AssertionError(f"nobody answers at {port}")


@contextmanager
def running(command: list[str], **variables: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command until the end, and end it as a supervisor does."""
    process = subprocess.Popen(
        command,
        cwd=CHECKOUT,
        env={**os.environ, **variables},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=_PATIENCE_S)
        finally:
            process.kill()


def serving(*asked: str) -> list[str]:
    """Return the command line that serves."""
    return [sys.executable, "-m", "renovation.cli", "serve", *asked]


def certificate(folder: Path) -> tuple[Path, Path]:
    """Write a certificate that nobody trusts, and its key."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    began = datetime.now(UTC) - timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=9))
        .sign(key, hashes.SHA256())
    )
    files = folder / "server.crt", folder / "server.key"
    files[0].write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def nginx_file(folder: Path, ports: Mapping[str, int]) -> Path:
    """Write nginx's whole configuration around the shipped site, at ports of ours and with a certificate of ours."""
    crt, key = certificate(folder)
    site = (CHECKOUT / "deploy" / "nginx.conf").read_text(encoding="utf-8")
    lines = [line for line in site.splitlines() if "listen [::]" not in line]
    site = "\n".join(lines)
    for shipped, ours in (
        ("listen 80;", f"listen 127.0.0.1:{ports['http']};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{ports['https']} ssl;"),
        ("127.0.0.1:8601", f"127.0.0.1:{ports['web1']}"),
        ("127.0.0.1:8602", f"127.0.0.1:{ports['web2']}"),
        # A second process for staff is a second line, as the page says.
        ("server 127.0.0.1:8501;", f"server 127.0.0.1:{ports['staff']};\nserver 127.0.0.1:{ports['staff2']};"),
        ("/etc/renovation/tls/server.crt", str(crt)),
        ("/etc/renovation/tls/server.key", str(key)),
        ("/var/log/nginx/", f"{folder}/"),
        ("server_name vote.example;", "server_name localhost;"),
    ):
        assert shipped in site, shipped
        site = site.replace(shipped, ours)
    temporary = "\n".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/main-error.log crit;\nworker_processes 1;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + f"events {{}}\nhttp {{\n{temporary}\naccess_log off;\n{site}\n}}\n",
        encoding="utf-8",
    )
    return file
