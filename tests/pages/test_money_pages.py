"""Prices, money, gates and adoption on screen: the main path of each page."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from renovation.model.accounts import PUBLIC, Actor, Role
from renovation.model.clock import today
from renovation.model.funding import MatchingRule, Pot, SourceKind
from renovation.model.gates import Gate, GateFact, GateState
from renovation.model.money import yuan
from renovation.model.projects import ProjectDraft
from renovation.services.money import funding, gates, payments, pledges, pots
from renovation.services.projects import items, prices, projects
from renovation.services.register import imports
from renovation.store import Store
from renovation.store.schema.places import estate

OpenPage = Callable[..., AppTest]
PLANNER = Actor(role=Role.PLANNER, login="planner", name="规划员")


@pytest.fixture
def town(installation: Store) -> Store:
    """An estate of 1990 with a project of lamps."""
    with installation.write() as unit:
        unit.connection.execute(
            estate.insert().values(
                id=1, code="E1", name="糖厂一号", status="listed", built_year=1990, households=100, floor_area_m2=6000.0
            )
        )
        unit.commit()
    projects.create_project(
        installation,
        PLANNER,
        ProjectDraft(
            estate_id=1,
            item_code="W02",
            name="路灯",
            quantity=Decimal(8),
            cost=2_000_000,
            cost_low=1_500_000,
            cost_high=2_500_000,
        ),
    )
    return installation


def press(page: AppTest, words: str) -> None:
    next(button for button in page.button if button.label == words).click().run()
    assert not page.exception, page.exception


def field(page: AppTest, label: str) -> object:
    found = [*page.text_input, *page.number_input]
    return next(one for one in found if one.label == label)


def test_prices_are_searched_copied_and_put_in_force(town: Store, open_page: OpenPage) -> None:
    page = open_page("catalogue", Role.OBSERVER)
    assert "65 项是暂估价" in page.warning[0].value
    assert not [button for button in page.button if button.key == "catalogue.save"]
    page = open_page("catalogue", Role.PLANNER)
    page.text_input(key="catalogue.query").set_value("路灯").run()
    assert not page.exception
    page = open_page("catalogue", Role.PLANNER, **{"catalogue.section": "files"})
    heading = "编码,最低单价（元）,常用单价（元）,最高单价（元）\n"
    page.file_uploader[0].set_value(("单价.csv", (heading + "X9,1,2,3\n").encode(), "text/csv")).run()
    assert "不能保存" in page.error[0].value
    page.file_uploader[0].set_value(("单价.csv", (heading + "W02,1,2,3\n").encode(), "text/csv")).run()
    press(page, "保存这些单价")
    assert items.price_book(town, PLANNER).by_code["W02"].likely == 200
    next(one for one in page.text_input if str(one.key).startswith("prices.copy.")).set_value("惠城区")
    press(page, "复制")
    assert "惠城区" in page.success[0].value
    prices.use_book(town, PLANNER, "惠城区", today().year + 1)
    assert items.price_book(town, PLANNER).locality == "惠城区"


def test_prices_typed_under_two_searches_are_kept_together(
    town: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed: dict[str, float] = {}

    def typing(frame: pd.DataFrame, **_: object) -> pd.DataFrame:
        """Stand in for the grid, into which AppTest cannot type."""
        frame = frame.copy()
        for code, price in typed.items():
            if code in frame.index:
                frame.loc[code, "中价（元）"] = price
        return frame

    monkeypatch.setattr("streamlit.data_editor", typing)
    page = open_page("catalogue", Role.PLANNER)
    book = items.price_book(town, PLANNER)
    typed["W02"] = float(yuan(book.by_code["W02"].high))
    page.text_input(key="catalogue.query").set_value("W02").run()
    typed.clear()
    typed["J16"] = float(yuan(book.by_code["J16"].high))
    page.text_input(key="catalogue.query").set_value("J16").run()
    assert not page.exception
    page.button(key="catalogue.save").click().run()
    assert not page.exception
    now = items.price_book(town, PLANNER).by_code
    assert [now[code].likely for code in ("W02", "J16")] == [book.by_code[code].high for code in ("W02", "J16")]


def test_a_package_shows_its_warning_and_is_priced_anew(town: Store, open_page: OpenPage) -> None:
    page = open_page("catalogue", Role.PLANNER, **{"catalogue.section": "package"})
    page.selectbox(key="package.estate").select(1).run()
    assert not page.exception
    assert any("低于" in one.value for one in page.markdown)
    press(page, "按现用价目表重新估价")
    assert "1 个项目" in page.success[0].value


def test_a_pot_is_entered_and_a_project_shows_its_gap(town: Store, open_page: OpenPage) -> None:
    page = open_page("money", Role.PLANNER)
    field(page, "名称").set_value("区级改造资金")  # type: ignore[attr-defined]
    field(page, "金额（元）").set_value(1_234_500)  # type: ignore[attr-defined]
    press(page, "保存这笔资金")
    assert pots.pots(town, PLANNER)[0].amount == 123_450_000
    spent = MatchingRule(id="", name="配完了", ratio=Fraction(1), cap=0, kinds=frozenset({SourceKind.RESIDENTS}))
    pots.add_matching_rule(town, PLANNER, spent)
    page = open_page("money", Role.PLANNER, **{"money.section": "projects", "money.project": 1})
    said = " ".join(one.value for one in page.markdown)
    assert "还差 20,000 元" in said
    assert "没有可用的配套" in said
    assert "还没有定下每年管护" in said
    page = open_page("money", Role.OBSERVER, **{"money.section": "pledges"})
    assert "没有这样的认领" in page.info[0].value


def test_staff_read_how_many_offers_wait(town: Store, open_page: OpenPage) -> None:
    pledges.open_for_adoption(town, PLANNER, 1, wanted="灯杆")
    pledges.offer_pledge(town, PUBLIC, 1, supporter="三栋邻居", amount=50_000)
    page = open_page("money", Role.SOCIAL_WORKER, **{"money.section": "pledges"})
    assert "1 条认领意向" in page.info[0].value


def test_a_gate_is_recorded_from_the_page(town: Store, open_page: OpenPage) -> None:
    gates.record_fact(town, PLANNER, GateFact(estate_id=1, gate=Gate.UPKEEP, day=today(), source="会议", holds=True))
    page = open_page("gates", Role.SOCIAL_WORKER, **{"gates.estate": 1})
    said = " ".join(one.value for one in page.markdown)
    assert "1990 年建成" in said
    next(one for one in page.text_input if one.label == "从哪里核对").set_value("区征收计划")
    press(page, "保存")
    found = {one.gate: one for one in gates.gates_of(town, PLANNER, [1])[1]}
    assert found[Gate.NOT_EXCLUDED].state is GateState.PASS
    assert found[Gate.NOT_EXCLUDED].evidence == "区征收计划"
    page = open_page("gates", Role.OBSERVER, **{"gates.estate": 1})
    assert not [button for button in page.button if button.label == "保存"]


def test_gates_of_many_estates_are_typed_into_one_grid(
    town: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = {"长效管理已商定": "也许"}

    def typing(frame: pd.DataFrame, **_: object) -> pd.DataFrame:
        return frame.assign(**{name: words for name, words in typed.items() if name in frame})

    monkeypatch.setattr("streamlit.data_editor", typing)
    page = open_page("estate_table", Role.PLANNER)
    assert "1 处要改正" in page.error[0].value
    assert not [button for button in page.button if button.key == "estate_table.save"]
    typed.update({"长效管理已商定": "是", "有效走访户数": "95", "核查依据": "区住建局台账"})
    page.run()
    assert not page.exception
    assert any("1 个小区变化" in said.value for said in page.markdown)
    page.button(key="estate_table.save").click().run()
    assert not page.exception
    (row,) = gates.gate_rows(town, PLANNER)
    answers = {one.gate: (one.state, one.evidence) for one in row.results}
    assert answers[Gate.UPKEEP] == answers[Gate.COVERAGE] == (GateState.PASS, "区住建局台账")


def test_pots_and_sources_are_pasted_into_a_grid_with_their_faults_by_cell(
    town: Store, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    pasted = {"资金名称": "区级改造资金", "年度": "2027", "金额（元）": "很多"}

    def typing(frame: pd.DataFrame, **_: object) -> pd.DataFrame:
        return pd.concat(
            [
                frame.drop(index=99, errors="ignore"),
                pd.DataFrame([dict.fromkeys(frame.columns, "") | pasted], index=[99]),
            ]
        )

    monkeypatch.setattr("streamlit.data_editor", typing)
    page = open_page("money", Role.PLANNER, **{"money.as_table.pots": True})
    assert "1 处要改正" in page.error[0].value
    assert not [button for button in page.button if button.key == "money_table.save"]
    pasted["金额（元）"] = "125000"
    page.run()
    page.button(key="money_table.save").click().run()
    assert not page.exception
    assert [(one.name, one.amount) for one in pots.pots(town, PLANNER)] == [("区级改造资金", 12_500_000)]
    pasted = {"小区": "糖厂一号", "项目名称": "路灯", "资金名称": "区级改造资金", "承诺金额（元）": "15000"}
    page = open_page("money", Role.PLANNER, **{"money.section": "projects", "money.as_table.sources": True})
    page.button(key="money_table.save").click().run()
    assert not page.exception
    (line,) = funding.project_money(town, PLANNER, 1).contributions
    assert (line.kind, line.pledged) == (SourceKind.DISTRICT, 1_500_000)
    # What stands there says which line it is; its sum is typed over, and both lists go again.
    monkeypatch.setattr("streamlit.data_editor", lambda frame, **_: frame.assign(**{"承诺金额（元）": "8000"}))
    page = open_page("money", Role.PLANNER, **{"money.section": "projects", "money.as_table.sources": True})
    page.button(key="money_table.save").click().run()
    assert [one.pledged for one in funding.project_money(town, PLANNER, 1).contributions] == [800_000]
    for record in imports.list_imports(town, PLANNER):
        assert record.id is not None
        imports.undo_import(town, PLANNER, record.id)
    assert pots.pots(town, PLANNER) == ()


def test_a_payment_is_recorded_with_its_document(town: Store, open_page: OpenPage) -> None:
    kept = pots.keep_pot(town, PLANNER, Pot(id="", name="区级改造资金", year=2027, amount=5_000_000))
    page = open_page("money", Role.PLANNER, **{"money.section": "projects", "money.project": 1})
    assert "还没有到账。" in [one.value for one in page.caption]
    last = [box for box in page.selectbox if box.label == "来源"][-1]
    last.select(f"pot:{kept.id}").run()
    next(one for one in page.number_input if one.label == "金额（元）").set_value(12000.5)
    press(page, "保存到账")
    assert any("凭证" in one.value for one in page.error)
    next(one for one in page.text_input if one.label == "凭证").set_value("惠财拨〔2027〕12 号")
    press(page, "保存到账")
    (made,) = payments.payments(town, PLANNER)
    assert (made.amount, made.document, made.paid_on) == (1_200_050, "惠财拨〔2027〕12 号", today())
