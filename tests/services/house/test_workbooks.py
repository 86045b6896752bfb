"""A template that is filled in goes in without a fault, and a workbook goes in whole or not at all."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import openpyxl
import pytest

from renovation.errors import ConflictError, DeniedError, ImportRefusedError
from renovation.model.accounts import Actor, Role
from renovation.model.clock import today
from renovation.model.funding import PaymentDraft, SourceKind
from renovation.model.imports import ImportKind, ImportRecord, ImportSource
from renovation.model.projects import ProjectFilter
from renovation.model.scope import Scope
from renovation.services.house import workbooks
from renovation.services.money import funding, payments, pots
from renovation.services.projects import projects
from renovation.services.register import estates, facilities, imports
from renovation.services.register.areas import areas
from renovation.store import Store
from renovation.store.schema.planning import payment
from renovation.text import Language

FILLED: dict[str, list[list[Any]]] = {
    "区域": [["县（区）", "441302", "惠城区", "", "", ""], ["", "", "桥东街道", "惠城区", "", ""]],
    "小区": [
        [
            "A1", "荔香苑", "惠城区", "桥东街道", "东门社区", "", "东门路1号", 1988, "单位房改房", "居委会代管", 2, 4,
            48, 3600, "23%", 6, "管道老化、停车位不足", 120000, 114.41, 23.08, "",
        ],
        ["", "榕荫里", "", "桥东街道", *[""] * 14, 114.42, 23.09, ""],
    ],
    "楼栋和门牌": [["A1", "", "1栋", 6, "无", "1单元", "101-602"], ["", "榕荫里", "3栋", "", "", "", ""]],
    "设施": [["F1", "一站", "公厕", 114.411, 23.081]],
    "项目": [["", "A1", "", "戏台", "", "完善类", *[""] * 8, 30000, "", "", "", "20%", *[""] * 8, "唱戏"]],
    "资金台账": [["市级奖补", 2027, 20000, "市", "完善类", "", "惠城区", "", "市住建局", ""]],
    # The project has no number before the sheet beside it is taken in.
    "项目资金来源": [["", "荔香苑", "戏台", "市级奖补", 2027, 1000, "", "会议纪要"]],
}  # fmt: skip


def filled(rows: dict[str, list[list[Any]]], language: Language = Language.ZH) -> bytes:
    """Fill in the template of those sheets as somebody does in a spreadsheet."""
    kinds = [kind for kind in workbooks.PARTS if workbooks.sheet_name(kind) in rows]
    book = openpyxl.load_workbook(io.BytesIO(workbooks.template(kinds, language)[2]))
    for name, lines in rows.items():
        for line in lines:
            book[name].append([None if cell == "" else cell for cell in line])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def take(store: Store, actor: Actor, data: bytes, **options: bool) -> dict[ImportKind, ImportRecord]:
    parts = workbooks.parse_workbook(data, datum="cgcs2000")
    assert {kind: parsed.faults for kind, parsed in parts.items() if parsed.faults} == {}
    return workbooks.import_workbook(store, actor, parts, source=ImportSource.of("全部.xlsx", data), **options)


@pytest.mark.parametrize("language", Language)
def test_the_filled_template_goes_in_whole(store: Store, planner: Actor, language: Language) -> None:
    data = filled(FILLED, language)
    tried = take(store, planner, data, dry_run=True)
    assert {kind.value: record.imported for kind, record in tried.items()} == {
        "areas": 2,
        "estates": 2,
        "buildings": 2,
        "facilities": 1,
        "projects": 1,
        "pots": 1,
        "sources": 1,
    }
    assert estates.find_estates(store, planner) == ()
    taken = take(store, planner, data)
    found = {one.name: one for one in estates.find_estates(store, planner)}
    assert found["荔香苑"].street_id == found["榕荫里"].street_id
    assert found["荔香苑"].county_id == found["榕荫里"].county_id
    assert found["荔香苑"].facts.maintenance_fund == 12_000_000
    file = estates.get_estate_file(store, planner, found["荔香苑"].id)
    assert file.doors == {file.buildings[0].id: (1, 12)}
    assert [line.area.name for line in areas.list_hierarchy(store, planner)] == ["惠城区", "桥东街道", "东门社区"]
    assert [one.name for one in facilities.list_facilities(store, planner)] == ["一站"]
    # What was taken in as one goes as one, or stays whole.
    (first, *_, last) = (record.id or 0 for record in taken.values())
    (made,) = projects.list_projects(store, planner, ProjectFilter())
    assert [line.pledged for line in funding.project_money(store, planner, made.project.id).contributions] == [
        600_000,
        100_000,
    ]
    document = {"amount": 100, "paid_on": today(), "document": "回单", "kind": SourceKind.RESIDENTS}
    paid = payments.record_payment(store, planner, PaymentDraft(project=made.project.id, **document))
    with pytest.raises(ConflictError) as refused:
        imports.undo_import(store, planner, first)
    assert (refused.value.code, refused.value.fields["names"]) == ("import.projects_in_use", (made.project.code,))
    assert len(pots.pots(store, planner)) == 1
    with store.write() as unit:
        unit.connection.execute(payment.delete().where(payment.c.id == paid.id))
        unit.commit()
    imports.undo_import(store, planner, last)
    assert [one.undone_at is None for one in imports.list_imports(store, planner)] == [False] * len(taken)
    assert pots.pots(store, planner) == ()
    assert estates.find_estates(store, planner) == ()
    assert areas.list_hierarchy(store, planner) == ()


def test_each_template_goes_in_alone(store: Store, planner: Actor) -> None:
    for kind, part in workbooks.PARTS.items():
        lines = FILLED.get(workbooks.sheet_name(kind), [])
        rows = {workbooks.sheet_name(kind): lines}
        data = filled(rows)
        parsed = part.parse(data, datum="cgcs2000")
        assert parsed.faults == ()
        assert parsed.warnings == ()
        part.take(store, planner, parsed, source=ImportSource.of("模板.xlsx", data))


def test_a_fault_in_one_sheet_keeps_every_sheet_out(store: Store, planner: Actor) -> None:
    lost = FILLED | {"楼栋和门牌": [["", "没有的小区", "1栋", "", "", "", ""]]}
    with pytest.raises(ImportRefusedError) as refused:
        take(store, planner, filled(lost))
    assert [fault.code for fault in refused.value.faults] == ["building.estate_unknown"]
    assert estates.find_estates(store, planner) == ()
    assert imports.list_imports(store, planner) == ()


def test_sheets_of_an_offices_own_names_are_read_and_the_others_named() -> None:
    book = openpyxl.Workbook()
    first = book.active
    assert first is not None
    first.title = "封面"
    for row in (["江北区住建局"], ["2026年"]):
        first.append(row)
    for name, rows in (
        ("老旧小区台账", [["小区名称", "户数"], ["荔香苑", 48]]),
        ("楼栋表", [["小区名称", "楼号", "层数"], ["荔香苑", "1栋", 6]]),
        ("拟申报项目", [["年度", "说明"], [2027, "待定"]]),
    ):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    parts = workbooks.parse_workbook(out.getvalue(), datum="cgcs2000")
    assert {kind: len(parsed.records) for kind, parsed in parts.items()} == {
        ImportKind.ESTATES: 1,
        ImportKind.BUILDINGS: 1,
    }
    left = [change.before for parsed in parts.values() for change in parsed.changes if change.code == "sheet.left"]
    assert left == [("封面", "拟申报项目")]


def test_who_may_not_take_money_and_areas_in_takes_none_back(store: Store, planner: Actor) -> None:
    worker = Actor(role=Role.SOCIAL_WORKER, login="worker")
    pots_alone: dict[ImportKind, ImportRecord] = {}
    for name in ("区域", "小区", "项目", "资金台账", "项目资金来源"):
        taken = take(store, planner, filled({name: FILLED[name]}))
        (record,) = taken.values()
        assert record.id is not None
        pots_alone |= taken if record.kind is ImportKind.POTS else {}
        if record.kind in (ImportKind.AREAS, ImportKind.POTS, ImportKind.SOURCES):
            with pytest.raises(DeniedError):
                imports.undo_import(store, worker, record.id)
    narrowed = replace(planner, scope=Scope(street_id=10**6))
    with pytest.raises(DeniedError):
        imports.undo_import(store, narrowed, pots_alone[ImportKind.POTS].id or 0)
    assert all(one.undone_at is None for one in imports.list_imports(store, planner))
    assert len(pots.pots(store, planner)) == 1
