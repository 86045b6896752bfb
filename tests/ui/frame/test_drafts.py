"""The keeper of drafts: whose they are, and when nothing is left of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from streamlit.testing.v1 import AppTest

from renovation.ui import browser
from renovation.ui.frame import drafts


def _script() -> None:
    import streamlit as st

    from renovation.model.accounts import Actor, Role
    from renovation.ui.frame.answers import show_flash
    from renovation.ui.frame.drafts import draft, visit

    visit()
    show_flash()
    owner = int(st.query_params.get("owner", "7"))
    actor = Actor(role=Role.SOCIAL_WORKER if owner else Role.RESIDENT, account_id=owner or None)
    if st.query_params.get("elsewhere"):
        st.stop()
    with draft(actor, "note", base=st.query_params.get("base", "old")) as form:
        st.text_input("words", **form.field("words", "begin"))
        st.selectbox("kind", ["a", "b"], **form.field("kind", "a", among=["a", "b"]))
        st.text(f"base {form.base}")
        if st.button("pin", key=form.key("pin_it"), on_click=lambda: form.put("pin", (1, 2))):
            pass
        st.text(f"pin {form.get('pin')}")
        if st.button("save", key=form.key("save")):
            form.done("saved")
        if st.button("newer", key=form.key("newer"), on_click=lambda: form.begin_again_from("new")):
            pass


def _page() -> AppTest:
    return AppTest.from_function(_script, default_timeout=600)


def _words(app: AppTest) -> str:
    return str(app.text_input[0].value)


def _away_and_back(app: AppTest) -> AppTest:
    app.query_params["elsewhere"] = "1"
    app.session_state["renovation.page"] = "another page"
    app.run()
    del app.query_params["elsewhere"]
    app.session_state["renovation.page"] = "another page"
    return app.run()


def _press(app: AppTest, label: str) -> AppTest:
    return next(one for one in app.button if one.label == label).click().run()


def _labels(app: AppTest) -> list[str]:
    return [one.label for one in app.button]


def test_a_draft_outlives_another_page_with_its_pin_and_is_discarded_whole() -> None:
    app = _page().run()
    assert (_words(app), "放弃" in _labels(app)) == ("begin", False)
    app.text_input[0].set_value("half a sentence").run()
    app.selectbox[0].select("b").run()
    _press(app, "pin")
    assert "放弃" not in _labels(app)
    _away_and_back(app)
    assert (_words(app), app.selectbox[0].value) == ("half a sentence", "b")
    assert "pin (1, 2)" in [one.value for one in app.text]
    _press(app, "接着写")
    assert _words(app) == "half a sentence"
    assert "放弃" not in _labels(app)
    _away_and_back(app)
    _press(app, "放弃")
    assert (_words(app), app.selectbox[0].value) == ("begin", "a")
    assert "pin None" in [one.value for one in app.text]
    assert _words(_away_and_back(app)) == "begin"


def test_nothing_is_left_after_saving() -> None:
    app = _page().run()
    app.text_input[0].set_value("said").run()
    _press(app, "save")
    assert app.success[0].value == "saved"
    assert _words(app) == "begin"
    assert _words(_away_and_back(app)) == "begin"


def test_what_was_changed_is_put_onto_a_newer_base() -> None:
    app = _page().run()
    app.text_input[0].set_value("mine").run()
    app.query_params["base"] = "other"
    app.run()
    assert "base old" in [one.value for one in app.text]
    _press(app, "newer")
    assert _words(app) == "mine"
    assert "base new" in [one.value for one in app.text]


def test_another_tab_takes_over_what_the_same_account_left_in_the_same_browser(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "cookie", lambda kept: "this browser" if kept is browser.Kept.BROWSER else None)
    monkeypatch.setattr(drafts, "_shelf", {})
    app = _page().run()
    app.text_input[0].set_value("left behind").run()
    someone = _page()
    someone.query_params["owner"] = "8"
    assert _words(someone.run()) == "begin"
    resident = _page()
    resident.query_params["owner"] = "0"
    assert _words(resident.run()) == "begin"
    again = _page().run()
    assert _words(again) == "left behind"
    assert "放弃" in _labels(again)
    drafts.forget_drafts(7)
    assert _words(_page().run()) == "begin"
    monkeypatch.setattr(browser, "cookie", lambda kept: "another browser" if kept is browser.Kept.BROWSER else None)
    assert _words(_page().run()) == "begin"


def test_a_residents_form_empties_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    app = _page()
    app.query_params["owner"] = "0"
    app.run()
    app.text_input[0].set_value("my lamp").run()
    later = drafts.now() + drafts.PUBLIC_IDLE + timedelta(minutes=1)
    monkeypatch.setattr(drafts, "now", lambda: later)
    app.run()
    assert _words(app) == "begin"
    assert not drafts._shelf
