"""From an empty estate to its menu at desk and phone: sixty doors, three collectors on three channels, counted anew."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
import shapely
from browser_harness import PHONE, Visit, opened, serve_app, violations
from playwright.sync_api import Browser, Locator, Page, expect
from survey_said import CHOICES, MARKER, Counted, DoorSaid, bounds, doors_said

from renovation.model.accounts import Actor, Role
from renovation.model.clock import now, today
from renovation.model.kept import Kept, cookie_name
from renovation.model.places import EstateDraft, EstateFacts
from renovation.model.scope import EVERYWHERE
from renovation.model.surveys import BY_FLOOR, FormKind, fixed_form
from renovation.services.demands import wishes
from renovation.services.polls import wishes as wished
from renovation.services.projects.items import keep_catalogue
from renovation.services.register import buildings
from renovation.services.staff import accounts
from renovation.services.surveys import campaigns, facts
from renovation.store import Store
from renovation.store.register import estates
from renovation.store.staff import accounts as account_store
from renovation.text import Language, text
from renovation.text.surveys import option_said, question_said

OFFICE = Actor(role=Role.ADMIN, login="cli")
NAME, ESTATE, PIN, SEED = "糖厂一号入户", "糖厂一号", "246810", "开奖 0817"
#: Who leads, and the collectors with a phone, with paper, and of the field team.
_PEOPLE = {"chen": Role.PLANNER, **dict.fromkeys(("li", "wang", "zhao"), Role.SOCIAL_WORKER)}
_ROWS = """grid => [...grid.querySelectorAll("canvas table tbody tr")].map(
  row => [...row.querySelectorAll("td")].map(cell => cell.innerText))"""


def says(key: str, **fields: Any) -> str:
    return text(key, Language.ZH, **fields)


def percent(found: float, asked: int) -> str:
    return f"{100 * found / asked:.1f}".removesuffix(".0") + "%"


def lay(store: Store) -> dict[str, str]:
    """Lay an estate of which nobody asked anything yet, and its people; return their sessions."""
    outline = shapely.to_wkb(shapely.box(114.40, 23.08, 114.41, 23.09))
    with store.write() as unit:
        held = {
            login: account_store.add(
                unit.connection, login=login, name=login, role=role, password_hash="x", created_at=now(),
                scope=EVERYWHERE,
            )
            for login, role in _PEOPLE.items()
        }  # fmt: skip
        keep_catalogue(unit.connection)
        draft = EstateDraft(code="E1", name=ESTATE, facts=EstateFacts(households=60), geometry=outline)
        (estate,) = estates.add_estates(unit.connection, [draft], collected_on=today(), collector="摸底")
        unit.commit()
    stairs = {f"{one}单元": tuple(f"{floor}0{room}" for floor in range(1, 6) for room in (1, 2)) for one in (1, 2, 3)}
    for name in ("1栋", "2栋"):
        buildings.create_building(store, OFFICE, estate, name, floors=5, has_lift=name == "2栋", doors=stairs)
    return {login: accounts.begin_session(store, one).token for login, one in held.items()}


class Desk:
    """Somebody at a window of the page of surveys."""

    def __init__(self, window: Visit) -> None:
        self.window, self.page = window, window.page
        self.main = window.page.get_by_test_id("stMain")

    def press(self, name: str, role: Any = "button") -> None:
        self.main.get_by_role(role, name=name).first.click()
        self.window.idle()

    def part(self, name: str) -> None:
        """Turn to a part of the page."""
        self.press(says(f"survey.tab.{name}"), "radio")

    def choose(self, label: str, option: str) -> None:
        """Pick from a list."""
        self.page.get_by_role("combobox", name=label).first.click()
        self.page.get_by_role("option").filter(has_text=option).first.click()
        self.page.keyboard.press("Tab")
        self.window.idle()

    def fill(self, label: str, words: str) -> None:
        self.main.get_by_label(label, exact=True).first.fill(words)
        self.page.keyboard.press("Tab")
        self.window.idle()

    def stairs(self, building: str, stair: str) -> None:
        """Turn to a staircase."""
        box = self.main.get_by_role("combobox", name=says("survey.door.building")).first
        if building not in (box.input_value() or box.inner_text()):
            self.choose(says("survey.door.building"), building)
        self.press(stair, "radio")

    def bring(self, file: Path, label: str) -> None:
        """Choose a file in the field of that name."""
        self.main.get_by_test_id("stFileUploader").filter(has_text=label).locator("input").set_input_files(file)
        self.window.idle()

    def fetch(self, name: str, into: Path) -> Path:
        """Take a file home."""
        with self.page.expect_download() as waiting:
            self.main.get_by_role("button", name=name).first.click()
        waiting.value.save_as(into)
        return into

    def grid(self, place: int, lines: int | None = None) -> tuple[Locator, list[list[str]]]:
        """Return a grid of the page, the list of surveys being the first, with what a reader of the screen hears."""
        found = self.main.get_by_test_id("stDataFrame").nth(place)
        found.scroll_into_view_if_needed()
        # A canvas is drawn a moment after its page.
        drawn = found.locator("canvas table tbody tr")
        expect(drawn.first).to_be_attached()
        if lines is not None:
            expect(drawn).to_have_count(lines)
        return found, found.evaluate(_ROWS)

    def pick(self, place: int, line: int) -> None:
        """Choose a line of a grid by the box at its edge."""
        found, _ = self.grid(place)
        self.page.wait_for_timeout(500)
        box = found.bounding_box()
        assert box is not None
        self.page.mouse.click(box["x"] + 15, box["y"] + 38 + 35 * line + 17)
        self.window.idle()


def begin(desk: Desk) -> None:
    """Begin the campaign, say who collects where, and take the notice for the doors home."""
    desk.main.get_by_text(says("survey.new")).first.click()
    desk.window.idle()
    desk.fill(says("survey.field.name"), NAME)
    desk.choose(says("survey.field.estates"), ESTATE)
    desk.fill(says("survey.field.tenants"), "18")
    desk.press(says("survey.create"))
    desk.part("setup")
    for login in ("li", "wang", "zhao"):
        desk.choose(says("survey.setup.collectors"), login)
    desk.choose(says("survey.setup.buildings", name="li"), "1栋")
    desk.press(says("survey.setup.save_workers"))


def on_the_phone(browser: Browser, address: str, token: str, survey: int, said: Sequence[DoorSaid], into: Path) -> None:
    """Go to doors with the network cut, close the page, open it again, keep a file, and send."""
    context = browser.new_context(viewport=PHONE, is_mobile=True, has_touch=True, locale="zh-CN")
    context.set_default_timeout(300_000)
    context.add_cookies([{"name": cookie_name(Kept.SESSION), "value": token, "url": address}])

    def begun() -> Page:
        page = context.new_page()
        page.goto(f"{address}/r/doors?survey={survey}")
        page.locator("#pin").fill(PIN)
        page.get_by_role("button", name=says("survey.phone.pin_go")).click()
        expect(page.locator("#where")).to_be_visible()
        return page

    page = begun()
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    context.set_offline(True)
    for stair in dict.fromkeys(one.place for one in said):
        here = {one.number: one for one in said if one.place == stair}
        choice = page.locator("#where")
        choice.select_option(next(one for one in choice.locator("option").all_inner_texts() if stair[-3:] in one))
        page.locator(".grid button").first.click()
        for _ in here:
            number = page.locator("#screen > p").first.inner_text().split()[-1]
            _at_door(page, here[number])
    expect(page.locator("#unsent")).to_contain_text(str(len(said)))
    page.close()
    page = begun()
    expect(page.locator("#unsent")).to_contain_text(str(len(said)))
    with page.expect_download() as waiting:
        page.get_by_role("button", name=says("survey.phone.save_file")).click()
    waiting.value.save_as(into)
    context.set_offline(False)
    page.get_by_role("button", name=says("survey.phone.send"), exact=True).or_(
        page.get_by_text(says("survey.phone.all_sent"))
    ).first.click()
    expect(page.locator("#unsent")).to_have_text(says("survey.phone.all_sent"))
    context.close()


def _at_door(page: Page, one: DoorSaid) -> None:
    """Answer the questions of a door one after the other, by their numbers."""
    screen = page.locator("#screen")
    if one.met != "answered":
        screen.get_by_role("button", name=says(f"enum.DoorOutcome.{one.met}")).click()
        if one.met == "come_back":
            screen.locator("#when").fill("周六上午")
            screen.get_by_role("button", name=says("survey.phone.save"), exact=True).click()
        return
    for at, (code, options) in enumerate(CHOICES.items(), 1):
        expect(screen.locator("h2")).to_contain_text(f"{at}. ")
        given = one.answers.get(code, ())
        for option in given:
            screen.locator(".options button").nth(options.index(option)).click()
        most = 3 if code == "wishes" else len(options) if code in ("keep", "ages") else 1
        if len(given) < most or most == len(options):
            on = says("survey.phone.next" if given else "survey.phone.skip")
            screen.get_by_role("button", name=on, exact=True).click()
    screen.locator("textarea").fill(f"请找 {MARKER}")
    expect(screen.get_by_text(says("survey.phone.looks_personal"))).to_be_visible()
    screen.get_by_role("button", name=says("survey.phone.save"), exact=True).click()


def on_paper(desk: Desk, said: Sequence[DoorSaid]) -> None:
    """Key sheets with number keys alone; where nobody answered, tap what was met."""
    for stair in dict.fromkeys(one.place for one in said):
        here = [one for one in said if one.place == stair]
        desk.part("keying")
        desk.stairs(*stair.split())
        for one in (held for held in here if held.answers):
            keys = "+".join(
                ".".join(str(options.index(option) + 1) for option in one.answers.get(code, ()))
                for code, options in CHOICES.items()
            )
            line = desk.main.get_by_label(says("survey.keying.line"))
            line.fill(f"{one.number}+{keys}")
            line.press("Enter")
            desk.window.idle()
            expect(desk.main.get_by_text(f"{one.number} 已录")).to_be_visible()
        desk.part("doors")
        for one in (held for held in here if not held.answers):
            desk.press(one.number)
            if one.met == "come_back":
                desk.main.get_by_text(says("enum.DoorOutcome.come_back"), exact=True).click()
                desk.window.idle()
                desk.fill(says("survey.door.when"), "周六上午")
                desk.press(says("survey.door.back"))
            else:
                desk.press(says(f"enum.DoorOutcome.{one.met}"))


def field_file(path: Path, said: Sequence[DoorSaid]) -> Path:
    """Write what a field team's server gives out."""
    made = io.StringIO()
    writer = csv.writer(made)
    heads = (
        "start",
        "form_version",
        "building",
        "stairwell",
        "door",
        "outcome",
        *(f"answers/{one}" for one in CHOICES),
    )
    writer.writerow([*heads, "_submitted_by", "_uuid"])
    for at, one in enumerate(said):
        given = [" ".join(one.answers.get(code, ())) for code in CHOICES]
        place = (one.building, one.stair, one.number)
        writer.writerow([now().isoformat(), 1, *place, one.met, *given, "zhao", f"5f0c8b1e-{at:08}"])
    path.write_text(made.getvalue(), encoding="utf-8")
    return path


def figures_on_screen(desk: Desk, counted: Counted) -> None:
    """Hold what stands under figures against the count: in all, by place, and each camp."""
    answered = counted.met("answered")
    metrics = [one.inner_text() for one in desk.main.get_by_test_id("stMetricValue").all()]
    yes = {one: counted.chose("renew", one) for one in CHOICES["renew"]}
    assert metrics == [f"{answered} / 60", percent(answered, 60), percent(*yes["yes"])]
    camps = {one: percent(*yes[one]) for one in ("yes", "only_if", "no")}
    expect(desk.main).to_contain_text(says("survey.figure.camps", **camps))
    for level, column in (("unit", "unit"), ("building", "building")):
        desk.press(says(f"survey.figure.by_{level}"), "radio")
        _, rows = desk.grid(1, counted.doors[column].nunique())
        for place, *cells in rows:
            within = {column: place}
            met = [counted.met(one, within=within) for one in ("answered", "refused")]
            away = counted.met("not_home", "come_back", within=within)
            inside = sum(counted.doors[column] == place)
            found, asked = counted.chose("renew", "yes", within)
            low, high = bounds(found, asked, inside)
            numbers = [inside, *met, away, counted.met("empty", within=within), 0]
            shares = [f"{round(one, 3):g}" for one in (met[0] / inside, found / asked)]
            wanted = [*map(str, numbers), *shares, f"{percent(low, 1)}–{percent(high, 1)}"]
            # At a phone's width the last columns are scrolled to.
            assert cells == wanted[: len(cells)]
            assert len(cells) == len(wanted) or desk.page.viewport_size == PHONE


def figures_at_home(table: Path, counted: Counted) -> None:
    """Hold the table that was taken home against the count: each answer by building and by group, with its base."""
    book = openpyxl.load_workbook(table)
    first, *answers, last = book.worksheets
    *places, total = list(first.iter_rows(min_row=2, values_only=True))
    outcomes = ("answered", "refused", "not_home", "come_back", "empty")
    for line, within in [*((line, {"building": line[0]}) for line in places), (total, {})]:
        doors = 30 if within else 60
        met = [counted.met(one, within=within) for one in outcomes]
        assert list(line[1:]) == [doors, *met, 0, pytest.approx(met[0] / doors)]
    assert len(answers) == len(CHOICES)
    for sheet, (code, options) in zip(answers, CHOICES.items(), strict=True):
        *lines, total = list(sheet.iter_rows(min_row=2, values_only=True))
        for line, within in [*((line, {"building": line[0]}) for line in lines), (total, {})]:
            chosen = [counted.chose(code, one, within) for one in options]
            assert list(line[1:]) == [chosen[0][1], *(found for found, _ in chosen)], (code, line)
    named = {
        (question_said(FormKind.OPINION, one, Language.ZH), option_said(one, option, Language.ZH)): (one.code, option)
        for one in (*fixed_form(FormKind.OPINION), BY_FLOOR)
        for option in one.choices
    }
    groups = set()
    lines = list(last.iter_rows(min_row=2, values_only=True))
    for question, option, apart, group, found, asked, share, low, high in lines:
        code, chosen = named[question, option]
        if group == says("survey.figure.others"):
            told = {
                named[apart, one[3]]
                for one in lines
                if one[0] == question and one[2] == apart and (apart, one[3]) in named
            }
            assert (found, asked) == counted.besides(code, chosen, told), (code, chosen, told)
            continue
        by, which = named[apart, group]
        assert (found, asked) == counted.chose(code, chosen, {by: which}), (code, chosen, by, which)
        assert (share, low, high) == pytest.approx((found / asked, *bounds(found, asked, 60)))
        assert asked >= 5
        groups.add((by, which))
    assert groups >= {("tenure", "tenant"), ("floor", "upper_lift"), ("step_free", "yes"), ("ages", "60_79")}


def what_follows(desk: Desk, counted: Counted, survey: int) -> None:
    """Go on to file, demand, project and the draft of a poll, each by its own button."""
    desk.part("follows")
    desk.press(says("survey.taken.take"))
    desk.press(says("poll.confirm.ask"))
    parking = says("enum.Deficit.parking")
    _, rows = desk.grid(1)
    place, wish, found, asked, _ = rows[0]
    assert wish == parking
    assert (int(found), int(asked)) == counted.chose("wishes", "parking", {"unit": place})
    desk.pick(1, 0)
    desk.press(says("survey.follow.demand", count=int(found)))
    expect(desk.main).to_contain_text(f"附议 {found} 户")
    desk.press(says("survey.follow.project"))
    desk.page.wait_for_url("**/projects?*")
    desk.window.idle()
    desk.window.open(f"surveys?survey={survey}")
    desk.part("follows")
    _, rows = desk.grid(2)
    for wish, found, share, project, menu in rows:
        code = next(one for one in CHOICES["wishes"] if says(f"enum.Deficit.{one}") == wish)
        chosen, told = counted.chose("wishes", code)
        assert (int(found), float(share)) == (chosen, round(chosen / told, 3))
        on = says("survey.follow.on_menu") if code == "parking" else says("enum.KeptOff.no_project")
        assert menu == on, (wish, project, menu)
    desk.press(says("survey.follow.draft", count=1))
    desk.page.wait_for_url("**/polls?*")
    desk.window.idle()
    expect(desk.main).to_contain_text(f"{ESTATE}改造项目投票")


def second_visits(desk: Desk, said: Sequence[DoorSaid]) -> None:
    """Draw doors by a published seed and ask there again, as another person."""
    desk.part("figures")
    desk.main.get_by_text(says("survey.trust.title")).click()
    desk.window.idle()
    desk.fill(says("survey.trust.seed"), SEED)
    desk.press(says("survey.trust.draw"))
    drawn = [one for one in said if f"{one.place} {one.number}" in desk.main.inner_text()]
    assert len(drawn) == 3
    again = [one for one in drawn if one.answers]
    assert again
    for one in again:
        desk.part("doors")
        desk.stairs(one.building, one.stair)
        desk.press(one.number)
        desk.main.locator("summary").filter(has_text=says("enum.FormKind.opinion")).click()
        desk.window.idle()
        desk.press("3 不愿意", "radio")
        desk.press(says("survey.door.save"))
    desk.part("figures")
    expect(desk.main).to_contain_text(says("survey.trust.state", seed=SEED, doors=3, done=len(again)))


@pytest.mark.browser
@pytest.mark.slow
def test_sixty_doors_lead_to_a_menu(
    visit: Callable[..., Visit], browser: Browser, lay_store: Callable[[Path], Path], tmp_path: Path
) -> None:
    home, said = lay_store(tmp_path / "home"), doors_said()
    counted = Counted(said)
    by_way = {way: [one for one in said if one.way == way] for way in ("phone", "paper", "field")}
    with opened(home) as store, serve_app(home, tmp_path / "server.log") as address:
        tokens = lay(store)
        lead = Desk(visit(address))
        lead.window.sign_in(tokens["chen"])
        lead.window.open("surveys")
        begin(lead)
        (held,) = campaigns.surveys(store, OFFICE)
        lead.part("papers")
        notice = lead.fetch("告知书（Word", tmp_path / "notice.docx")
        assert "社工会到" in "\n".join(one.text for one in docx.Document(str(notice)).paragraphs)

        kept = tmp_path / "visits.json"
        on_the_phone(browser, address, tokens["li"], held.id, by_way["phone"], kept)
        paper = Desk(visit(address))
        paper.window.sign_in(tokens["wang"])
        paper.window.open(f"surveys?survey={held.id}")
        on_paper(paper, by_way["paper"])
        paper.window.assert_clean()

        # What the phone has sent comes once more as its file, and the field team's file twice: nothing is doubled.
        lead.window.open(f"surveys?survey={held.id}")
        lead.part("papers")
        lead.main.get_by_text(says("survey.phone.title")).first.click()
        lead.bring(kept, says("survey.phone.file"))
        lead.main.get_by_text(says("survey.fieldwork.title")).first.click()
        kobo = field_file(tmp_path / "kobo.csv", by_way["field"])
        for count in (20, 0):
            lead.bring(kobo, says("survey.fieldwork.file"))
            if count:
                lead.press(says("survey.fieldwork.take"))
        second_visits(lead, said)
        figures_on_screen(lead, counted)
        lead.part("papers")
        figures_at_home(lead.fetch(says("survey.papers.table"), tmp_path / "table.xlsx"), counted)
        report = docx.Document(str(lead.fetch("调查报告（Word", tmp_path / "report.docx")))
        words = "\n".join(one.text for one in report.paragraphs)
        assert MARKER not in words
        answered, doors = counted.met("answered"), len(said)
        away = counted.met("not_home", "come_back")
        fields = {"refused": counted.met("refused"), "not_home": away, "empty": counted.met("empty"), "not_yet": 0}
        shares = {"coverage": percent(answered, doors), "target": "75%"}
        assert says("survey.paper.reached", doors=doors, answered=answered, **shares, **fields) in words
        what_follows(lead, counted, held.id)
        lead.window.assert_clean()

        # The same on the lead's phone.
        lead.window.resize(PHONE)
        lead.window.open(f"surveys?survey={held.id}")
        lead.part("figures")
        figures_on_screen(lead, counted)
        assert lead.window.overflow() <= 0
        # Lists of the navigation are Streamlit's own.
        assert [one for one in violations(lead.page) if not one.startswith(("list: ", "listitem: "))] == []

        (demand,) = [one for one in wishes.wishes(store, OFFICE, held.id) if one.demand_id is not None]
        assert demand.wish.value == "parking"
        source = facts.where_from(store, OFFICE, held.draft.estate_ids[0])
        yes, asked = counted.chose("renew", "yes")
        assert (source.willingness, source.coverage) == (Fraction(yes, asked), Fraction(answered, doors))
        (poll,) = wished.polls_from(store, OFFICE, held.id)
        behind = wished.survey_behind(store, OFFICE, poll.id)
        assert behind is not None
        assert behind.id == held.id
