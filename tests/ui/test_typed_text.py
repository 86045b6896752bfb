"""No name, reason or reply that somebody typed reaches a place that draws Markdown without being kept plain.

``tests/browser/test_typed_text.py`` opens every page with marked names; what a page shows only later is read here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from renovation.config import CHECKOUT
from renovation.text import catalogue

#: Streamlit's places that draw Markdown in their first argument; the labels of its fields are among them.
MARKDOWN = {
    "markdown", "caption", "info", "warning", "error", "success", "header", "subheader", "title", "toast", "write",
    "button", "checkbox", "expander", "toggle", "popover", "slider", "select_slider", "number_input", "text_input",
    "text_area", "selectbox", "multiselect", "radio", "segmented_control", "pills", "metric", "date_input", "tabs",
    "download_button", "form_submit_button", "link_button", "page_link", "spinner", "status", "file_uploader",
}  # fmt: skip
#: What else is drawn so.
DRAWN = {"label", "help", "text"}
#: Fields that hold people's own words.
TYPED = {
    "name", "title", "reason", "reply", "supporter", "wanted", "venue", "label", "estate_name", "building_name", "note",
    "caption", "assessor", "why", "description", "login", "filename", "subject", "part", "source", "hours", "what",
    "department", "locality", "payer", "document", "text", "county", "street", "community", "unit",
    "where", "address", "task",
}  # fmt: skip
#: What keeps words plain, or shows none of them; ``label`` names members of enums, ``_heading`` columns.
SAFE = {"plain", "told", "error_sentence", "label", "len", "hash", "_heading"}
FILES = sorted([*(CHECKOUT / "renovation" / "ui").rglob("*.py"), *(CHECKOUT / "pages").glob("*.py")])


def typed_in(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the typed fields that an expression shows as they are."""
    if isinstance(node, ast.Attribute):
        if node.attr in TYPED:
            yield node
        return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        if node.func.id in SAFE:
            return
        if node.func.id.endswith("_text"):
            yield node
            return
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in TYPED:
        # The name of an item, a criterion or a list's line, in a language.
        yield node
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
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MARKDOWN
        for drawn in [*node.args[:1], *(word.value for word in node.keywords if word.arg in DRAWN)]
        for field in typed_in(drawn)
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
