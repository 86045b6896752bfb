"""A select box that may stand on nothing says what nothing means: the browser would say "Choose an option"."""

from __future__ import annotations

import ast
from pathlib import Path

from renovation.config import CHECKOUT

SCREENS = [*(CHECKOUT / "renovation" / "ui").rglob("*.py"), *(CHECKOUT / "pages").glob("*.py")]


def _may_be_nothing(call: ast.Call) -> bool:
    given = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "index")]
    given += [
        word.value
        for outer in call.keywords
        if outer.arg is None and isinstance(outer.value, ast.Call)
        for word in outer.value.keywords
        if word.arg == "among"
    ]
    parts = [part for one in given for part in (one.values if isinstance(one, ast.BoolOp) else [one])]
    found = [item for part in parts for item in (part.elts if isinstance(part, ast.List | ast.Tuple) else [part])]
    return any(isinstance(one, ast.Constant) and one.value is None for one in found)


def _speechless(file: Path) -> list[str]:
    return [
        f"{file.relative_to(CHECKOUT)}:{node.lineno}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "selectbox"
        and _may_be_nothing(node)
        and not any(word.arg == "placeholder" for word in node.keywords)
    ]


def test_no_select_box_stands_on_nothing_without_a_word() -> None:
    assert [place for file in SCREENS for place in _speechless(file)] == []


def _wandering_tabs(file: Path) -> list[str]:
    return [
        f"{file.relative_to(CHECKOUT)}:{node.lineno}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") == "tabs"
        and ("key" not in {word.arg for word in node.keywords} or "count=" in ast.unparse(node))
    ]


def test_tabs_keep_their_names_so_that_an_act_leads_nobody_out_of_one() -> None:
    assert [place for file in SCREENS for place in _wandering_tabs(file)] == []
