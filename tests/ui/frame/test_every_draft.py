"""Every form that one types into keeps what is half written; what does not says why."""

from __future__ import annotations

import ast

import pytest
from screens_read import around, files, tree_of

SCREENS = files("renovation/ui", "pages")
#: What one types into.
TYPED = {"text_input", "text_area", "number_input", "date_input", "time_input", "chat_input", "data_editor", "editor"}

SECRET = "a password, a PIN or a code is kept nowhere"
BALLOT = "what stands on a ballot is kept nowhere beside its batch"
SEARCH = "a search saves nothing"
PRINT = "a number for the printer that is right at once"
FILE = "it goes with a file, which a browser does not give back"
FRAME = "the grid that drafts are handed to"
CHOICE = "chosen, not typed: one click does it again"
RANKING = "kept with the weights, as one (`_keep`)"
#: (File, function) → why what is typed there is not kept.
NOT_KEPT = {
    ("demands/exports.py", "poster"): "this server's own address, filled in already",
    ("demands/file.py", "_join_form"): CHOICE,
    ("frame/accounts.py", "sign_in_form"): SECRET,
    ("frame/accounts.py", "password_form"): SECRET,
    ("frame/accounts.py", "proof_form"): SECRET,
    ("frame/accounts.py", "_enrol"): SECRET,
    ("frame/accounts.py", "first_account_form"): "nobody is there yet whose draft it could be",
    ("frame/confirm.py", "confirmed_by_two"): SECRET,
    ("frame/filters.py", "search_field"): SEARCH,
    ("frame/grid.py", "editor"): FRAME,
    ("frame/stations.py", "start_form"): SECRET,
    ("house/log.py", "filters"): SEARCH,
    ("outcome/results.py", "table"): SEARCH,
    ("polls/codes.py", "_hand_out"): SECRET,
    ("polls/kits.py", "venue_section"): SECRET,
    ("polls/paper/differences.py", "_decide"): BALLOT,
    ("polls/polls.py", "_print"): PRINT,
    ("surveys/follows.py", "_menu"): "a budget to look at the menu under; the poll's own draft keeps it",
    ("surveys/keying.py", "_line"): "one line a sheet, and the sheet is at hand",
    ("programme/ranking_weights.py", "begin"): RANKING,
    ("programme/ranking_weights.py", "_criteria_editor"): RANKING,
    ("register/imports.py", "import_form"): FILE,
    ("register/imports.py", "_datum_choice"): FILE,
    ("register/imports.py", "_columns_form"): CHOICE,
    ("import_election.py", ""): FILE,
    ("demands/demands.py", "_day"): SEARCH,
    ("register/areas.py", "_listed"): SEARCH,
    ("register/estates.py", "_year"): SEARCH,
}


def is_kept(call: ast.Call) -> bool:
    """Tell whether a widget is a field of a draft: ``**form.field(…)``, or a grid with ``draft=form``."""
    for keyword in call.keywords:
        value = keyword.value
        if keyword.arg == "draft":
            return True
        if keyword.arg is None and isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            holder = value.func.value
            if value.func.attr == "field" and isinstance(holder, ast.Name) and holder.id.endswith("form"):
                return True
    return False


def not_kept() -> set[tuple[str, str]]:
    """Return where something is typed that no draft keeps; a form of Streamlit's keeps nothing until it is sent."""
    found = set()
    for file in SCREENS:
        for node in ast.walk(tree_of(file)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            sends = name == "form" and isinstance(node.func, ast.Attribute)
            if sends or (name in TYPED and not is_kept(node)):
                inside = next((one.name for one in around(node) if isinstance(one, ast.FunctionDef)), "")
                found.add((file.as_posix().partition("/renovation/ui/")[2] or file.name, inside))
    return found


def test_every_form_keeps_what_is_half_written_or_says_why_not() -> None:
    found = not_kept()
    assert found - NOT_KEPT.keys() == set()
    assert NOT_KEPT.keys() - found == set(), "these need no reason any more"


@pytest.mark.parametrize("word", ["password", "pin", "code_field", "passphrase", "receipt.typed"])
def test_no_draft_keeps_a_secret(word: str) -> None:
    for file in SCREENS:
        for node in ast.walk(tree_of(file)):
            if isinstance(node, ast.Call) and is_kept(node):
                assert 'type="password"' not in ast.unparse(node)
                assert not any(f".{word}" in str(one.value) for one in ast.walk(node) if isinstance(one, ast.Constant))
