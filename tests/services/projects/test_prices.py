"""Price books line by line and by workbook, and an estate's package, on both engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from renovation.errors import ConflictError, DeniedError, ImportRefusedError, InvalidError
from renovation.model.accounts import Actor
from renovation.model.imports import ImportSource
from renovation.model.projects import ProjectStatus
from renovation.rules.money.pricing import ConflictPair
from renovation.services.projects import items, prices, projects
from renovation.store import Store
from renovation.store.projects import projects as projects_store
from renovation.store.schema.places import estate

SOURCE = ImportSource.of("价目表.xlsx", b"")


def test_a_line_is_changed_once(store: Store, planner: Actor, observer: Actor) -> None:
    before = items.price_book(store, planner)
    entry = replace(before.by_code["W02"], likely=before.by_code["W02"].high, source=" 询价 ", day=date(2026, 3, 1))
    with pytest.raises(DeniedError):
        prices.change_prices(store, observer, before, [entry])
    with pytest.raises(InvalidError, match=r"price\.confirmed_without_source"):
        replace(before.by_code["J01"], day=entry.day, confirmed=True)
    after = prices.change_prices(store, planner, before, [replace(entry, confirmed=True)])
    assert after.by_code["W02"].source == "询价"
    assert len(after.unconfirmed) == 64
    with pytest.raises(ConflictError, match=r"price\.changed"):
        prices.change_prices(store, planner, before, [entry])
    other = replace(before.by_code["W03"], low=1)
    assert prices.change_prices(store, planner, before, [other]).by_code["W02"].confirmed


def test_a_workbook_goes_out_comes_back_and_is_undone(store: Store, planner: Actor) -> None:
    (first,) = prices.books(store, planner)
    shipped = prices.export_book(store, planner, first.locality, first.year)[2]
    tried = prices.import_prices(
        store, planner, prices.read_workbook(store, planner, shipped), source=SOURCE, dry_run=True
    )
    assert (tried.changed, tried.added, tried.same) == ((), (), 65)
    made = prices.copy_book(store, planner, first, locality="惠城区", year=2027)
    assert len(made.unconfirmed) == 65
    with pytest.raises(ConflictError, match=r"price\.book_exists"):
        prices.copy_book(store, planner, first, locality="惠城区", year=2027)
    content = prices.export_book(store, planner, "惠城区", 2027)[2]
    assert prices.read_workbook(store, planner, content).records == (made,)
    changed = (
        "编码,最低单价（元）,常用单价（元）,最高单价（元）,来源,日期,已核实,地区,年份\n"
        "W02,1,2,3,询价,2026-01-02,是,惠城区,2027\n"
    )
    parsed = prices.read_workbook(store, planner, changed.encode())
    tried = prices.import_prices(store, planner, parsed, source=SOURCE, dry_run=True)
    assert (tried.changed, tried.added, tried.record.id) == (("W02",), (), None)
    assert prices.book(store, planner, "惠城区", 2027) == made
    taken = prices.import_prices(store, planner, parsed, source=SOURCE)
    assert prices.book(store, planner, "惠城区", 2027).by_code["W02"].likely == 200
    again = prices.import_prices(store, planner, parsed, source=SOURCE)
    assert (again.changed, again.same) == ((), 1)
    assert taken.record.id is not None
    with pytest.raises(ConflictError, match=r"import\.not_last"):
        prices.undo_import(store, planner, taken.record.id)
    last = prices.last_import(store, planner)
    assert last is not None
    assert last.id is not None
    prices.undo_import(store, planner, last.id)
    prices.undo_import(store, planner, taken.record.id)
    assert prices.book(store, planner, "惠城区", 2027) == made
    with pytest.raises(ConflictError, match=r"import\.undone"):
        prices.undo_import(store, planner, taken.record.id)
    bad = prices.read_workbook(store, planner, changed.replace("W02", "X1").encode())
    with pytest.raises(ImportRefusedError):
        prices.import_prices(store, planner, bad, source=SOURCE)


def test_a_package_is_held_against_known_cases_and_priced_anew(store: Store, planner: Actor) -> None:
    with store.write() as unit:
        unit.connection.execute(
            estate.insert().values(id=1, code="E1", name="糖厂", status="listed", households=100, floor_area_m2=6000.0)
        )
        unit.commit()
    catalogue = items.catalogue(store, planner)
    one = next(item for item in catalogue if item.depends_on and item.conflicts_with)
    codes = (one.code, one.depends_on[0], one.conflicts_with[0])
    made = [
        projects.create_project(
            store, planner, projects.draft_from_item(store, planner, estate_id=1, item_code=code, quantity=5)
        )
        for code in codes
    ]
    package = prices.package_of(store, planner, 1)
    assert package.total.likely == sum(project.cost for project in made) == sum(package.by_class.values())
    order = [project.item_code for project in package.projects]
    assert order.index(one.depends_on[0]) < order.index(one.code)
    assert ConflictPair(*sorted((one.code, one.conflicts_with[0]))) in package.conflicts
    assert {check.benchmark.code for check in package.checks} >= {"gd_full_m2", "gd_full_household", "hz_estate"}
    assert package.moved == {}
    before = items.price_book(store, planner)
    entry = before.by_code[one.code]
    prices.change_prices(store, planner, before, [replace(entry, likely=entry.high, high=entry.high * 2)])
    with store.write() as unit:
        held = projects_store.get(unit.connection, made[1].id)
        projects_store.change(unit.connection, held, status=ProjectStatus.IN_POLL.value)
        unit.commit()
    assert set(prices.package_of(store, planner, 1).moved) == {made[0].id}
    assert prices.reprice(store, planner, 1) == 1
    assert projects.get_project(store, planner, made[0].id).cost == entry.high * Decimal(5)
    assert prices.reprice(store, planner, 1) == 0
