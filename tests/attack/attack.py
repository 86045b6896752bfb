"""Every attack at full length, one after another: ``make attack`` (``ARGS="--only power_cut"``).

What takes a store runs on SQLite, and on PostgreSQL as well where ``RENOVATION_TEST_POSTGRES`` names a server; each
attack gets a database of its own, which is dropped after it. The short forms run with the tests.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import uuid
from pathlib import Path

import sqlalchemy as sa

TESTS = Path(__file__).parents[1]

#: (script, arguments, whether it takes ``--url``)
ATTACKS: tuple[tuple[str, tuple[str, ...], bool], ...] = (
    ("survival/storm.py", ("--kills", "200", "--confirmed", "20000"), True),
    ("survival/races.py", ("--races", "1000"), True),
    ("survival/guesses.py", (), False),
    ("survival/rot.py", (), True),
    ("survival/backups.py", ("--backups", "100"), True),
    ("attack/power_cut.py", ("--cuts", "50"), False),
    ("attack/power_cut.py", ("--cuts", "50", "--server"), False),
    ("attack/web_kills.py", ("--kills", "200"), True),
    ("attack/station_http.py", ("--voters", "1000"), True),
    ("browser/kiosk_run.py", ("--voters", "1000"), True),
    ("attack/memory.py", (), False),
    ("survival/soak.py", ("--minutes", "480"), True),
)


def attack(script: str, arguments: tuple[str, ...]) -> int:
    """Run one attack and return its exit status."""
    print(f"» {script} {' '.join(arguments)}", flush=True)
    return subprocess.call([sys.executable, str(TESTS / script), *arguments])


def on_postgresql(server: str, script: str, arguments: tuple[str, ...]) -> int:
    """Run one attack on an empty database of this server, and drop it."""
    name = f"attack_{uuid.uuid4().hex[:12]}"
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    try:
        url = sa.make_url(server).set(database=name).render_as_string(hide_password=False)
        return attack(script, (*arguments, "--url", url))
    finally:
        with admin.connect() as connection:
            connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def main() -> int:
    """Run what was asked for; 1 if anything was found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="", help="part of a script's name")
    wanted = parser.parse_args().only
    server = os.environ.get("RENOVATION_TEST_POSTGRES", "")
    failed = 0
    for script, arguments, both in ATTACKS:
        if wanted not in script:
            continue
        failed |= attack(script, arguments) != 0
        if both and server:
            failed |= on_postgresql(server, script, arguments) != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
