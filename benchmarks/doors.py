"""How fast a survey's sheet is keyed and a door answered on a phone, at people's own speed, on the real pages.

Run ``python -m benchmarks.doors`` from the project's folder; Chromium must be installed. A key of the number pad takes
0.45 s (8,000 an hour, what data entry is usually reckoned with) and a look at the next sheet 1.5 s; a tap on the phone
from 1.5 to 2 s, and 1 s more where the page has to be moved first. Sheets have the form's eight questions and four of a
locality's own. What is kept is held against what was typed and tapped.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from playwright.sync_api import Locator, Page, expect, sync_playwright

from benchmarks.keying import KEY_S, LOOK_S
from renovation.bootstrap.assets import prepare_assets
from renovation.config import CHECKOUT
from renovation.model.surveys import FormKind, QuestionKind, SurveyQuestion, fixed_form
from renovation.services.surveys import campaigns
from renovation.store import Store
from renovation.store.surveys import visits
from renovation.text import Language, text
from renovation.text.surveys import read_questions

sys.path.insert(0, str(CHECKOUT / "tests" / "browser"))

from browser_harness import Visit, launch, opened, serve_app
from phone_run import OPERATOR, Campaign, Phone, lay

SHEETS, DOORS = 20, 15
TAP_S, MOVE_S = (1.5, 2.0), 1.0
OWN = "要不要建车棚 | 单选 | 要、不要\n满意物业吗 | 打分\n参加过议事会吗 | 单选 | 参加过、没有\n宠物 | 单选 | 有、没有"
_NUMBERS = tuple(f"{floor}0{room}" for floor in range(1, 16) for room in (1, 2))

Said = dict[str, tuple[str, ...]]


def _say(key: str) -> str:
    return text(key, Language.ZH)


def _answers(drawn: random.Random, questions: Sequence[SurveyQuestion]) -> Said:
    """Answer every question: three wishes as most do, one or two of what has several answers, no words."""
    said: Said = {}
    for one in questions:
        if one.kind is not QuestionKind.WORDS:
            count = 1 if one.most == 1 else 3 if one.most == 3 else drawn.choice((1, 1, 2))
            chosen = drawn.sample(one.choices, count)
            said[one.code] = tuple(sorted(chosen, key=one.choices.index))
    return said


def _keys(said: Said, questions: Sequence[SurveyQuestion]) -> str:
    """Return what a clerk keys for a sheet, as the page says it."""
    typed = ""
    for one in questions:
        if one.kind is not QuestionKind.WORDS:
            numbers = [str(one.choices.index(option) + 1) for option in said[one.code]]
            typed += ("." if len(one.choices) > 9 else "").join(numbers) + ("+" if one.most > 1 else "")
    return typed


def _keyed(page: Page, questions: Sequence[SurveyQuestion]) -> tuple[list[int], float, float, dict[str, Said]]:
    """Key sheets one after another; return keys of each, seconds while typing and until the last is kept, and all."""
    drawn = random.Random(1)
    told = {number: _answers(drawn, questions) for number in _NUMBERS[:SHEETS]}
    lines = {number: f"{number}+{_keys(said, questions)}" for number, said in told.items()}
    line = page.get_by_label(_say("survey.keying.line"))
    line.focus()
    begun = time.monotonic()
    for keys in lines.values():
        page.wait_for_timeout(LOOK_S * 1000)
        for key in (*keys, "Enter"):
            page.wait_for_timeout(KEY_S * 1000)
            page.keyboard.press(key)
    spent = time.monotonic() - begun
    expect(page.get_by_text(f"{_NUMBERS[SHEETS - 1]} 已录").first).to_be_visible()
    return [len(one) + 1 for one in lines.values()], spent, time.monotonic() - begun, told


class _Thumb:
    """A collector's thumb."""

    def __init__(self, page: Page) -> None:
        self._page, self._drawn = page, random.Random(2)
        self.taps = self.moves = 0

    def tap(self, where: Locator) -> None:
        box = where.bounding_box()
        assert box is not None
        height = (self._page.viewport_size or {"height": 0})["height"]
        if not 0 <= box["y"] <= height - box["height"]:
            self.moves += 1
            self._page.wait_for_timeout(MOVE_S * 1000)
        self._page.wait_for_timeout(self._drawn.uniform(*TAP_S) * 1000)
        where.tap()
        self.taps += 1


def _tapped(page: Page, questions: Sequence[SurveyQuestion]) -> tuple[list[tuple[float, int, int]], dict[str, Said]]:
    """Answer at doors one after another; return seconds, taps and moves of each, and what was said."""
    drawn, found, told = random.Random(3), [], {}
    screen = page.locator("#screen")
    page.locator(".grid button").first.tap()
    for _ in range(DOORS):
        number = screen.locator("> p").first.inner_text().split()[-1]
        told[number] = said = _answers(drawn, questions)
        thumb, begun = _Thumb(page), time.monotonic()
        for place, question in enumerate(questions, 1):
            expect(screen.locator("h2")).to_contain_text(f"{place}. ")
            given = said.get(question.code, ())
            for option in given:
                thumb.tap(screen.locator(".options button").nth(question.choices.index(option)))
            goes_on = question.most < len(question.choices) and len(given) == question.most
            if question.choices and not goes_on:
                thumb.tap(screen.get_by_role("button", name=_say("survey.phone.next"), exact=True))
        thumb.tap(screen.get_by_role("button", name=_say("survey.phone.save"), exact=True))
        found.append((time.monotonic() - begun, thumb.taps, thumb.moves))
    expect(page.locator("#unsent.sent")).to_be_visible()
    return found, told


def _hold(store: Store, survey: int, told: dict[str, Said], stairwell: int) -> None:
    """Hold what is kept of a staircase against what was said there."""
    with store.read() as connection:
        doors = [one for one in visits.doors(connection, survey) if one.unit_id == stairwell]
    kept = {
        one.number: (one.visits, {code: tuple(sorted(said)) for code, said in one.answers.items()}) for one in doors
    }
    for number, said in told.items():
        assert kept[number] == (1, {code: tuple(sorted(one)) for code, one in said.items()}), number


def main() -> None:
    """Print the figures."""
    prepare_assets()
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        home = Path(scratch, "home")
        home.mkdir()
        browser = launch(playwright)
        with opened(home) as store, serve_app(home, Path(scratch, "log.txt")) as address:
            survey, collector, token = lay(store, [_NUMBERS, _NUMBERS])
            with store.read() as connection:
                first, second = dict.fromkeys(one.unit_id for one in visits.doors(connection, survey))
            phone = Phone(
                Campaign(store=store, survey=survey, collector=collector, token=token, address=address), browser
            )
            page = phone.open()
            page.locator("#where").select_option(index=0)
            found, told = _tapped(page, fixed_form(FormKind.OPINION))
            _hold(store, survey, told, first)
            phone.context.close()
            seconds, taps, moves = (sorted(column) for column in zip(*found, strict=True))
            print(f"{DOORS} doors on a phone of 390 px: {median(seconds):.1f} s each, {seconds[-1]:.1f} s at most; "
                  f"{median(taps):g} taps, {taps[-1]} at most, and the page moved {median(moves):g} times, "
                  f"{moves[-1]} at most")  # fmt: skip

            campaigns.change_form(store, OPERATOR, survey, read_questions(OWN))
            questions = campaigns.survey_file(store, OPERATOR, survey).form.questions
            window = Visit.begin(browser, address)
            window.sign_in(token)
            window.open(f"surveys?survey={survey}")
            main_part = window.page.get_by_test_id("stMain")
            main_part.get_by_role("radio", name=_say("survey.tab.keying")).click()
            window.idle()
            main_part.get_by_role("radio", name="2单元").click()
            window.idle()
            keys, typed, kept, told = _keyed(window.page, questions)
            _hold(store, survey, told, second)
            print(f"{SHEETS} sheets of 12 answered questions, {sum(keys) / SHEETS:.1f} keys each: "
                  f"{typed / SHEETS:.1f} s a sheet, {60 * SHEETS / typed:.1f} a minute while typing, "
                  f"{60 * SHEETS / kept:.1f} until the server has the last one")  # fmt: skip
        browser.close()


if __name__ == "__main__":
    main()
