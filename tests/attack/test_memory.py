"""No file from a stranger takes much more memory than a file from a friend."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

import memory
import pytest

from renovation.config import CHECKOUT


@pytest.fixture(scope="module")
def measured() -> Iterator[Callable[[str], memory.Taken]]:
    """Ask a process that has done nothing else."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", memory.__file__, "--ask"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(name: str) -> memory.Taken:
            print(name, file=process.stdin, flush=True)
            return memory.Taken(**json.loads(process.stdout.readline()))

        yield ask
        process.stdin.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a process's peak is told by Linux alone")
@pytest.mark.parametrize("name", [name for name in memory.FILES if name not in memory.HEAVY])
def test_a_hostile_file_stays_below_300_megabytes(measured: Callable[[str], memory.Taken], name: str) -> None:
    taken = measured(name)
    assert not taken.verdict.startswith("!"), taken
    assert taken.peak <= memory.LIMIT, taken
