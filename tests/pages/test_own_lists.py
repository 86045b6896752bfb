"""A planner's own lists: the same programme and the same order on screen as on the command line, and nothing kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from renovation.cli import app, planning
from renovation.exports.files.tables import TableSheet, workbook
from renovation.model.accounts import Role

if not any(command.callback is planning.rank_file for command in app.registered_commands):
    planning.register(app)

HEADINGS = (
    "项目编号", "项目名称", "概算（万元）", "财评价（万元）", "居民出资（万元）", "自筹比例", "产权单位出资",
    "票数", "户数", "联系电话",
)  # fmt: skip


def own_book() -> bytes:
    """Seventeen projects to the fen: every third is reviewed, the even ones bring a sum, the odd ones a share."""
    rows: list[list[object]] = []
    for n in range(1, 18):
        estimate = f"{20 + 7 * (n % 5)}.{n:02}0137"
        rows.append(
            [f"X{n:02}", f"项目{n}", estimate, f"{17 + 7 * (n % 5)}.00{n:02}09" if n % 3 == 0 else None,
             f"2.0{n:02}011" if n % 2 == 0 else None, "10%" if n % 2 else None, 1000.01 if n % 5 == 0 else None,
             40 + 13 * (n % 7), 100 + n, "138"]
        )  # fmt: skip
    pots = [["区级", 2027, 150], ["市级", 2027, 60]]
    sheets = (
        TableSheet(name="项目", headings=HEADINGS, rows=rows),
        TableSheet(name="资金", headings=("资金编号", "年度", "金额（万元）"), rows=pots),
        TableSheet(name="规则", headings=("年度", "最多工点", "对象"), rows=[[2027, 9, None]]),
    )
    return workbook("年度项目", sheets)[2]


def by_command(*arguments: object) -> dict[str, object]:
    result = CliRunner().invoke(app, [*map(str, arguments), "--format", "json"])
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def solved(page: AppTest) -> AppTest:
    next(one for one in page.button if one.label == "计算").click().run()
    while page.session_state["renovation.jobs.watched"]:
        page.run()
    assert not page.exception
    return page


def test_a_list_of_seventeen_gives_the_same_programme_on_screen(
    open_page: Callable[..., AppTest], tmp_path: Path
) -> None:
    (tmp_path / "list.xlsx").write_bytes(own_book())
    answer = by_command("programme", tmp_path / "list.xlsx")
    page = open_page("programme", Role.PLANNER, **{"programme.source": "own"})
    page.get("file_uploader")[0].set_value(("list.xlsx", own_book(), "application/octet-stream")).run()
    assert not page.exception
    said = "".join(table.value.to_string() for table in page.dataframe)
    assert "联系电话" in said
    assert "居民出资" in said
    solved(page)
    listed = next(table.value for table in page.dataframe if "资金来源" in table.value)
    paid = {one["id"]: round(100 * one["cost"]) for one in answer["chosen"]}  # type: ignore[attr-defined]
    on_screen = dict(zip(listed["编号"], listed["本计划安排资金（万元）"], strict=True))
    assert {name: round(1_000_000 * wan) for name, wan in on_screen.items()} == paid
    whole = {one["id"]: round(100 * one["cost"]) for part in ("chosen", "left_out") for one in answer[part]}  # type: ignore[attr-defined]
    # X03 is reviewed at 380,003.09 yuan of which residents bring a tenth, rounded to the fen.
    assert whole["X03"] == 38_000_309 - 3_800_031
    assert whole["X02"] == 34_020_137 - 2_002_011
    assert whole["X05"] == 20_050_137 - 2_005_014 - 100_001
    # What is nobody's project on file becomes no scenario.
    assert not [one for one in page.button if one.label == "保存方案"]


def test_a_list_is_ranked_as_by_the_command(open_page: Callable[..., AppTest], tmp_path: Path) -> None:
    table = "编号,名称,需求,成本\nE1,麦迪,9,1000\nE2,糖厂,5,800\nE3,金沙,,900\nE4,南面,1,2000\n".encode()
    criteria = "编码,名称,权重,方向\nneed,需求,3,higher\ncost,成本,1,lower\n".encode()
    (tmp_path / "t.csv").write_bytes(table)
    (tmp_path / "c.csv").write_bytes(criteria)
    answer = by_command("rank", tmp_path / "t.csv", "--criteria", tmp_path / "c.csv")
    page = open_page("ranking", Role.PLANNER, **{"rank.view": "own"})
    page.get("file_uploader")[0].set_value(("t.csv", table, "text/csv"))
    page.get("file_uploader")[1].set_value(("c.csv", criteria, "text/csv")).run()
    assert not page.exception
    (listed,) = (one.value for one in page.dataframe if "名次范围" in one.value)
    lines = [(one["id"], f"{one['score']:.4f}") for one in answer["alternatives"]]  # type: ignore[attr-defined]
    assert list(zip(listed["编号"], listed["得分"], strict=True)) == lines


def test_a_list_that_cannot_be_read_is_refused_in_words(open_page: Callable[..., AppTest]) -> None:
    page = open_page("programme", Role.PLANNER, **{"programme.source": "own"})
    page.get("file_uploader")[0].set_value(("x.csv", "编号,费用\na,很多\n".encode(), "text/csv")).run()
    assert not page.exception
    assert page.error


def test_cells_of_own_lists_are_mended_in_place_or_left_empty(
    open_page: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    def typing(frame: pd.DataFrame, **_options: object) -> pd.DataFrame:
        return frame.assign(改为=["34" if stands == "很多" else "" for stands in frame["原文"]])

    monkeypatch.setattr("streamlit.data_editor", typing)
    sheets = (
        TableSheet(name="项目", headings=["编号", "费用", "户数"], rows=[["a", "很多", "几十户吧"], ["b", 5, 7]]),
        TableSheet(name="资金", headings=["资金编号", "金额", "年度", "单项上限"], rows=[["x", 50, 2027, "再议"]]),
    )
    page = open_page("programme", Role.PLANNER, **{"programme.source": "own"})
    page.get("file_uploader")[0].set_value(("x.xlsx", workbook("x", sheets)[2], "application/octet-stream")).run()
    assert len(page.error) == 1
    press_first(page, "按改正后的内容重新核对")
    assert page.error, "the number of households is still unread"
    while any(one.label == "读不出的格子留空" for one in page.button):
        press_first(page, "读不出的格子留空")
    assert not page.error
    assert [one for one in page.button if one.label == "计算"]
    assert "几十户吧" in "".join(str(table.value) for table in page.dataframe)


def press_first(page: AppTest, label: str) -> None:
    next(one for one in page.button if one.label == label).click().run()
    assert not page.exception
