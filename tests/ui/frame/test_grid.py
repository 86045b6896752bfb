"""Long lists a page at a time."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

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
