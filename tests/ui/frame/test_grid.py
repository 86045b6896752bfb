"""Long lists a page at a time."""

from __future__ import annotations

import ast
from collections import Counter

import pytest
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT
from renovation.text import Language, catalogue
from renovation.ui.frame.grid import PAGE, table_key


def _script() -> None:
    import streamlit as st

    from renovation.ui.frame.grid import page_of

    total = st.number_input("total", value=1201)
    lines = page_of(int(total), "list")
    st.text(f"{lines.start}-{lines.stop}")


def test_a_list_turns_its_pages_and_begins_anew_when_it_is_another() -> None:
    app = AppTest.from_function(_script, default_timeout=600).run()
    assert app.text[0].value == f"0-{PAGE}"
    app.session_state["list.page.1201"] = 3
    assert app.run().text[0].value == "1000-1201"
    assert app.number_input[0].set_value(600).run().text[0].value == f"0-{PAGE}"
    assert app.number_input[0].set_value(PAGE).run().text[0].value == f"0-{PAGE}"


def test_a_choice_by_place_ends_with_the_list() -> None:
    assert table_key("list", [1, 2]) == table_key("list", [1, 2]) != table_key("list", [2, 1])


def _alike() -> None:
    from renovation.ui.frame.grid import TENTHS, grid

    grid(
        {"made": [4.35, None], "issued": [2, 3]},
        headings={"made": "Made", "issued": "Made"},
        kinds={"made": TENTHS},
        key="grid",
    )


def test_columns_called_alike_both_stand_and_a_half_is_rounded_as_in_a_sentence() -> None:
    app = AppTest.from_function(_alike, default_timeout=600).run()
    assert not app.exception
    shown = app.dataframe[0].value
    assert list(shown.columns) == ["Made", "Made (issued)"]
    # The browser would write 4.35, a little less in binary, as 4.3.
    assert shown["Made"][0] == 4.4


def _grids() -> dict[str, tuple[str, list[str]]]:
    """Return every grid whose headings stand in the catalogue: where it is drawn, its words and its columns."""
    found = {}
    for path in sorted(CHECKOUT.glob("renovation/ui/**/*.py")):
        for call in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.args):
                continue
            words = next((one.value for one in call.keywords if one.arg == "words"), None)
            if isinstance(words, ast.Constant) and isinstance(call.args[0], ast.Dict):
                names = [key.value for key in call.args[0].keys if isinstance(key, ast.Constant)]
                found[f"{path.name}:{call.lineno}"] = (words.value, names)
    return found


@pytest.mark.parametrize("language", Language)
def test_no_two_columns_of_a_grid_are_called_alike(language: Language) -> None:
    said = catalogue()
    grids = _grids()
    assert len(grids) > 20
    for where, (words, names) in grids.items():
        headings = Counter(said[key][language] for name in names if (key := f"{words}.{name}") in said)
        assert [heading for heading, count in headings.items() if count > 1] == [], where
