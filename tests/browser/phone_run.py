"""Visits on a collector's phone without a network, by taps in a real browser: is any lost, is any doubled?

    python tests/browser/phone_run.py --visits 500 [--url URL]

The network is cut before the first door; the page is closed and opened again five times on the way. Then the network is
back, but the answers to the first sendings are lost on their way to the phone, so that it sends what the server has
already; last, the file that the phone saved before is taken in beside. The test suite runs the same with fewer visits.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from unittest import mock

import uvicorn
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright
from starlette.applications import Starlette
from starlette.middleware import Middleware

sys.path.insert(0, str(Path(__file__).parent))

from browser_harness import PATIENCE, PHONE, free_port, launch, opened

from renovation.config import settings
from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.kept import Kept, cookie_name
from renovation.model.scope import EVERYWHERE
from renovation.model.surveys import DoorOutcome, FormKind, SurveyDraft, SurveyQuestion, Worker
from renovation.services.register import buildings
from renovation.services.staff import accounts
from renovation.services.surveys import campaigns, phones
from renovation.store import Store
from renovation.store.register import buildings as building_store
from renovation.store.schema.places import estate
from renovation.store.staff import accounts as account_store
from renovation.store.surveys import visits as visit_store
from renovation.text import Language, text
from renovation.ui.border import Border
from renovation.web import frame, residents

OPERATOR = Actor(role=Role.ADMIN, login="cli")
PIN = "246810"
#: Doors of a staircase, two a floor.
_DOORS = tuple(f"{floor}0{room}" for floor in range(1, 21) for room in (1, 2))
#: How often the page is closed and opened again, and how many sendings are answered into the void.
_CLOSED, _UNHEARD = 5, 3
_VAIN = (DoorOutcome.NOT_HOME, DoorOutcome.REFUSED, DoorOutcome.EMPTY)


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """A survey with as many doors as are wanted, its one collector, and where the phone's page is served."""

    store: Store
    survey: int
    collector: Actor
    token: str
    address: str


def lay(store: Store, doors: Sequence[Sequence[str]]) -> tuple[int, Actor, str]:
    """Lay a building with staircases of these doors, and a survey of it; return it, its collector and a session."""
    with store.write() as unit:
        unit.connection.execute(estate.insert().values(id=1, code="E1", name="糖厂一号", status="surveyed"))
        held = account_store.add(
            unit.connection, login="li", name="李", role=Role.SOCIAL_WORKER, password_hash="x", created_at=now(),
            scope=EVERYWHERE,
        )  # fmt: skip
        unit.commit()
    stairs = {f"{at}单元": tuple(one) for at, one in enumerate(doors, 1)}
    buildings.create_building(store, OPERATOR, 1, "1栋", doors=stairs)
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
    return survey, accounts.as_actor(held), accounts.begin_session(store, held).token


@contextmanager
def served(store: Store, home: Path, doors: Sequence[Sequence[str]]) -> Iterator[Campaign]:
    """Serve the plain pages of a campaign from this process until the block ends."""
    survey, collector, token = lay(store, doors)
    port = free_port()
    app = Starlette(routes=residents.ROUTES, middleware=[Middleware(Border)])
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="error"))
    with (
        mock.patch.dict(os.environ, RENOVATION_HOME=str(home)),
        mock.patch.object(frame, "shared_store", return_value=store),
    ):
        settings.cache_clear()
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        yield Campaign(store=store, survey=survey, collector=collector, token=token, address=f"http://localhost:{port}")
        server.should_exit = True
        thread.join()
    settings.cache_clear()


class Phone:
    """A collector's phone with the page of a survey."""

    def __init__(self, campaign: Campaign, browser: Browser) -> None:
        self._campaign = campaign
        self.context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True, locale="zh-CN")
        self.context.set_default_timeout(PATIENCE * 1000)
        session = {"name": cookie_name(Kept.SESSION), "value": campaign.token, "url": campaign.address}
        self.context.add_cookies([session])  # type: ignore[list-item]

    def open(self) -> Page:
        """Open the page and give the PIN."""
        page = self.context.new_page()
        page.goto(f"{self._campaign.address}/r/doors?survey={self._campaign.survey}")
        self.unlock(page)
        return page

    def unlock(self, page: Page) -> None:
        """Give the PIN."""
        page.locator("#pin").fill(PIN)
        page.get_by_role("button", name=say("survey.phone.pin_go")).click()
        expect(page.locator("#where")).to_be_visible()


def say(key: str) -> str:
    """Return what the phone says."""
    return text(key, Language.ZH)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of the visits; ``seconds`` is what tapping took."""

    visits: int
    lost: int
    doubled: int
    altered: int
    seconds: float


_Said = tuple[DoorOutcome, dict[str, tuple[str, ...]]]


def run(campaign: Campaign, browser: Browser, visits: int, into: Path) -> Outcome:
    """Go to so many doors without a network and send them, and hold what is kept against what was tapped."""
    phone, chance = Phone(campaign, browser), random.Random(1)
    form = campaigns.survey_file(campaign.store, OPERATOR, campaign.survey).form
    page = phone.open()
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    begun, tapped = time.monotonic(), dict[tuple[str, str], _Said]()
    while len(tapped) < visits:
        if tapped and len(tapped) % max(visits // _CLOSED, 1) == 0:
            page.close()
            page = phone.open()
            expect(page.locator("#unsent")).to_contain_text(str(len(tapped)))
        if page.locator("#where").count():
            _to_next_staircase(page)
        place, number = page.locator("#screen > p").first.inner_text().split(" · ")
        tapped[place, number.split()[-1]] = _at_door(page, form.in_order, chance)
    spent = time.monotonic() - begun
    page.close()
    page = phone.open()
    expect(page.locator("#unsent")).to_contain_text(str(visits))
    with page.expect_download() as waiting:
        page.get_by_role("button", name=say("survey.phone.save_file")).click()
    waiting.value.save_as(into)
    _send(phone, page)
    phones.take_file(campaign.store, campaign.collector, campaign.survey, into.read_bytes())
    phone.context.close()
    return _held(campaign, tapped, spent)


def _to_next_staircase(page: Page) -> None:
    """Choose the first staircase where nobody has been at some door, and the first such door."""
    for name in page.locator("#where option").all_inner_texts():
        page.locator("#where").select_option(name)
        fresh = page.locator(".grid button").filter(has_text=say("survey.door.not_yet"))
        if fresh.count():
            fresh.first.click()
            return
    raise AssertionError("there are no doors left")


def _at_door(page: Page, questions: Sequence[SurveyQuestion], chance: random.Random) -> _Said:
    screen = page.locator("#screen")
    if chance.random() < 0.4:
        met = chance.choice(_VAIN)
        screen.get_by_role("button", name=say(f"enum.DoorOutcome.{met.value}")).click()
        return met, {}
    answers = {}
    for place, question in enumerate(questions, 1):
        expect(screen.locator("h2")).to_contain_text(f"{place}. ")
        if question.choices:
            option = chance.choice(question.choices)
            screen.locator(".options button").nth(question.choices.index(option)).click()
            answers[question.code] = (option,)
        else:
            words = f"第 {chance.randrange(10**6)} 句"
            screen.locator("textarea").fill(words)
            answers[question.code] = (words,)
        if question.most > 1:
            screen.get_by_role("button", name=say("survey.phone.next"), exact=True).click()
    screen.get_by_role("button", name=say("survey.phone.save"), exact=True).click()
    return DoorOutcome.ANSWERED, answers


def _send(phone: Phone, page: Page) -> None:
    """Let the server take the first sendings and the phone never hear of it, and send until nothing is left."""
    unheard = 0

    def lose(route: Route) -> None:
        nonlocal unheard
        asked = route.request
        if asked.method != "POST" or "act=visits" not in (asked.post_data or "") or unheard == _UNHEARD:
            route.continue_()
            return
        unheard += 1
        route.fetch()
        route.abort("connectionreset")

    phone.context.route("**/r/doors?**", lose)
    phone.context.set_offline(False)
    page.reload()
    phone.unlock(page)
    # The page sends by itself once it is unlocked; whatever it did not hear of is sent by a tap.
    sending = page.get_by_role("button", name=say("survey.phone.send"), exact=True)
    done = page.locator("#unsent.sent")
    while True:
        expect(sending.or_(done).first).to_be_visible()
        if done.count():
            break
        sending.click()
    assert unheard == _UNHEARD
    expect(page.locator("#unsent")).to_contain_text(say("survey.phone.all_sent"))


def _held(campaign: Campaign, tapped: dict[tuple[str, str], _Said], spent: float) -> Outcome:
    with campaign.store.read() as connection:
        found = visit_store.doors(connection, campaign.survey)
        names = {one.id: one.name for one in building_store.units_of(connection, {one.building_id for one in found})}
    kept = {(f"1栋 {names[one.unit_id]}", one.number): one for one in found}
    assert tapped.keys() <= kept.keys()
    return Outcome(
        visits=len(tapped),
        lost=sum(kept[one].visits == 0 for one in tapped),
        doubled=sum(one.visits - (key in tapped) for key, one in kept.items() if one.visits > (key in tapped)),
        altered=sum((kept[one].outcome, kept[one].answers) != said for one, said in tapped.items()),
        seconds=spent,
    )


def main() -> None:
    """Print what became of so many visits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=500)
    parser.add_argument("--url", default="", help="a database of its own, other than a file of SQLite")
    given = parser.parse_args()
    stairs = [_DOORS] * -(-given.visits // len(_DOORS))
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch, "home")
        home.mkdir()
        browser = launch(playwright)
        with opened(home, given.url) as store, served(store, home, stairs) as campaign:
            print(run(campaign, browser, given.visits, Path(scratch, "visits.json")))
        browser.close()


if __name__ == "__main__":
    main()
