"""No name, reason or reply that somebody typed reaches a place that draws Markdown without being kept plain.

``tests/browser/test_typed_text.py`` opens every page with marked names; what a page shows only later is read here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from renovation.config import CHECKOUT
from renovation.text import catalogue

#: Streamlit's places that draw Markdown in their first argument.
MARKDOWN = {
    "markdown", "caption", "info", "warning", "error", "success", "header", "subheader", "title", "toast", "write",
    "button", "checkbox", "expander", "toggle", "popover",
}  # fmt: skip
#: Fields that hold people's own words.
TYPED = {
    "name", "title", "reason", "reply", "supporter", "wanted", "venue", "label", "estate_name", "building_name", "note",
    "caption", "assessor", "why", "description", "login", "filename", "subject", "part",
}  # fmt: skip
#: What keeps words plain, or shows none of them; ``label`` names members of enums.
SAFE = {"plain", "told", "error_sentence", "label", "len", "hash"}
FILES = sorted([*(CHECKOUT / "renovation" / "ui").rglob("*.py"), *(CHECKOUT / "pages").glob("*.py")])


def typed_in(node: ast.expr) -> Iterator[ast.Attribute]:
    """Yield the typed fields that an expression shows as they are."""
    if isinstance(node, ast.Attribute):
        if node.attr in TYPED:
            yield node
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAFE:
        return
    if isinstance(node, ast.IfExp):
        # What is asked for is not shown.
        yield from typed_in(node.body)
        yield from typed_in(node.orelse)
        return
    if isinstance(node, ast.GeneratorExp | ast.ListComp):
        if isinstance(node.elt, ast.Name):
            yield from typed_in(node.generators[0].iter)
        yield from typed_in(node.elt)
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.keyword):
            child = child.value
        if isinstance(child, ast.expr):
            yield from typed_in(child)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(CHECKOUT)))
def test_typed_words_are_kept_plain_where_markdown_is_drawn(file) -> None:
    found = [
        f"{file.relative_to(CHECKOUT)}:{node.lineno} {ast.unparse(field)}"
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in MARKDOWN
        and node.args
        for field in typed_in(node.args[0])
    ]
    assert found == []


def test_no_escape_shows_inside_code() -> None:
    as_code = {key for key, entry in catalogue().items() if any("`{" in sentence for sentence in entry.values())}
    assert "backup.what" in as_code
    asked = {
        node.args[0].value
        for file in FILES
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "told"
        and isinstance(node.args[0], ast.Constant)
    }
    assert as_code & asked == set()
