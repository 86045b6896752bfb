"""An act below a chooser is about what is chosen: each verb that changes something is given it or what is of it."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

from renovation.config import CHECKOUT

SCREENS = [*(CHECKOUT / "renovation" / "ui").rglob("*.py"), *(CHECKOUT / "pages").glob("*.py")]
#: What pages let people choose, and hand on to what is drawn below.
CHOSEN = {"Poll", "PaperBatch", "CodeBatch", "Venue", "Panel", "Campaign", "SurveyFile", "HeldScenario", "Election",
          "ProjectMoney", "Project", "EstateFile", "DemandFile"}  # fmt: skip


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}


def _bindings(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, ast.expr]]:
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            yield from ((target, node.value) for target in node.targets)
        elif isinstance(node, ast.AnnAssign | ast.AugAssign | ast.NamedExpr) and node.value is not None:
            yield node.target, node.value
        elif isinstance(node, ast.For | ast.comprehension):
            yield node.target, node.iter
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            yield node.optional_vars, node.context_expr


def _following(function: ast.FunctionDef, chosen: set[str]) -> set[str]:
    """Return the names that hold what is chosen or what was made of it."""
    known, before = set(chosen), -1
    while len(known) != before:
        before = len(known)
        for target, value in _bindings(function):
            if _names(value) & known:
                known |= _names(target)
    return known


def _verbs(tree: ast.Module) -> dict[str, str]:
    """Return the name that a screen gives to a module of services → the module's own."""
    return {
        one.asname or one.name: f"{node.module}.{one.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("renovation.services")
        for one in node.names
    }


def _changes(module: str, verb: str) -> bool:
    return "acting(" in inspect.getsource(getattr(importlib.import_module(module), verb))


def _acts_beside_the_choice(file: Path) -> Iterator[tuple[str, bool]]:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    services = _verbs(tree)
    for function in (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)):
        given = [*function.args.args, *function.args.kwonlyargs]
        chosen = {one.arg for one in given if one.annotation is not None and ast.unparse(one.annotation) in CHOSEN}
        if not chosen:
            continue
        # What the caller hands on beside it (a payment, a line) is of it.
        known = _following(function, {one.arg for one in given} - {"actor", "form"})
        for call in (one for one in ast.walk(function) if isinstance(one, ast.Call)):
            verb = call.func
            if not (isinstance(verb, ast.Attribute) and isinstance(verb.value, ast.Name)):
                continue
            module = services.get(verb.value.id)
            if module and call.args and ast.unparse(call.args[0]) == "store()" and _changes(module, verb.attr):
                told = any(_names(one) & known for one in (*call.args[1:], *(word.value for word in call.keywords)))
                yield f"{file.relative_to(CHECKOUT)}: {function.name}: {verb.attr}", told


def test_an_act_below_a_chooser_is_given_what_is_chosen() -> None:
    found = [one for file in SCREENS for one in _acts_beside_the_choice(file)]
    assert len(found) > 50
    assert [place for place, told in found if not told] == []
