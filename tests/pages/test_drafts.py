"""Whatever form of whatever page one has begun to fill in waits, says so, and can be thrown away."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from renovation.config import CHECKOUT
from renovation.model.accounts import Role
from renovation.model.demands import DemandFilter
from renovation.model.polls import PollStage
from renovation.model.projects import ProjectFilter, ProjectStatus
from renovation.model.scope import EVERYWHERE
from renovation.services.demands import demands
from renovation.services.polls import polls
from renovation.services.projects import projects
from renovation.services.staff import accounts
from renovation.store import Store

CLERK = Role.ADMIN
MARK = "写到一半"
AtHome = Callable[[Path], AbstractContextManager[Store]]


@pytest.fixture(scope="module")
def city(at_home: AtHome, demonstration_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A demonstration city that these tests only look at: nothing half written is ever kept in it."""
    with at_home(shutil.copytree(demonstration_template, tmp_path_factory.mktemp("city") / "home")) as opened:
        yield opened


def _script(file: str) -> None:
    import runpy

    import streamlit as st

    if not st.query_params.get("elsewhere"):
        runpy.run_path(file)


def _poll(city: Store, stage: PollStage) -> str:
    return polls.list_polls(city, accounts.as_actor(_account(city)), stages=[stage])[0].id


def _account(city: Store) -> Any:
    signed_in = accounts.enter_demonstration(city, CLERK)
    found = accounts.session_account(city, signed_in.token)
    assert found is not None
    return found


def _demand(city: Store, *statuses: str) -> str:
    rows = demands.list_demands(city, accounts.as_actor(_account(city)), DemandFilter(scope=EVERYWHERE))
    return str(next(row.demand.id for row in rows if row.demand.status.value in statuses))


def _project(city: Store) -> int:
    rows = projects.list_projects(city, accounts.as_actor(_account(city)), ProjectFilter(scope=EVERYWHERE))
    return next(row.project.id for row in rows if row.project.status is ProjectStatus.PRICED)


Where = Callable[[Store], tuple[dict[str, str], dict[str, object]]]


def at(query: dict[str, Any] | None = None, **state: object) -> Where:
    """Say where on a page the forms stand: what its address holds, and what the tab remembers."""

    def found(city: Store) -> tuple[dict[str, str], dict[str, object]]:
        asked = {name: value(city) if callable(value) else value for name, value in (query or {}).items()}
        held = {name.replace("__", "."): value(city) if callable(value) else value for name, value in state.items()}
        return asked, held

    return found


#: Page, and where on it → the beginnings of the names of the drafts that stand there.
PLACES: dict[str, tuple[str, Where]] = {
    "a demand": ("new_demand", at()),
    "what is done with a demand": ("demand", at({"demand": lambda city: _demand(city, "received")})),
    "a reply": ("demand", at({"demand": lambda city: _demand(city, "accepted", "in_progress")})),
    "a joint meeting": ("demand", at({"demand": lambda city: _demand(city, "no_owner")})),
    "an estate's facts": ("estate", at({"estate": "1"}, estate__section="edit")),
    "an estate's survey": ("estate", at({"estate": "1"}, estate__section="facts")),
    "an estate's works": ("estate", at({"estate": "1"}, estate__section="works")),
    "an estate's photos": ("estate", at({"estate": "1"}, estate__section="photos")),
    "an estate's consents": ("estate", at({"estate": "1"}, estate__section="consents")),
    "a new project": ("projects", at(projects__mode="form")),
    "a project": ("projects", at(projects__mode="form", projects__editing=_project)),
    "a project's card": ("projects", at(projects__selected=_project)),
    "prices": ("catalogue", at(catalogue__section="files")),
    "pots": ("money", at()),
    "a project's money": ("money", at(money__section="projects", money__project=_project)),
    "pledges": ("money", at(money__section="pledges")),
    "gates": ("gates", at(gates__estate=1)),
    "a new poll": ("polls", at()),
    "a poll being prepared": ("polls", at(renovation__poll=lambda city: _poll(city, PollStage.DRAFT))),
    "a poll that is open": ("polls", at(renovation__poll=lambda city: _poll(city, PollStage.OPEN))),
    "codes": ("codes", at()),
    "paper": ("paper", at(renovation__poll_picked=lambda city: _poll(city, PollStage.CLOSED))),
    "a notice": ("exports", at()),
    "settings to compare": ("compare", at()),
    "a ranking": ("ranking", at(rank__view="weights")),
    "a panel": ("panel", at()),
    "the annual batch": ("annual_batch", at()),
    "a programme": ("programme", at()),
    "scenarios": ("scenarios", at()),
    "documents of a programme": ("programme_documents", at()),
    "accounts": ("accounts", at()),
    "settings": ("settings", at()),
}


def _opened(city: Store, place: str) -> AppTest:
    name, where = PLACES[place]
    query, held = where(city)
    page = AppTest.from_function(_script, default_timeout=600, kwargs={"file": str(CHECKOUT / "pages" / f"{name}.py")})
    page.session_state["renovation.token"] = accounts.enter_demonstration(city, CLERK).token
    for key, value in held.items():
        page.session_state[key] = value
    for key, value in query.items():
        page.query_params[key] = value
    page.run()
    assert not page.exception, page.exception
    return page


def _fields(page: AppTest) -> dict[str, Any]:
    """Return the first field of words of each draft on a page, and its first number or day where it has no words."""
    names = {name for _, name in page.session_state["renovation.drafts"]}
    found: dict[str, Any] = {}
    for kind in (page.text_area, page.text_input, page.number_input, page.date_input):
        for field in kind:
            for name in names:
                if str(field.key).startswith(f"{name}.") and not field.disabled:
                    found.setdefault(name, field)
    return found


def _type(field: Any) -> Any:
    """Write something into a field and return it."""
    if isinstance(field.value, str) or field.type in ("text_input", "text_area"):
        value: Any = MARK[: field.proto.max_chars or None]
    elif isinstance(field.value, date) or field.type == "date_input":
        value = (field.value or date(2026, 5, 1)) - timedelta(days=1)
    else:
        low = field.min if field.min is not None else 0
        value = low + 1 if field.value != low + 1 else low + 2
        value = type(field.value if field.value is not None else low)(value)
    field.set_value(value)
    return value


@pytest.mark.parametrize("place", PLACES)
def test_what_is_half_written_waits_is_told_and_can_be_thrown_away(city: Store, place: str) -> None:
    page = _opened(city, place)
    fields = _fields(page)
    assert fields, sorted(name for _, name in page.session_state["renovation.drafts"])
    before = {field.key: field.value for field in fields.values()}
    typed = {}
    for name, field in fields.items():
        again = next(one for one in _fields(page).values() if one.key == field.key)
        typed[name] = (field.key, _type(again))
        page.run()
        assert not page.exception, page.exception
        assert not any(str(one.key).endswith("draft.discard") for one in page.button), "it has not been away"
    page.query_params["elsewhere"] = "1"
    page.session_state["renovation.page"] = "another page"
    page.run()
    del page.query_params["elsewhere"]
    for key, value in PLACES[place][1](city)[1].items():
        page.session_state[key] = value
    page.session_state["renovation.page"] = "another page"
    page.run()
    assert not page.exception, page.exception
    here = {str(field.key): field.value for kind in KINDS for field in getattr(page, kind)}
    assert {key: here.get(key) for key, _ in typed.values()} == dict(typed.values())
    for name in typed:
        next(one for one in page.button if str(one.key) == f"{name}.0.draft.discard").click().run()
        assert not page.exception, page.exception
    left = {field.key.replace(".1.", ".0.", 1): field.value for field in _fields(page).values()}
    assert {key: left[key] for key in before if key in left} == {key: before[key] for key in before if key in left}
    assert not any(str(one.key).endswith("draft.discard") for one in page.button)


KINDS = ("text_area", "text_input", "number_input", "date_input")
