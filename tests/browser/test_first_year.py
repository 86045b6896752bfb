"""A new district's first year in a browser: demand, project, poll, batch, programme, papers, and the year after."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa
from browser_harness import Visit, opened, serve_app
from one_book import faults
from playwright.sync_api import expect
from test_journey import CODE, choose, press

from renovation.imports.register.estates import parse_estates
from renovation.model.accounts import Actor, Role
from renovation.model.clock import today
from renovation.model.funding import Pot
from renovation.model.imports import ImportSource
from renovation.model.polls import Channel
from renovation.services.money import pots
from renovation.services.money.estate_lists import import_estate_list
from renovation.services.polls import voting
from renovation.services.programme.documents import ProgrammeDocument
from renovation.services.programme.year_start import year_start
from renovation.services.staff import accounts
from renovation.services.staff.accounts import AccountDraft
from renovation.store import Store
from renovation.text import Language, text

PASSWORD = "Lychee-garden-2026"
HOMES = ("东湖苑", "文昌里")
LAMPS, BENCHES, TABLES = "后巷太阳能路灯", "树下休闲长椅", "沿街棋牌桌"
POLL = "后巷先改哪一样"
PROGRAMME = "一次建成"
NEXT_YEAR = today().year + 1
#: Enough for the first estate; the second one waits.
POT = 30_000_000
PAPERS = (ProgrammeDocument.LIST, ProgrammeDocument.ROLL_UP, ProgrammeDocument.NOTICE, ProgrammeDocument.MEMO)


def estate_list() -> bytes:
    """Write a list as an office keeps it: two estates with what was found out about them."""
    headings = (
        "小区编码", "小区名称", "县(区)", "街道", "建成时间", "总户数", "总建筑面积（万㎡）", "改造意愿率",
        "入户调查率", "不纳入改造情形", "有效答复户数", "长效管护机制", "已列入其他专项", "核实日期", "核实依据",
        "同意户数", "反对户数", "同意面积", "征求意见日期", "表决材料", "经度", "纬度",
    )  # fmt: skip
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(headings)
    for number, name in enumerate(HOMES, 1):
        sheet.append([
            f"E{number}", name, "江北区", "东湖街道", "1988年", 120, 1.2, "95%", "92%", "无", 115, "是", "无",
            "2026-11-01", "区住建局核查表", 110, 2, 11000, "2026-10-20", f"档案{number}", 114.4 + 0.01 * number, 23.05,
        ])  # fmt: skip
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def lay_district(store: Store) -> None:
    """Lay what a first day leaves: two estates with their gates, the catalogue's prices, a pot, and two people."""
    office = accounts.as_actor(
        accounts.create_first_account(store, AccountDraft(login="office", name="区住建局", role=Role.ADMIN), PASSWORD)
    )
    data = estate_list()
    parsed = parse_estates(data, datum="cgcs2000")
    import_estate_list(store, office, parsed, source=ImportSource.of("台账.xlsx", data))
    pots.keep_pot(store, office, Pot(id="", name="区级配套", year=NEXT_YEAR, amount=POT))
    made, first = accounts.create_account(
        store, office, AccountDraft(login="li", name="李社工", role=Role.SOCIAL_WORKER)
    )
    token = accounts.sign_in(store, "li", first).token
    accounts.change_own_password(store, accounts.as_actor(made, token=token), token, first, PASSWORD)


def second_person(window: Visit) -> None:
    window.page.get_by_label("第二人的登录名").fill("li")
    window.page.get_by_label("第二人的密码").fill(PASSWORD)
    window.page.keyboard.press("Tab")
    window.idle()
    press(window, "我已核对，确定")


def fill(window: Visit, label: str, words: str) -> None:
    window.page.get_by_label(label, exact=True).first.fill(words)
    window.page.keyboard.press("Tab")
    window.idle()


def new_project(window: Visit, home: str, item: str, name: str, count: int, demand: str = "") -> None:
    window.go("projects")
    window.page.get_by_role("radio", name="新建项目").click()
    window.idle()
    choose(window, "小区", home)
    choose(window, "改造内容", item)
    window.page.get_by_role("spinbutton").first.fill(str(count))
    window.page.keyboard.press("Tab")
    window.idle()
    fill(window, "项目名称", name)
    if demand:
        choose(window, "回应哪些诉求", demand)
    press(window, "保存项目")
    expect(window.page.locator('[data-testid="stMain"]')).to_contain_text(name)


@pytest.mark.browser
@pytest.mark.slow
def test_a_districts_first_year(visit: Callable[..., Visit], lay_store: Callable[[Path], Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    lay_store(home)
    with opened(home) as store:
        lay_district(store)
        token = accounts.sign_in(store, "office", PASSWORD).token
    with serve_app(home, tmp_path / "server.log") as address:
        window = visit(address)
        window.sign_in(token)
        page = window.open("new_demand")
        choose(window, "小区", HOMES[0])
        choose(window, "类别", "照明")
        fill(window, "诉求内容", "三栋后面的巷子晚上一盏灯也没有，老人不敢走")
        page.get_by_text("已把上面的告知读给居民").click()
        window.idle()
        press(window, "保存，给诉求编号")
        new_project(window, HOMES[0], "W02", LAMPS, 12, "三栋后面的巷子")
        new_project(window, HOMES[0], "W10", BENCHES, 6)
        new_project(window, HOMES[1], "W10", TABLES, 200)

        # With no poll yet, the form for one stands open.
        window.go("polls")
        choose(window, "小区", HOMES[0])
        choose(window, "项目", LAMPS)
        choose(window, "项目", BENCHES)
        fill(window, "投票名称", POLL)
        fill(window, "预算（万元）", "5.5")
        press(window, "保存为草稿")
        press(window, "开始投票")
        second_person(window)
        window.go("codes")
        choose(window, "选一场投票", POLL)
        press(window, "制作并准备打印")
        slips = CODE.findall(page.frame_locator("iframe").first.locator("body").inner_text())
        with opened(home) as store:
            keys = dict(rows(store, "SELECT name, key FROM poll_project"))
            for turn, slip in enumerate(slips[:14]):
                key = keys[LAMPS if turn < 10 else BENCHES]
                voting.cast_ballot(store, Actor(role=Role.STATION), slip, (key,), channel=Channel.STATION)
        window.go("polls")
        page.get_by_role("button", name=POLL).click()
        window.idle()
        press(window, "结束投票")
        second_person(window)
        window.go("reconcile")
        press(window, "封存本场投票")
        second_person(window)
        window.go("exports")
        press(window, "公布结果")
        press(window, "我已核对，确定")
        notice = page.frame_locator("iframe").first.locator("body")
        expect(notice).to_contain_text(LAMPS)
        with opened(home) as store:
            won = rows(store, "SELECT cost FROM project WHERE status = 'chosen'")
        expect(notice).to_contain_text(f"入选 {len(won)} 项，用款 {in_wan(won[0][0])} 万元")

        window.go("annual_batch")
        press(window, "保存这一批")
        window.go("programme")
        press(window, "计算")
        page.get_by_text("存为方案").first.wait_for()
        window.idle()
        fill(window, "方案名称", PROGRAMME)
        press(window, "保存方案")
        window.go("scenarios")
        page.get_by_text("会议已同意采用这个方案").click()
        window.idle()
        press(window, "采用")
        window.go("programme_documents")
        # The year stays as one turns from step to step: this is the third turn.
        expect(page.get_by_role("combobox", name="年度").first).to_have_value(f"{NEXT_YEAR} 年")
        papers = {document: download(window, document, tmp_path) for document in PAPERS}

        # The next year begins with what this one promised, and says what waits.
        window.open(f"programme?year={NEXT_YEAR + 1}")
        with opened(home) as store:
            counts = dict(rows(store, "SELECT status, count(*) FROM project GROUP BY status"))
        begun = {"promised": counts["in_programme"], "waiting": counts["priced"], "returned": 0}
        said = text("year_start.title", Language.ZH, year=NEXT_YEAR + 1, **begun)
        expect(page.get_by_text(said)).to_be_visible()
        window.assert_clean()
    with opened(home) as store:
        hold_sums(store, papers)
        hold_promises(store)


def download(window: Visit, document: ProgrammeDocument, folder: Path) -> Path:
    """Press the button of a paper and keep what comes."""
    name = text(f"enum.ProgrammeDocument.{document.value}", Language.ZH)
    with window.page.expect_download() as waiting:
        window.page.get_by_role("button", name=name).first.click()
    kept = folder / waiting.value.suggested_filename
    waiting.value.save_as(kept)
    return kept


def rows(store: Store, query: str) -> list[tuple[Any, ...]]:
    """Ask the database itself."""
    with store.read() as connection:
        return [tuple(row) for row in connection.execute(sa.text(query))]


def hold_sums(store: Store, papers: dict[ProgrammeDocument, Path]) -> None:
    """Hold the year's end against the rows: what is bought is bought once, from the pot, and what waits is nowhere."""
    costs = dict(rows(store, "SELECT name, cost FROM project"))
    statuses = dict(rows(store, "SELECT name, status FROM project"))
    assert statuses == {LAMPS: "in_programme", BENCHES: "in_programme", TABLES: "priced"}
    assert rows(store, "SELECT status FROM demand") == [("in_project",)]
    assert dict(rows(store, "SELECT name, status FROM estate"))[HOMES[0]] == "listed"
    [(programme,)] = rows(store, "SELECT programme FROM scenario WHERE state = 'adopted'")
    paid = [sum(fen for _, fen in line["payments"]) for line in json.loads(programme)["chosen"]]
    assert sorted(paid) == sorted((costs[LAMPS], costs[BENCHES]))
    assert sum(paid) <= POT < sum(costs.values())
    planned = costs[LAMPS] + costs[BENCHES]
    works = cells(papers[ProgrammeDocument.LIST])
    words = " ".join(str(cell) for line in works for cell in line)
    assert LAMPS in words
    assert BENCHES in words
    assert TABLES not in words
    assert in_fen(column(works, "投资（万元）")) == planned
    assert in_fen(column(works, "资金来源：县（区）级财政（万元）")) == sum(paid)
    by_pot = cells(papers[ProgrammeDocument.ROLL_UP])
    assert in_fen(column(by_pot, "本计划安排资金（万元）")) == sum(paid)
    [(has,)] = rows(store, "SELECT sum(amount) FROM pot")
    assert in_fen(column(by_pot, "额度（万元）")) == has == POT
    assert in_fen(column(by_pot, "其中以前年度结转（万元）")) == 0
    assert in_fen(column(by_pot, "结余（万元）")) == has - sum(paid)
    assert f"安排项目2项，总投资{in_wan(planned)}万元" in said_in(papers[ProgrammeDocument.NOTICE])
    memo = said_in(papers[ProgrammeDocument.MEMO])
    assert f"总投资{in_wan(planned)}万元" in memo
    assert all(in_wan(sum_) in memo for sum_ in (has, sum(paid), has - sum(paid)))
    assert faults(store) == []


def hold_promises(store: Store) -> None:
    """Hold what the next year begins with against the rows: each promised project with what its pot still pays."""
    [(programme,)] = rows(store, "SELECT programme FROM scenario WHERE state = 'adopted'")
    names = dict(rows(store, "SELECT code, name FROM project"))
    owed = {names[line["project"]]: sum(fen for _, fen in line["payments"]) for line in json.loads(programme)["chosen"]}
    assert sorted(owed) == sorted((LAMPS, BENCHES))
    start = year_start(store, Actor(role=Role.ADMIN, login="office"), NEXT_YEAR + 1)
    assert {line.row.project.name: line.money for line in start.promised} == owed
    assert {(line.programme, line.year, line.gap) for line in start.promised} == {(PROGRAMME, NEXT_YEAR, 0)}
    assert [line.row.project.name for line in start.waiting] == [TABLES]


def cells(book: Path) -> list[list[Any]]:
    """Return every line of every sheet of a workbook, of a formula what it comes to."""
    opened_book = openpyxl.load_workbook(book, data_only=True)
    return [[cell.value for cell in line] for sheet in opened_book for line in sheet.iter_rows()]


def column(lines: list[list[Any]], heading: str) -> list[float]:
    """Return the numbers below the first heading that says this, down to its total."""
    top, at = next((row, line.index(heading)) for row, line in enumerate(lines) if heading in line)
    end = next(row for row in range(top + 1, len(lines)) if lines[row][0] == "合计")
    return [line[at] for line in lines[top + 1 : end] if isinstance(line[at], int | float)]


def said_in(paper: Path) -> str:
    """Return the words of a Word file."""
    with zipfile.ZipFile(paper) as parts:
        return re.sub(r"<[^>]+>", "", parts.read("word/document.xml").decode())


def in_wan(fen: int) -> str:
    """Return a sum as papers write it in 万元: two to six decimals."""
    whole, _, part = f"{fen / 1_000_000:,.6f}".partition(".")
    return f"{whole}.{part.rstrip('0'):0<2}"


def in_fen(numbers: list[float]) -> int:
    """Return what numbers of 万元 come to."""
    return round(sum(numbers) * 1_000_000)
