"""Only the book says what of a cost nobody pays: everybody else asks :func:`gap_of`, or the book."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[3] / "renovation"
BOOK = "rules/money/funding.py"
#: Names of what a project costs, and of what is there for it.
COSTS = {"cost", "whole_cost"}
COVERED = {"received", "promised", "pledged", "matched", "planned", "there", "given", "sources", "others", "covered"}


def _names(node: ast.AST) -> set[str]:
    return {
        one.attr if isinstance(one, ast.Attribute) else one.id
        for one in ast.walk(node)
        if isinstance(one, ast.Attribute | ast.Name)
    }


def gaps_in(tree: ast.AST) -> Iterator[int]:
    """Yield the lines that take what is there off what something costs."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.BinOp)
            and isinstance(node.op, ast.Sub)
            and COSTS & _names(node.left)
            and COVERED & _names(node.right)
        ):
            yield node.lineno


def test_nobody_else_works_out_a_gap() -> None:
    found = {
        f"{name}:{line}"
        for path in HOUSE.rglob("*.py")
        if (name := path.relative_to(HOUSE).as_posix()) != BOOK
        for line in gaps_in(ast.parse(path.read_text("utf-8")))
    }
    assert found == set()
    assert list(gaps_in(ast.parse((HOUSE / BOOK).read_text("utf-8")))) != []


def test_a_gap_worked_out_by_hand_is_found() -> None:
    planted = ("facts.cost - sum(line.sources.values())", "max(0, project.cost - line.received - line.promised)")
    assert all(list(gaps_in(ast.parse(line))) for line in planted)
