"""No test depends on how quick the machine is."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
#: What takes a second on a quiet machine has this long on a busy one.
PATIENCE = 600
#: They tell how long something took for a person; the processor's time, which a neighbour hardly moves, may be asked.
WALL = {"time", "monotonic", "perf_counter", "time_ns", "monotonic_ns", "perf_counter_ns"}


def _hasty(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        limits = [word for word in node.keywords if word.arg in ("timeout", "default_timeout")]
        limits += [ast.keyword("wait", one) for one in node.args if ast.unparse(node.func).endswith(".wait")]
        if any(isinstance(word.value, ast.Constant) and word.value.value < PATIENCE for word in limits):
            yield f"{node.lineno}: {ast.unparse(node)} waits less than {PATIENCE} s"
        if re.fullmatch(r"AppTest\.from_\w+", ast.unparse(node.func)) and not limits:
            yield f"{node.lineno}: a page's script has three seconds unless default_timeout says otherwise"
        if isinstance(node.func, ast.Attribute) and ast.unparse(node.func.value) == "time" and node.func.attr in WALL:
            yield f"{node.lineno}: {ast.unparse(node)} measures what a busy machine stretches"


@pytest.mark.parametrize("file", sorted(TESTS.rglob("test_*.py")), ids=lambda file: file.stem)
def test_a_busy_machine_fails_no_test(file: Path) -> None:
    assert list(_hasty(ast.parse(file.read_text(encoding="utf-8")))) == []


def test_haste_is_seen() -> None:
    hasty = "run(timeout=60); AppTest.from_file('x').run(); job.wait(5); time.perf_counter(); fine(timeout=600)"
    assert len(list(_hasty(ast.parse(hasty)))) == 4
