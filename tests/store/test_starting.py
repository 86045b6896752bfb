"""Of processes that begin at once on an empty server, one makes the schema and the others wait for it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from renovation.config import CHECKOUT

_BEGIN = """
import sys
from pathlib import Path
from renovation.store import start_store
sys.stdin.readline()
store, upgraded = start_store(sys.argv[1], Path(sys.argv[2]))
store.close()
print(upgraded)
"""


def test_processes_that_begin_at_once_upgrade_once(postgres_url: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _BEGIN, postgres_url, str(tmp_path / "keys")]
    begun = [
        subprocess.Popen(command, cwd=CHECKOUT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    for process in begun:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    said = [process.communicate()[0].strip() for process in begun]
    assert [process.returncode for process in begun] == [0, 0, 0]
    assert sorted(said) == ["False", "False", "True"]
