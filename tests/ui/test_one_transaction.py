"""What a person sends off in one go is kept in one transaction: all of it, or nothing."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path

from screens_read import Name, called, files, functions, writing_verbs

SCREENS = files("renovation/ui", "pages")
#: Two that do not belong together, and why a refusal of the second takes nothing back.
APART = {
    ("fieldwork.py", "fieldwork_part"): "the first is the trial of the file, which keeps nothing",
    (
        "follows.py",
        "_project",
    ): "a wish's demand is made once: pressed again, the project takes the same",
    ("accounts.py", "first_account_form"): "an account that is made stays made; its owner signs in with what was typed",
    ("price_books.py", "_import"): "the first is the trial of the file, which keeps nothing",
    ("codes.py", "_fresh"): "each lot of slips has a button of its own, and one is pressed at a time",
    ("payments.py", "payments_list"): "the first is the trial of the list, which keeps nothing",
    ("ranking.py", "_take_columns"): "the first is the trial of the file, which keeps nothing",
}
#: What ends the run of a page.
LEAVES = ("st.rerun(", "done(", ".done(", "go(", "return")


def most(node: ast.AST, file: Path, verbs: frozenset[Name]) -> int:
    """Return how many transactions a piece of code opens at most: in a loop, more than one."""
    if isinstance(node, ast.For | ast.While | ast.ListComp | ast.GeneratorExp):
        return 2 * sum(most(child, file, verbs) for child in ast.iter_child_nodes(node))
    own = int(isinstance(node, ast.Call) and called(file, node.func) in verbs)
    return own + sum(most(child, file, verbs) for child in ast.iter_child_nodes(node))


def ways(body: Sequence[ast.stmt], file: Path, verbs: frozenset[Name]) -> tuple[int | None, int]:
    """Return how many a body opens at most where it goes on after its end, if it does, and at most in any case."""
    on: int | None = 0
    top = 0
    for one in body:
        if on is None:
            break
        if isinstance(one, ast.If):
            before = on + most(one.test, file, verbs)
            found = [ways(branch, file, verbs) for branch in (one.body, one.orelse)]
            going = [before + count for count, _ in found if count is not None]
            top = max(top, *(before + count for _, count in found))
            on = max(going, default=None)
        elif isinstance(one, ast.With):
            going_on, dearest = ways(one.body, file, verbs)
            top = max(top, on + dearest)
            on = None if going_on is None else on + going_on
        else:
            on += most(one, file, verbs)
            top = max(top, on)
            if ast.unparse(one).removeprefix("form").startswith(LEAVES):
                on = None
    return on, top


def submits(file: Path) -> list[tuple[str, list[ast.stmt]]]:
    """Return the blocks in which a refusal is said, each with the function it stands in."""
    return [
        (function.name, node.body)
        for function in functions(file)
        for node in ast.walk(function)
        if isinstance(node, ast.With)
        and any("refusals(" in words or ".saving(" in words for words in map(ast.unparse, node.items))
    ]


def test_no_block_that_saves_opens_two_transactions() -> None:
    found = {
        (file.name, name)
        for file in SCREENS
        for name, body in submits(file)
        if ways(body, file, writing_verbs())[1] > 1
    }
    assert found - APART.keys() == set()
    assert APART.keys() - found == set(), "these need no reason any more"
