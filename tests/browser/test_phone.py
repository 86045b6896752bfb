"""A collector's phone without a network: closed, opened again, sent twice; nothing lost, nothing doubled."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from browser_harness import free_port, violations
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.middleware import Middleware

from renovation.config import settings
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.kept import Kept, cookie_name
from renovation.model.scope import EVERYWHERE
from renovation.model.surveys import FormKind, SurveyDraft, VisitChannel, Worker
from renovation.services.register import buildings
from renovation.services.staff import accounts
from renovation.services.surveys import campaigns, visits
from renovation.services.surveys.figures import survey_figures
from renovation.store import Store
from renovation.store.schema.places import estate
from renovation.store.staff import accounts as account_store
from renovation.text import Language, text
from renovation.ui.border import Border
from renovation.web import frame, residents

OPERATOR = Actor(role=Role.ADMIN, login="cli")
PIN = "246810"


class Phone:
    """A collector's phone with the page of a survey of forty doors."""

    def __init__(self, store: Store, address: str, token: str, survey: int, browser: Browser) -> None:
        self.store, self.survey, self.address = store, survey, address
        self.context = browser.new_context(viewport={"width": 390, "height": 780}, is_mobile=True, has_touch=True)
        self.context.set_default_timeout(600_000)
        self.context.add_cookies([{"name": cookie_name(Kept.SESSION), "value": token, "url": address}])

    def open(self) -> Page:
        page = self.context.new_page()
        page.goto(f"{self.address}/r/doors?survey={self.survey}")
        page.locator("#pin").fill(PIN)
        page.get_by_role("button", name=text("survey.phone.pin_go", Language.ZH)).click()
        expect(page.locator("#where")).to_be_visible()
        return page


@pytest.fixture
def phone(
    make_store: Callable[[Path], Store], tmp_path: Path, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Phone]:
    store = make_store(tmp_path)
    monkeypatch.setenv("RENOVATION_HOME", str(tmp_path))
    monkeypatch.setattr(frame, "shared_store", lambda url, keys: store)
    settings.cache_clear()
    with store.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂一号", status="surveyed"))
        held = account_store.add(
            unit.connection, login="li", name="李", role=Role.SOCIAL_WORKER, password_hash="x", created_at=now(),
            scope=EVERYWHERE,
        )  # fmt: skip
        unit.commit()
    doors = tuple(f"{floor}0{room}" for floor in range(1, 11) for room in range(1, 5))
    buildings.create_building(store, OPERATOR, 1, "1栋", doors={"1单元": doors})
    draft = SurveyDraft(
        name="糖厂一号入户",
        kind=FormKind.OPINION,
        estate_ids=(1,),
        begins_on=today(),
        ends_on=today() + timedelta(days=30),
        keep_until=today() + timedelta(days=200),
    )
    survey = campaigns.create_survey(store, OPERATOR, draft)
    campaigns.set_workers(store, OPERATOR, survey, (Worker(login="li", leads=True),))
    port = free_port()
    app = Starlette(routes=residents.ROUTES, middleware=[Middleware(Border)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    address = f"http://localhost:{port}"
    yield Phone(store, address, accounts.begin_session(store, held).token, survey, browser)
    server.should_exit = True
    thread.join()
    settings.cache_clear()


def taps(page: Page, *words: str) -> None:
    for said in words:
        page.locator("#screen").get_by_role("button", name=said, exact=False).first.click()


def test_visits_are_kept_without_a_network_and_sent_once(phone: Phone) -> None:
    page = phone.open()
    assert violations(page) == []
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    page.locator(".grid button").first.click()
    assert violations(page) == []
    # A whole door in thirteen taps: what is full goes on by itself, and so does the next door.
    taps(page, "1 愿意", "1 修楼道", "2 ", "3 ", "1 大树", "下一题", "2 出力", "2 不愿意", "1 自己的", "4 60", "下一题")
    taps(page, "2 没有", "保存")
    for _ in range(20):
        taps(page, text("enum.DoorOutcome.not_home", Language.ZH))
    expect(page.locator("#unsent")).to_contain_text("21")
    held = page.evaluate("() => JSON.stringify(localStorage)")
    assert "renew" not in held
    assert "not_home" not in held
    page.close()
    page = phone.open()
    expect(page.locator("#unsent")).to_contain_text("21")
    phone.context.set_offline(False)
    page.reload()
    page.locator("#pin").fill(PIN)
    taps(page, text("survey.phone.pin_go", Language.ZH))
    expect(page.locator("#unsent")).to_have_text(text("survey.phone.all_sent", Language.ZH))
    (_, doors), *_ = visits.doors_of(phone.store, OPERATOR, phone.survey, 1)
    assert sum(one.visits for one in doors) == 21
    assert survey_figures(phone.store, OPERATOR, phone.survey).whole.answered == 1
    first = next(one for one in doors if one.answered)
    (kept,) = visits.visits_at(phone.store, OPERATOR, phone.survey, first.household_id)
    assert kept.draft.channel is VisitChannel.PHONE
    assert kept.draft.answers["contribute"] == ("labour",)
    phone.context.close()
