"""A PostgreSQL server of one folder, made and run with the programs that ``pg_config --bindir`` names."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

PORT = 54_390


class Server:
    """A server whose data lie in ``folder/data``; ``url`` is its database."""

    def __init__(self, folder: Path) -> None:
        bindir = subprocess.run(["pg_config", "--bindir"], check=True, capture_output=True, text=True).stdout.strip()
        self._bin, self._data = Path(bindir), folder / "data"
        # The server refuses to run as root.
        self._as = ["runuser", "-u", "postgres", "--"] if getpass.getuser() == "root" else []
        self.url = f"postgresql+psycopg://attack@localhost:{PORT}/postgres"

    @classmethod
    def made(cls, folder: Path, said: str = "") -> Server:
        """Make one, with lines of settings beside those that keep it small and to itself."""
        server = cls(folder)
        if server._as:
            shutil.chown(folder, "postgres")
        server._run("initdb", "-A", "trust", "-U", "attack", "--wal-segsize=1", "-E", "UTF8", "--locale=C.UTF-8")
        usual = f"port={PORT}\nunix_socket_directories=''\nmax_wal_size=8MB\nmin_wal_size=2MB\nfsync=on\n"
        with (server._data / "postgresql.auto.conf").open("a") as settings:
            settings.write(usual + said)
        return server

    @classmethod
    def left(cls, folder: Path) -> Server:
        """Take over what a machine that lost its power has left."""
        server = cls(folder)
        (server._data / "postmaster.pid").unlink(missing_ok=True)
        if server._as:
            # The folder itself too: whoever opens a store closes its home to everybody else.
            subprocess.run(["chown", "-R", "postgres", str(server._data)], check=True)
            shutil.chown(folder, "postgres")
        return server

    def _run(self, program: str, *arguments: str, variables: Mapping[str, str] | None = None) -> int:
        command = [*self._as, str(self._bin / program), "-D", str(self._data), *arguments]
        environment = {**os.environ, **(variables or {})}
        return subprocess.run(command, check=False, cwd="/", stdout=subprocess.DEVNULL, env=environment).returncode

    def start(self, *, flushes: bool = True, variables: Mapping[str, str] | None = None) -> bool:
        """Start it, and tell whether it runs."""
        if self._run("pg_ctl", "status") == 0:
            return True
        options = [] if flushes else ["-o", "-c fsync=off"]
        return self._run("pg_ctl", "-w", "-t", "60", "-l", "/dev/null", *options, "start", variables=variables) == 0

    def stop(self, how: str = "fast") -> None:
        """Stop it: ``fast``, with all it has written down, or ``immediate``, as a crash would."""
        self._run("pg_ctl", "-m", how, "-w", "stop")
