"""Surveys attacked: hostile phones at their route, and everybody who may not read or write a door's answers."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parents[1] / "services"))

from surveys.test_surveys import Town

from renovation.config import settings
from renovation.errors import ConflictError, DeniedError, NotFoundError
from renovation.model import addresses
from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.clock import now
from renovation.model.imports import ImportSource
from renovation.model.kept import Kept, cookie_name
from renovation.model.scope import Scope
from renovation.model.surveys import DoorOutcome, VisitDraft
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.services.surveys import campaigns, facts, fieldwork, papers, phones, trust, visits
from renovation.services.surveys.figures import survey_figures
from renovation.store import Store
from renovation.ui.border import Border
from renovation.web import frame, residents

ORIGIN = {"origin": "http://localhost"}
WORDS = "二楼老人半夜敲水管"


@pytest.fixture
def town(store: Store) -> Town:
    held = Town(store)
    held.visit(0, answers={"renew": ("no",), "words": (WORDS,)})
    return held


@pytest.fixture
def phone(town: Town, monkeypatch: pytest.MonkeyPatch) -> Callable[..., TestClient]:
    """A browser at the residents' door, signed in as somebody or not."""
    monkeypatch.setenv("RENOVATION_HOME", str(town.store.keys.parent))
    monkeypatch.setattr(frame, "shared_store", lambda url, keys: town.store)
    settings.cache_clear()
    app = Starlette(routes=residents.ROUTES, middleware=[Middleware(Border)])

    def opened(role: Role | None = None) -> TestClient:
        browser = TestClient(app, base_url="http://localhost", raise_server_exceptions=False)
        if role is not None:
            machine = Actor(role=Role.ADMIN, login="machine")
            login = f"some-{role.value.replace('_', '-')}"
            department = "市政" if role is Role.DEPARTMENT else ""
            draft = AccountDraft(login=login, name="某人", role=role, department=department)
            _account, password = accounts.create_account(town.store, machine, draft)
            token = accounts.sign_in(town.store, login, password).token
            browser.cookies.set(cookie_name(Kept.SESSION), token)
        return browser

    return opened


def visit(town: Town, place: int = 1, **more: Any) -> dict[str, Any]:
    said = {"id": f"phone-{place:06}", "door": town.doors[place], "outcome": "answered", "version": 1}
    return {**said, "at": now().isoformat(), "answers": {"renew": ["yes"]}, **more}


def ask(browser: TestClient, survey: Any, **fields: str) -> Any:
    return browser.post(addresses.DOORS, params={"survey": survey}, data=fields, headers=ORIGIN)


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_whatever_a_phone_sends_is_answered(town: Town, phone: Callable[..., TestClient]) -> None:
    browser = phone(Role.SOCIAL_WORKER)
    hostile = (
        *({name: one} for name in ("door", "version") for one in (10**30, 2**63, True, 1.5, "1", "１", None)),
        *({"id": one} for one in ("\ud800", "a\udfff", 1, None, {}, "x" * 10**4)),
        *({"answers": one} for one in ({"renew": ["\ud800"]}, {"\ud800": ["yes"]}, [1], "x", {"words": ["\ud800"]})),
        *({name: "\ud800"} for name in ("come_back", "outcome", "at")),
    )
    for more in hostile:
        for survey in (town.survey, "²", "１", "9" * 30, "9" * 5_000):
            told = ask(browser, survey, act="send", visits=json.dumps([visit(town, **more)]))
            assert told.status_code < 500, (more, survey)
            assert told.json()
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 1


def test_who_does_not_collect_takes_no_doors_along_and_brings_none(
    town: Town, phone: Callable[..., TestClient]
) -> None:
    sent = {"act": "send", "visits": json.dumps([visit(town)])}
    for browser in (phone(), phone(Role.OBSERVER), phone(Role.SECOND_CLERK), phone(Role.DEPARTMENT)):
        assert ask(browser, town.survey, act="pack").status_code in (401, 403)
        told = ask(browser, town.survey, **sent)
        assert told.status_code in (401, 403)
    # Who may collect somewhere and not here gets the form and no door, and what they send is kept from nobody's door.
    stranger = phone(Role.SOCIAL_WORKER)
    pack = ask(stranger, town.survey, act="pack").json()
    assert pack["doors"] == []
    assert WORDS not in json.dumps(pack, ensure_ascii=False)
    assert [one["arrival"] for one in ask(stranger, town.survey, **sent).json()] == ["refused"]
    # A page of another site makes a signed-in phone say nothing.
    for origin in ("https://evil.example", "null"):
        told = stranger.post(addresses.DOORS, params={"survey": town.survey}, data=sent, headers={"origin": origin})
        assert told.status_code == 403
    assert survey_figures(town.store, town.eye, town.survey).whole.answered == 1


def _acts(town: Town, who: Actor) -> dict[str, Callable[[], Any]]:
    """Everything that reads or writes a single door of the first building, or leads."""
    store, survey, door = town.store, town.survey, town.doors[0]
    draft = VisitDraft(
        id="stranger-0001",
        household_id=door,
        outcome=DoorOutcome.ANSWERED,
        form_version=1,
        visited_at=now(),
        answers={"renew": ("yes",)},
    )
    source = ImportSource.of("a.csv", b"x")
    return {
        "doors": lambda: visits.doors_of(store, who, survey, town.first),
        "answers": lambda: visits.visits_at(store, who, survey, door),
        "record": lambda: visits.record_visit(store, who, survey, draft),
        "add": lambda: visits.add_door(store, who, survey, town.first, "1单元", "901"),
        "choose": lambda: visits.choose_visit(store, who, survey, door, "visit-000000"),
        "sheets": lambda: papers.sheets(store, who, survey, town.first),
        "import": lambda: fieldwork.import_visits(store, who, survey, (), source=source),
        "form": lambda: fieldwork.form_for_field(store, who, survey),
        "list": lambda: papers.door_list(store, who, survey, town.first),
        "words": lambda: papers.words_said(store, who, survey),
        "trust": lambda: trust.draw_doors(store, who, survey, "42"),
        "facts": lambda: facts.take_into_files(store, who, survey),
        "late": lambda: phones.decide_late(store, who, survey, take=True),
        "close": lambda: campaigns.close_survey(store, who, survey),
        "workers": lambda: campaigns.set_workers(store, who, survey, ()),
    }


def test_single_doors_are_for_their_collector_and_the_lead(town: Town) -> None:
    elsewhere = replace(town.lead, scope=Scope(street_id=10**6))
    before = survey_figures(town.store, town.eye, town.survey)
    for who in (None, PUBLIC, Actor(role=Role.STATION), town.eye, town.worker, elsewhere):
        for name, act in _acts(town, who).items():  # type: ignore[arg-type]
            with pytest.raises((DeniedError, NotFoundError)):
                pytest.fail(f"{name}: {act()}")
    assert survey_figures(town.store, town.eye, town.survey) == before
    # An id that a stranger has seen makes no visit theirs, and another's answers are not written over.
    with pytest.raises((DeniedError, ConflictError)):
        town.visit(0, actor=town.worker, id="visit-000000")
    assert WORDS not in str(visits.visits_at(town.store, town.lead, town.survey, town.doors[10]))
