"""Whatever writes may be refused: every such call of a screen or a command stands where the refusal is said."""

from __future__ import annotations

import ast
from pathlib import Path

from screens_read import Name, around, called, files, functions, module_of, tree_of, writing_verbs

SCREENS = files("renovation/ui", "pages")
COMMANDS = files("renovation/cli")
#: Calls whose refusal has its sentence elsewhere, and where.
ELSEWHERE = {
    ("file.py", "demand_work.accept_demand"): "a table of acts, each done by _do",
    ("file.py", "demand_work.begin_demand"): "a table of acts, each done by _do",
    ("accounts.py", "accounts.sign_in"): "a refusal asks for the second factor, or is shown there",
    ("imports.py", "note_refusal"): "the report of an import carries the refusal",
    ("state.py", "accounts.session_account"): "who is there; it writes the moment of a click and refuses nobody",
}


def says(node: ast.AST) -> bool:
    """Tell whether a block shows what is refused in it: ``with refusals():``, ``with form.saving():``."""
    return isinstance(node, ast.With) and any(
        isinstance(item.context_expr, ast.Call)
        and getattr(item.context_expr.func, "id", getattr(item.context_expr.func, "attr", "")) in ("refusals", "saving")
        for item in node.items
    )


def is_inside(node: ast.AST) -> bool:
    """Tell whether a call stands in such a block; a function made there and called later does not."""
    for one in around(node):
        if says(one):
            return True
        if isinstance(one, ast.FunctionDef | ast.Lambda):
            return False
    return False


def helper(file: Path, node: ast.AST) -> Name | None:
    """Return the function that is handed a call to make: ``_do(lambda: …)``, ``offer(…, partial(verb, …))``."""
    for one in around(node):
        if isinstance(one, ast.Call) and one.func is not node and getattr(one.func, "id", "") != "partial":
            return called(file, one.func)
        if isinstance(one, ast.stmt):
            return None
    return None


def unsaid(rooms: list[Path], wanted: frozenset[Name]) -> list[tuple[str, str]]:
    """Return the uses of functions that stand where nothing says a refusal."""
    speaking = {
        (module_of(file), function.name)
        for file in rooms
        for function in functions(file)
        if any(says(node) for node in ast.walk(function))
    }
    callers: dict[Name, list[tuple[Path, ast.expr]]] = {}
    for file in rooms:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load):
                name = called(file, node)
                if name is not None:
                    callers.setdefault(name, []).append((file, node))

    def heard(file: Path, node: ast.AST, seen: frozenset[Name]) -> bool:
        if is_inside(node):
            return True
        if helper(file, node) in speaking:
            return True
        inner = next((one for one in around(node) if isinstance(one, ast.FunctionDef)), None)
        if inner is None:
            return False
        if not isinstance(getattr(inner, "around", None), ast.Module):
            # A function within a function: where it is named.
            outer = next(one for one in around(inner) if isinstance(one, ast.FunctionDef | ast.Module))
            uses = [one for one in ast.walk(outer) if isinstance(one, ast.Name) and one.id == inner.name]
            return bool(uses) and all(heard(file, one, seen) for one in uses)
        name = (module_of(file), inner.name)
        if name in seen:
            return True
        uses_of = callers.get(name, [])
        return bool(uses_of) and all(heard(where, one, seen | {name}) for where, one in uses_of)

    return [
        (file.name, ast.unparse(node))
        for name in sorted(wanted)
        for file, node in callers.get(name, [])
        if not heard(file, node, frozenset())
    ]


def test_every_call_that_writes_says_its_refusal() -> None:
    found = {*unsaid(SCREENS, writing_verbs()), *unsaid(COMMANDS, writing_verbs())}
    assert found - ELSEWHERE.keys() == set()
    assert ELSEWHERE.keys() - found == set(), "these need no reason any more"
