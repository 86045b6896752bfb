"""A collector's phone without a network: closed, opened again, sent twice; nothing lost, nothing doubled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser_harness import violations
from phone_run import OPERATOR, Campaign, Outcome, Phone, run, served
from playwright.sync_api import Browser, Page, expect

from renovation.model.surveys import VisitChannel
from renovation.services.surveys import visits
from renovation.services.surveys.figures import survey_figures
from renovation.store import Store
from renovation.text import Language, text

#: Many more: ``python tests/browser/phone_run.py --visits 500``.
VISITS = 15


@pytest.fixture
def campaign(make_store: Callable[[Path], Store], tmp_path: Path) -> Iterator[Campaign]:
    store = make_store(tmp_path)
    doors = tuple(f"{floor}0{room}" for floor in range(1, 11) for room in range(1, 5))
    with served(store, tmp_path, [doors]) as held:
        yield held


def taps(page: Page, *words: str) -> None:
    for said in words:
        page.locator("#screen").get_by_role("button", name=said, exact=False).first.click()


def test_visits_are_kept_without_a_network_and_sent_once(campaign: Campaign, browser: Browser) -> None:
    phone = Phone(campaign, browser)
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
    phone.unlock(page)
    expect(page.locator("#unsent")).to_have_text(text("survey.phone.all_sent", Language.ZH))
    (_, doors), *_ = visits.doors_of(campaign.store, OPERATOR, campaign.survey, 1)
    assert sum(one.visits for one in doors) == 21
    assert survey_figures(campaign.store, OPERATOR, campaign.survey).whole.answered == 1
    first = next(one for one in doors if one.answered)
    (kept,) = visits.visits_at(campaign.store, OPERATOR, campaign.survey, first.household_id)
    assert kept.draft.channel is VisitChannel.PHONE
    assert kept.draft.answers["contribute"] == ("labour",)
    phone.context.close()


def test_what_the_phone_never_heard_was_taken_is_sent_again_and_kept_once(
    campaign: Campaign, browser: Browser, tmp_path: Path
) -> None:
    found = run(campaign, browser, VISITS, tmp_path / "visits.json")
    assert found == Outcome(visits=VISITS, lost=0, doubled=0, altered=0, seconds=found.seconds)


def test_a_wrong_pin_opens_nothing_and_the_right_one_all(campaign: Campaign, browser: Browser) -> None:
    phone = Phone(campaign, browser)
    page = phone.open()
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    page.locator(".grid button").first.click()
    taps(page, text("enum.DoorOutcome.refused", Language.ZH))
    page.close()
    page = phone.context.new_page()
    page.goto(f"{campaign.address}/r/doors?survey={campaign.survey}")
    for pin, said in (("246811", "pin_wrong"), ("2468", "pin_short")):
        page.locator("#pin").fill(pin)
        page.keyboard.press("Enter")
        expect(page.locator("#screen")).to_contain_text(text(f"survey.phone.{said}", Language.ZH))
        assert page.locator("#where").count() == 0
    phone.unlock(page)
    expect(page.locator("#unsent")).to_contain_text("1")
    phone.context.close()


def test_a_door_that_nobody_knew_is_added_without_a_network(campaign: Campaign, browser: Browser) -> None:
    phone = Phone(campaign, browser)
    page = phone.open()
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    phone.context.set_offline(True)
    taps(page, text("survey.phone.found", Language.ZH))
    assert violations(page) == []
    bad = page.get_by_text(text("survey.phone.found_bad", Language.ZH))
    page.locator("#found").fill("301-304")
    page.keyboard.press("Enter")
    expect(bad).to_be_visible()
    page.locator("#found").fill("1101")
    page.keyboard.press("Enter")
    taps(page, text("enum.DoorOutcome.not_home", Language.ZH))
    page.close()
    page = phone.open()
    expect(page.locator(".grid button").first).to_contain_text("1101")
    phone.context.set_offline(False)
    page.get_by_role("button", name=text("survey.phone.send", Language.ZH), exact=True).or_(
        page.get_by_text(text("survey.phone.all_sent", Language.ZH))
    ).first.click()
    expect(page.locator("#unsent.sent")).to_be_visible()
    (_, doors), *_ = visits.doors_of(campaign.store, OPERATOR, campaign.survey, 1)
    assert [(one.number, one.visits) for one in doors if one.visits] == [("1101", 1)]
    phone.context.close()
