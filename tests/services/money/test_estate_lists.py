"""A whole register in one workbook: facts, survey, willingness, gates and consent, taken in and taken back."""

from __future__ import annotations

import io
from dataclasses import replace
from fractions import Fraction

import openpyxl
import pytest

from renovation.errors import ConflictError, DeniedError, ImportRefusedError
from renovation.imports.files.corrections import Corrections
from renovation.imports.files.results import Parsed
from renovation.imports.register.estates import EstateRow, parse_estates
from renovation.model.accounts import Actor
from renovation.model.clock import today
from renovation.model.gates import Gate, GateState
from renovation.model.imports import ImportRecord, ImportSource
from renovation.model.places import EstateType, RenovationStatus
from renovation.services.money import gates
from renovation.services.money.estate_lists import import_estate_list
from renovation.services.money.estate_tables import edited_list, estate_lines, export_estate_lines
from renovation.services.register import estates, imports
from renovation.store import Store
from renovation.text import Language

HEADINGS = (
    "序号", "小区编码", "小区名称", "所属区县", "镇街", "建成时间", "产权性质", "总户数", "总建筑面积（万㎡）",
    "改造意愿率", "入户调查率", "不纳入改造情形", "有效答复户数", "长效管护机制", "已列入其他专项", "核实日期",
    "核实依据", "同意户数", "反对户数", "同意面积", "征求意见日期", "表决材料", "物业公司电话",
)  # fmt: skip
COUNT = 384


def office_row(number: int) -> list[object]:
    """A row as another office keeps it: every seventh estate is ruled out, every fifth has no upkeep."""
    return [
        number, f"HY{number:04}", f"惠民{number}号小区", "惠阳区", f"淡水街道{number % 6}", f"{1980 + number % 20}年",
        "房改房", 100 + number % 50, 1.2, f"{70 + number % 30}%", 0.92, "已列入征收计划" if number % 7 == 0 else "无",
        95, "否" if number % 5 == 0 else "是", "无", "2026-03-01", "区住建局核查表", 90, 2, 9000, "2026-02-20",
        f"档案{number}", "0752",
    ]  # fmt: skip


def workbook(rows: list[list[object]], headings: tuple[str, ...] = HEADINGS) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["惠阳区老旧小区摸底台账（2026年3月）"])
    sheet.append(list(headings))
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def office_list() -> bytes:
    rows = [office_row(number) for number in range(1, COUNT + 1)]
    total: list[object] = ["合计", *[None] * (len(HEADINGS) - 1)]
    total[7] = sum(int(str(row[7])) for row in rows)
    return workbook([*rows, total])


def take(store: Store, actor: Actor, data: bytes, **options: object) -> tuple[Parsed[EstateRow], ImportRecord]:
    parsed = parse_estates(data, datum="cgcs2000", corrections=options.pop("corrections", Corrections()))  # type: ignore[arg-type]
    return parsed, import_estate_list(store, actor, parsed, source=ImportSource.of("台账.xlsx", data), **options)  # type: ignore[arg-type]


def test_a_whole_office_goes_in_by_one_workbook(store: Store, planner: Actor) -> None:
    data = office_list()
    parsed, record = take(store, planner, data)
    assert record.imported == COUNT
    said = {change.code: change for change in parsed.changes}
    # Nothing is dropped without its name, and the row of totals vouches for what was read.
    assert said["column.ignored"].before == ("物业公司电话",)
    assert "总户数" in said["row.total_agrees"].before
    found = {row.place.name: row for row in gates.gate_rows(store, planner)}
    assert len(found) == COUNT
    passed = {one.gate: one.state for one in found["惠民1号小区"].results}
    assert set(passed.values()) == {GateState.PASS}
    assert [one.gate for one in found["惠民7号小区"].results if one.state is GateState.FAIL] == [Gate.NOT_EXCLUDED]
    assert [one.gate for one in found["惠民5号小区"].results if one.state is GateState.FAIL] == [Gate.UPKEEP]
    facts = next(one.facts for one in estates.find_estates(store, planner) if one.code == "HY0001")
    assert (facts.willingness, facts.survey_coverage) == (Fraction(71, 100), Fraction(23, 25))
    assert (facts.built_year, facts.floor_area_m2, facts.estate_type) == (1981, 12000, EstateType.WORK_UNIT)
    # The same workbook again is nothing new.
    with pytest.raises(ConflictError) as refused:
        take(store, planner, data)
    assert refused.value.code == "import.nothing_new"


def test_an_edited_list_changes_only_what_was_edited_and_is_taken_back_as_one(store: Store, planner: Actor) -> None:
    rows = [office_row(number) for number in range(1, 9)]
    take(store, planner, workbook(rows))
    before = {row.place.id: row.results for row in gates.gate_rows(store, planner)}
    rows[1][13], rows[2][9], rows[3][17] = "否", "99%", 60
    with pytest.raises(ConflictError) as asked:
        take(store, planner, workbook(rows))
    assert asked.value.code == "import.update_needs_yes"
    _, tried = take(store, planner, workbook(rows), dry_run=True)
    assert {one.name: set(one.fields) for one in tried.updates} == {
        "惠民2号小区": {"gate.upkeep"}, "惠民3号小区": {"willingness"}, "惠民4号小区": {"consent"},
    }  # fmt: skip
    assert {row.place.id: row.results for row in gates.gate_rows(store, planner)} == before
    _, record = take(store, planner, workbook(rows), update=True)
    assert record.imported == 3
    after = {row.place.name: row for row in gates.gate_rows(store, planner)}
    assert after["惠民2号小区"].went_back == (Gate.UPKEEP,)
    assert record.id is not None
    imports.undo_import(store, planner, record.id)
    again = gates.gate_rows(store, planner)
    assert {row.place.id: row.results for row in again} == before
    assert not any(row.went_back or row.moved for row in again)


def test_an_estate_that_waits_again_by_a_list_is_listed_again_when_the_list_is_taken_back(
    store: Store, planner: Actor
) -> None:
    rows = [office_row(1)]
    take(store, planner, workbook(rows))
    (held,) = estates.find_estates(store, planner)
    listed = replace(held, facts=replace(held.facts, status=RenovationStatus.LISTED))
    estates.edit_estate(store, planner, listed)
    rows[0][13], rows[0][7] = "否", 140
    _, record = take(store, planner, workbook(rows), update=True)
    assert estates.get_estate(store, planner, held.id).facts.status is RenovationStatus.WILLING
    assert record.id is not None
    imports.undo_import(store, planner, record.id)
    back = estates.get_estate(store, planner, held.id).facts
    assert (back.status, back.households) == (RenovationStatus.LISTED, 101)


def test_impossible_cells_are_mended_meant_once_for_all_or_left_empty(store: Store, planner: Actor) -> None:
    rows = [office_row(number) for number in range(1, 41)]
    rows[0][5], rows[1][5] = "约1990年", "1983-1987"
    for row in rows[3:]:
        row[6] = "祖屋"
    data = workbook(rows)
    with pytest.raises(ImportRefusedError) as refused:
        take(store, planner, data)
    # One line for the word nobody knows, with all its rows, and never one per row.
    (word,) = (fault for fault in refused.value.faults if fault.code == "value.unknown_choice")
    assert (word.column, 1 + len(word.also)) == ("产权性质", 37)
    corrections = Corrections(words={("产权性质", "祖屋"): "商品房"}, cells={("建成时间", 3): "1990"}, leave_empty=True)
    parsed, _ = take(store, planner, data, corrections=corrections)
    assert [(one.row, one.stood) for one in parsed.left] == [(4, "1983-1987")]
    found = {one.code: one.facts for one in estates.find_estates(store, planner)}
    assert (found["HY0001"].built_year, found["HY0002"].built_year) == (1990, None)
    assert found["HY0002"].note == "建成时间：1983-1987"
    assert found["HY0040"].estate_type is EstateType.COMMODITY


def test_a_cell_that_says_so_takes_away_what_is_on_file(store: Store, planner: Actor) -> None:
    take(store, planner, workbook([office_row(1)]))
    row = office_row(1)
    row[9], row[10] = "清空", None
    _, tried = take(store, planner, workbook([row]), update=True)
    assert {name for one in tried.updates for name in one.fields} == {"willingness"}
    (facts,) = (one.facts for one in estates.find_estates(store, planner))
    assert (facts.willingness, facts.survey_coverage) == (None, Fraction(23, 25))


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        (11, "是", "estate.say_what"),
        (17, 900, "estate.consent_counts"),
        (19, None, "estate.consent_half"),
        (15, f"{today().year + 1}-01-01", "value.day_ahead"),
    ],
)
def test_what_says_too_little_is_refused_at_its_cell(column: int, value: object, code: str) -> None:
    row = office_row(1)
    row[column] = value
    parsed = parse_estates(workbook([row]), datum="cgcs2000")
    assert [fault.code for fault in parsed.faults] == [code]


def test_rows_that_a_total_misses_are_asked_about() -> None:
    total: list[object] = ["合计", *[None] * (len(HEADINGS) - 1)]
    total[7] = 999
    parsed = parse_estates(workbook([office_row(1), total]), datum="cgcs2000")
    (asked,) = (warning for warning in parsed.warnings if warning.code == "row.total_differs")
    assert (asked.column, asked.fields) == ("总户数", {"stated": "999", "added": "101"})


def test_a_workbook_that_goes_out_changes_only_what_was_edited_when_it_comes_back(store: Store, planner: Actor) -> None:
    take(store, planner, workbook([office_row(number) for number in range(1, 6)]))
    _, _, data = export_estate_lines(store, planner, Language.ZH)
    with pytest.raises(ConflictError) as nothing:
        take(store, planner, data)
    assert nothing.value.code == "import.nothing_new"
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.active
    assert sheet is not None
    at = {cell.value: cell.column for cell in sheet[1]}
    sheet.cell(3, at["长效管理已商定"]).value = "否"
    sheet.cell(4, at["改造意愿"]).value = "清空"
    out = io.BytesIO()
    book.save(out)
    _, tried = take(store, planner, out.getvalue(), dry_run=True)
    assert {one.code: set(one.fields) for one in tried.updates} == {
        "HY0002": {"gate.upkeep"}, "HY0003": {"willingness"},
    }  # fmt: skip


def test_what_is_typed_into_the_grid_is_a_list_of_what_was_edited(sqlite_store: Store, planner: Actor) -> None:
    take(sqlite_store, planner, workbook([office_row(1), office_row(2)]))
    lines = {one.id: one for one in estate_lines(sqlite_store, planner, Language.ZH)}
    first, second = lines
    edited = {first: {"agree_heads": "99"}, second: {"households": "", "upkeep_agreed": "否", "ruled_out": ""}}
    _, tried = take(sqlite_store, planner, edited_list(edited, lines), dry_run=True)
    assert {one.code: set(one.fields) for one in tried.updates} == {
        "HY0001": {"consent"}, "HY0002": {"households", "gate.upkeep"},
    }  # fmt: skip


def test_who_may_not_record_gates_takes_no_list_with_them(sqlite_store: Store, observer: Actor) -> None:
    with pytest.raises(DeniedError):
        take(sqlite_store, observer, workbook([office_row(1)]))
